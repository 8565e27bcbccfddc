"""Files that cannot be read change nothing and say why; rows that cannot be read cost themselves."""

from __future__ import annotations

import json
import os
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.models import Load, QuarantinedRow
from engagements.models import Engagement, Task
from engagements.parse import columns_of, parse
from engagements.records import (
    EngagementRecord,
    InsightRecord,
    NoteRecord,
    Problem,
    TaskRecord,
    UsageRecord,
)
from tests.exports import engagement, load, note, refusal, task, usage, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A good export, loaded once."""
    directory = write(tmp_path / "export", engagements=[engagement(1)], tasks=[task(1), task(2)])
    load(directory, rows_only=True)
    return directory


UNREADABLE = {
    "truncated in a row": (b'[{"task_id": "T-1", "name"', "line 1", "ends in the middle"),
    "truncated between rows": (b'[{"task_id": "T-1"},\n', "line 2", "ends in the middle"),
    "truncated lines": (b'{"task_id": "T-1"}\n{"task_id": ', "line 2", "ends in the middle"),
    "empty": (b"", "", "is empty"),
    "blank": (b" \n\n ", "", "is empty"),
    "only a mark": (b"\xef\xbb\xbf", "", "is empty"),
    "text": (b"hello", "line 1", "neither a JSON array"),
    "a number": (b"42", "line 1", "neither a JSON array"),
    "utf-16": ('[{"task_id": "T-1"}]'.encode("utf-16"), "", "not UTF-8"),
    "latin-1": ('[{"task_id": "T-1", "name": "Bär"}]'.encode("latin-1"), "line 1", "not UTF-8"),
    "bad syntax": (b'[{"task_id": "T-1"},\n{"task_id": tru}]', "line 2", "not JSON"),
    "text behind": (b"[] []", "line 1", "follows the end"),
    "single quotes": (b"[{'task_id': 'T-1'}]", "line 1", "not JSON"),
    "closes wrongly": (b'[{"task_id": "T-1"}', "line 1", "ends in the middle"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_file_changes_nothing_and_says_where(export: Path, name: str) -> None:
    content, place, reason = UNREADABLE[name]
    write(export, engagements=[engagement(1), engagement(2)], tasks=content)
    code, sentence = refusal(export)
    assert code == 2
    assert sentence.startswith("Nothing was changed. tasks.json")
    assert place in sentence
    assert reason in sentence
    assert (Engagement.objects.count(), Task.objects.count()) == (1, 2)
    failed = Load.objects.latest("pk")
    assert failed.state == "failed"
    assert reason in failed.error


def test_a_required_column_missing_everywhere_changes_nothing(export: Path) -> None:
    rows = [task(1), task(2)]
    for row in rows:
        del row["status"]
    code, sentence = refusal(write(export, tasks=rows))
    assert code == 2
    assert "none of its 2 rows has the required column status" in sentence
    assert Task.objects.count() == 2


def test_a_wrapped_object_has_no_required_column(export: Path) -> None:
    code, sentence = refusal(write(export, tasks=json.dumps({"tasks": [task(1)]})))
    assert code == 2
    assert "task_id" in sentence


def test_an_export_without_engagements_is_no_empty_portfolio(export: Path) -> None:
    code, sentence = refusal(write(export, engagements=[]))
    assert (code, Engagement.objects.count()) == (2, 1)
    assert "holds no rows" in sentence


def test_an_empty_directory_says_what_belongs_there(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, sentence = refusal(tmp_path / "empty")
    assert code == 2
    assert "holds no engagements.json" in sentence


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    code, sentence = refusal(tmp_path / "nowhere")
    assert code == 2
    assert "no directory nowhere" in sentence


def test_a_set_without_engagements_is_refused(tmp_path: Path) -> None:
    code, sentence = refusal(write(tmp_path / "half", tasks=[task(1)]))
    assert code == 2
    assert "engagements.json" in sentence


def test_a_link_out_of_the_directory_is_refused(export: Path, tmp_path: Path) -> None:
    secret = write(tmp_path / "elsewhere", tasks=[task(9)]) / "tasks.json"
    (export / "tasks.json").unlink()
    (export / "tasks.json").symlink_to(secret)
    code, sentence = refusal(export)
    assert code == 2
    assert "link out of the directory" in sentence
    assert str(tmp_path) not in sentence


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_file_is_refused_at_once(export: Path, make: Any) -> None:
    (export / "tasks.json").unlink()
    make(export / "tasks.json")
    code, sentence = refusal(export)
    assert code == 2
    assert "not a file" in sentence


def test_a_link_that_leads_nowhere_is_refused(export: Path) -> None:
    (export / "tasks.json").unlink()
    (export / "tasks.json").symlink_to(export / "gone.json")
    code, sentence = refusal(export)
    assert code == 2
    assert "cannot be opened" in sentence


BAD_ROWS = {
    "wrong type": ('{"progress_percent": "many"}', "wrong_type", "progress_percent"),
    "fraction": ('{"progress_percent": 12.5}', "wrong_type", "progress_percent"),
    "number for text": ('{"name": 7}', "wrong_type", "name"),
    "not a number": ('{"progress_percent": NaN}', "not_finite", "progress_percent"),
    "infinity": ('{"progress_percent": -Infinity}', "not_finite", "progress_percent"),
    "beyond floats": ('{"progress_percent": 1e999}', "not_finite", "progress_percent"),
    "too large": ('{"progress_percent": 101}', "out_of_range", "progress_percent"),
    "huge": ('{"progress_percent": 1' + "0" * 30 + "}", "out_of_range", "progress_percent"),
    "half a character": ('{"name": "\\ud83d broken"}', "lone_surrogate", "name"),
    "escaped NUL": ('{"name": "a\\u0000b"}', "nul", "name"),
    "raw NUL": ('{"name": "a\0b"}', "nul", "name"),
    "unknown status": ('{"status": "Paused"}', "unknown_value", "status"),
    "null where required": ('{"name": null}', "missing", "name"),
    "empty where required": ('{"name": ""}', "missing", "name"),
    "no date": ('{"end_date": "2026-02-30"}', "not_a_date", "end_date"),
    "words for a date": ('{"end_date": "soon"}', "not_a_date", "end_date"),
    "too long": (json.dumps({"name": "x" * 1001}), "too_long", "name"),
    "list for text": ('{"phase": ["Build"]}', "wrong_type", "phase"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_kept_aside_with_its_field_and_the_load_goes_on(
    export: Path, name: str
) -> None:
    change, reason, field = BAD_ROWS[name]
    bad = json.dumps(task(3))[:-1] + "," + change[1:]
    write(export, tasks=f"[{json.dumps(task(1))},\n{bad},\n{json.dumps(task(4))}]")
    summary = load(export, rows_only=True)
    assert summary["tables"]["ps_tasks"]["quarantined"] == {reason: 1}
    assert sorted(Task.objects.values_list("pk", flat=True)) == ["T-1", "T-4"]
    kept = QuarantinedRow.objects.get()
    assert (kept.table, kept.key, kept.position, kept.field) == ("ps_tasks", "T-3", 2, field)
    assert kept.message.startswith(field)
    assert "T-3" in kept.raw


def test_a_row_that_is_no_object_is_kept_aside(export: Path) -> None:
    write(export, tasks=[task(1), "T-2", 3, None])
    quarantined = load(export, rows_only=True)["tables"]["ps_tasks"]["quarantined"]
    assert quarantined == {"not_an_object": 3}


def test_a_broken_line_between_good_ones_is_kept_aside(export: Path) -> None:
    write(export, tasks=f'{json.dumps(task(1))}\n{{"task_id": \n{json.dumps(task(2))}\n')
    assert load(export, rows_only=True)["tables"]["ps_tasks"]["quarantined"] == {"unreadable": 1}
    assert QuarantinedRow.objects.get().raw == '{"task_id": '


def test_a_bad_row_far_into_a_large_file_costs_itself(export: Path) -> None:
    rows = [json.dumps(task(number, name="Move it " * 100)) for number in range(4000)]
    rows[3500] = rows[3500].replace("40", "NaN")
    write(export, tasks="[" + ",\n".join(rows) + "]")
    counts = load(export, rows_only=True)["tables"]["ps_tasks"]
    assert counts["quarantined"] == {"not_finite": 1}
    assert counts["read"] == 4000
    assert QuarantinedRow.objects.get().position == 3501


def test_texts_that_look_like_the_end_of_a_row_do_not_split_it(export: Path) -> None:
    trap = 'a"}, {"task_id": "T-9", "b": [{"task_id": "x"}]'
    rows = [task(number, name=trap * 20) for number in range(1500)]
    write(export, tasks=rows)
    counts = load(export, rows_only=True)["tables"]["ps_tasks"]
    assert (counts["read"], counts["quarantined"]) == (1500, {})


def test_an_engagement_that_ends_before_it_starts_is_kept_aside(export: Path) -> None:
    write(export, engagements=[engagement(1), engagement(2, end_date="2026-01-01")])
    load(export, rows_only=True)
    kept = QuarantinedRow.objects.get()
    assert (kept.field, kept.reason) == ("end_date", "ends_before_start")


def test_an_earlier_good_version_of_a_bad_row_stays(export: Path) -> None:
    write(export, tasks=[task(1, status="Paused"), task(2)])
    load(export, rows_only=True)
    assert Task.objects.get(pk="T-1").status == "In Progress"


ACCEPTED: list[tuple[type[Any], dict[str, Any], str, str]] = [
    (NoteRecord, note(created_at="2026-10-01 10:00:00"), "created_at", "2026-10-01T10:00:00+00:00"),
    (NoteRecord, note(created_at="2026-10-01T10:00:00+02:00"), "created_at", "2026-10-01T08:00:00+00:00"),
    (NoteRecord, note(created_at="2026-10-01"), "created_at", "2026-10-01T00:00:00+00:00"),
    (UsageRecord, usage(execution_date="2026-10-01 10:00:00"), "execution_date", "2026-10-01"),
    (TaskRecord, task(progress_percent=72.0), "progress_percent", "72"),
    (TaskRecord, task(end_date=""), "end_date", "None"),
    (EngagementRecord, engagement(team_members='[{"id":"U1","name":"I","role":null}]'), "team_members",
     "(TeamMember(id='U1', name='I', role=''),)"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "row", "field", "meaning"), ACCEPTED)
def test_what_means_the_same_is_read_the_same(
    record: type[Any], row: dict[str, Any], field: str, meaning: str
) -> None:
    parsed = parse(record, row)
    assert not isinstance(parsed, tuple)
    value = getattr(parsed, field)
    assert (value.isoformat() if hasattr(value, "isoformat") else str(value)) == meaning


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
RECORDS = [EngagementRecord, TaskRecord, NoteRecord, UsageRecord, InsightRecord]


@given(st.data())
def test_any_row_is_a_record_or_has_problems_of_its_own_columns(data: st.DataObject) -> None:
    record = data.draw(st.sampled_from(RECORDS))
    columns = sorted(columns_of(record))
    row = data.draw(st.dictionaries(st.sampled_from(columns) | st.text(), JSON))
    found = parse(record, row)
    if isinstance(found, tuple):
        assert found
        assert all(isinstance(p, Problem) and p.field in columns for p in found)
        assert all(p.reason and len(p.message) <= 500 for p in found)
    else:
        assert isinstance(found, record)


@given(st.text(alphabet=string.printable + "\0\ud800é😀", min_size=1, max_size=40))
def test_text_passes_unharmed_or_not_at_all(text: str) -> None:
    found = parse(NoteRecord, note(content=text))
    storable = "\0" not in text and "\ud800" not in text and bool(text.strip())
    if isinstance(found, NoteRecord):
        assert found.content == text
        assert "\0" not in text
    else:
        assert not storable

"""Rejected rows and templates to download, and whatever else is uploaded."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.conf import settings as django_settings
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from connectors import sync
from connectors.imports import examples, reading, vocabulary
from connectors.models import (
    ImportCheck,
    QuarantinedRow,
)
from connectors.tables import table as table_named
from connectors.tables import tables
from engagements.models import Task
from engagements.parse import parse
from psinsights.lib.sheets import harmless
from tests.importing import (
    HEAD,
    HTMX,
    TASK,
    as_csv,
    checked,
    confirm,
    example_file,
    rows_of,
    source,
    staff,
    state,
    upload,
)

__all__ = ["source", "staff"]
pytestmark = pytest.mark.django_db


# Rejects and templates ───────────────────────────────────────────────────────


def rejects_of(client, check: ImportCheck) -> list[dict[str, str]]:
    answer = client.get(f"/settings/import/{check.pk}/rejects.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="tasks-rejects.csv"'
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_rejects_are_the_rows_with_row_column_and_reason(source, staff):
    check = checked(staff, example_file("bad_tasks.csv"))
    rows = rejects_of(staff, check)
    assert len(rows) == 15
    late = next(row for row in rows if row["import_row"] == "5")
    assert late["import_column"] == "start_date, end_date"
    assert late["end_date"] == "soon"
    assert late["import_accepted"].startswith("a date as YYYY-MM-DD")
    assert next(row for row in rows if row["import_row"] == "3")["name"] == "A name\nover two lines"


def test_no_cell_of_the_rejects_is_computed_by_a_spreadsheet(source, staff):
    check = checked(staff, f'"=1+1",{HEAD}\n@x,=T-2,ENG-0001,"=cmd()",Sleeping\n', table="ps_tasks")
    answer = staff.get(f"/settings/import/{check.pk}/rejects.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    for cells in csv.reader(io.StringIO(text, newline="")):
        assert [cell for cell in cells if harmless(cell) != cell] == []


def test_corrected_rejects_can_be_imported_as_they_are(source, staff):
    check = checked(staff, f'{HEAD},note\n=T-2,ENG-0001,"=cmd()",Sleeping,-x\n')
    answer = staff.get(f"/settings/import/{check.pk}/rejects.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    again = checked(staff, text)
    assert again.heading["unknown"] == [{"name": "note", "near": ""}]
    corrected = checked(staff, text.replace("Sleeping", "Blocked"))
    confirm(staff, corrected)
    assert Task.objects.get(pk="=T-2").name == "=cmd()"
    second = b"".join(staff.get(f"/settings/import/{again.pk}/rejects.csv").streaming_content)
    assert second.decode("utf-8-sig") == text


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.name)
def test_every_template_is_a_row_that_a_load_takes(table, staff):
    stem = table.file.removesuffix(".json")
    row = json.loads(staff.get(f"/settings/import/templates/{stem}.json").text)[0]
    assert not isinstance(parse(table.record, row), tuple)
    sheet = reading.read(staff.get(f"/settings/import/templates/{stem}.csv").content)
    assert sheet.columns == list(vocabulary.columns(table))
    (given_row,) = sheet.rows
    values = {n: vocabulary.columns(table)[n].value(c) for n, c in given_row.values.items()}
    assert parse(table.record, values) == parse(table.record, row)


def test_a_checked_file_that_is_gone_is_said_also_to_htmx(staff):
    answer = staff.post("/settings/import/77/confirm", headers=HTMX)
    assert answer["HX-Redirect"] == "/settings/import/77"
    assert "kept for 24 hours" in staff.get("/settings/import/77").text


def test_pasted_text_comes_back_where_it_is_short(source, staff):
    short = staff.post("/settings/import/check", {"text": "a,b\n1,2"})
    assert ">a,b\n1,2</textarea>" in short.text
    long = staff.post("/settings/import/check", {"text": "a,b\n" + "1,2\n" * 10_000})
    assert len(long.content) < 60_000
    much = staff.post("/settings/import/check", {"text": "x" * (6 << 20)})
    assert much.status_code == 400


def test_there_is_no_template_of_other_things(staff):
    for name in ("auth_user.csv", "tasks.xlsx", "tasks", ".csv"):
        assert staff.get(f"/settings/import/templates/{name}").status_code == 404


def test_every_table_can_be_imported(source, staff):
    for table in tables():
        row = examples.example(table) | ({"engagement_id": "ENG-0001"} if table.parent else {})
        check = checked(staff, json.dumps([row]), table=table.name)
        assert (check.created, check.rejected) == (1, 0)
        assert confirm(staff, check).status_code == 302
        assert checked(staff, json.dumps([row]), table=table.name).unchanged == 1
    assert table_named("ps_tasks").intake.known().keys() >= {"TSK-2001-01"}


HARD = django_settings.BASE_DIR / "fixtures" / "hard"
PORTFOLIO = ["engagements", "tasks", "delivery_notes", "notebook_usage", "team_members"]


def test_what_a_load_takes_an_import_takes_as_json_and_as_csv(staff):
    """The hard cases: the same rows, whichever way they came."""
    for name in PORTFOLIO:
        check = checked(staff, (HARD / f"{name}.json").read_bytes(), table=table_named(name).name)
        assert check.rejected == 0
        assert confirm(staff, check).status_code == 302
        again = checked(staff, as_csv(rows_of(HARD / f"{name}.json")), table=table_named(name).name)
        assert (again.created, again.changed, again.rejected) == (0, 0, 0)
    imported = {name: table_named(name).intake.known() for name in PORTFOLIO}
    sync.load(HARD)
    assert imported == {name: table_named(name).intake.known() for name in PORTFOLIO}
    assert QuarantinedRow.objects.count() == 0


# Whatever is uploaded ────────────────────────────────────────────────────────


ROW_TEXT = st.lists(
    st.one_of(
        st.sampled_from(["T-1", "ENG-0001", "Blocked", "2026-01-01", '"', "=x", ""]), st.text()
    ),
    min_size=1,
    max_size=6,
).map(",".join)
FILES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(ROW_TEXT, max_size=4).map(
        lambda rows: "\n".join([f"{HEAD},start_date,progress_percent", *rows]).encode("utf-8", "replace")
    ),
    st.lists(
        st.dictionaries(
            st.sampled_from([*TASK, "start_date", "progress_percent", "is_milestone", "x"]),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
                max_leaves=4,
            ),
            max_size=6,
        ),
        max_size=3,
    ).map(lambda rows: json.dumps(rows).encode()),
)  # fmt: skip


@given(content=FILES, table=st.sampled_from(["", "ps_tasks", "ps_engagements"]))
@example(content=b"[" * 100_000, table="ps_tasks")
@example(content=b'[{"task_id": "\\ud800", "name": "\\u0000"}]', table="ps_tasks")
@example(content=b'[{"task_id": ' + b"9" * 5000 + b"}]", table="ps_tasks")
@example(content=b'[{"task_id": ' + b"[" * 400 + b"]" * 400 + b"}]", table="ps_tasks")
@example(content=b"\xff\xfea", table="")
@example(content=f"{HEAD}\n\0,\0,\0,\0".encode(), table="")
@hypothesis_settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_is_uploaded_changes_nothing_and_is_answered(source, staff, content, table):
    before = state()
    answer = upload(staff, content, table=table)
    assert answer.status_code in {302, 422}
    if answer.status_code == 302:
        assert staff.get(answer["Location"]).status_code == 200
        check = ImportCheck.objects.latest("pk")
        if check.rejected:
            rejects = staff.get(f"/settings/import/{check.pk}/rejects.csv")
            assert b"".join(rejects.streaming_content)
    assert state() == before


def test_a_read_of_a_checked_file_asks_few_questions(source, staff, django_assert_max_num_queries):
    check = checked(staff, example_file("bad_tasks.csv"))
    for address in ("/settings/import", f"/settings/import/{check.pk}"):
        staff.get(address)
        with django_assert_max_num_queries(8):
            assert len(staff.get(address).content) < 60_000

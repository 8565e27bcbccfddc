"""Rows kept aside: orphans that come back, duplicates, and what is forgotten when it is good."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.models import OutboxEntry, QuarantinedRow
from connectors.quarantine import counts_by_reason
from engagements.models import DeliveryNote, Engagement, Task
from tests.exports import engagement, load, note, task, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write(
        tmp_path / "export",
        engagements=[engagement(1)],
        tasks=[task(1), task(2, engagement=2)],
        delivery_notes=[note(1, engagement=2)],
    )


def test_an_orphan_is_kept_with_what_it_waits_for(export: Path) -> None:
    load(export)
    orphan = QuarantinedRow.objects.get(table="ps_tasks")
    assert (orphan.reason, orphan.engagement_id, orphan.key) == ("orphan", "ENG-2", "T-2")
    assert json.loads(orphan.raw) == task(2, engagement=2)
    assert counts_by_reason() == {"ps_delivery_notes": {"orphan": 1}, "ps_tasks": {"orphan": 1}}


def test_orphans_come_back_when_only_the_engagements_have_changed(export: Path) -> None:
    load(export)
    write(export, engagements=[engagement(1), engagement(2)])
    summary = load(export)
    assert summary["tables"]["ps_tasks"]["returned"] == 1
    assert Task.objects.get(pk="T-2").engagement_id == "ENG-2"
    assert DeliveryNote.objects.filter(engagement="ENG-2").exists()
    assert not QuarantinedRow.objects.exists()


def test_a_task_whose_engagement_goes_is_an_orphan_and_comes_back_with_it(export: Path) -> None:
    write(export, engagements=[engagement(1), engagement(2)])
    load(export)
    write(export, engagements=[engagement(1)])
    load(export)
    assert not Task.objects.filter(pk="T-2").exists()
    assert QuarantinedRow.objects.filter(key="T-2", reason="orphan").exists()
    write(export, engagements=[engagement(1), engagement(2)])
    load(export)
    assert Task.objects.filter(pk="T-2").exists()


def test_a_note_written_here_outlives_its_engagement(export: Path) -> None:
    write(export, engagements=[engagement(1), engagement(2)])
    load(export)
    DeliveryNote.objects.create(
        note_id="OURS", engagement_id="ENG-2", content="Mine.", created_at="2026-10-02T10:00:00Z",
        written_here=True,
    )  # fmt: skip
    OutboxEntry.objects.create(table="ps_delivery_notes", key="OURS", payload={}, payload_hash="")
    write(export, engagements=[engagement(1)])
    load(export)
    assert not Engagement.objects.filter(pk="ENG-2").exists()
    write(export, engagements=[engagement(1), engagement(2)])
    load(export)
    ours = DeliveryNote.objects.get(pk="OURS")
    assert (ours.content, ours.written_here) == ("Mine.", True)


def test_a_load_never_removes_a_note_written_here(export: Path) -> None:
    load(export)
    DeliveryNote.objects.create(
        note_id="OURS", engagement_id="ENG-1", content="Mine.", created_at="2026-10-02T10:00:00Z",
        written_here=True,
    )  # fmt: skip
    write(export, delivery_notes=[])
    load(export)
    assert DeliveryNote.objects.filter(pk="OURS").exists()


def test_a_source_does_not_overwrite_what_waits_to_go_there(export: Path) -> None:
    load(export)
    Task.objects.filter(pk="T-1").update(name="Newer here")
    OutboxEntry.objects.create(table="ps_tasks", key="T-1", payload={}, payload_hash="")
    load(export, full=True)
    assert Task.objects.get(pk="T-1").name == "Newer here"


def test_of_rows_with_one_id_the_newest_is_taken(export: Path) -> None:
    rows = [
        task(1, name="old", updated_at="2026-10-01 10:00:00"),
        task(1, name="new", updated_at="2026-10-03 10:00:00"),
        task(1, name="older", updated_at="2026-09-01 10:00:00"),
    ]
    write(export, tasks=rows)
    counts = load(export)["tables"]["ps_tasks"]
    assert (counts["created"], counts["quarantined"]) == (1, {"duplicate": 2})
    assert Task.objects.get().name == "new"
    kept = QuarantinedRow.objects.filter(reason="duplicate").order_by("position")
    assert [json.loads(row.raw)["name"] for row in kept] == ["old", "older"]
    assert all("row 2" in row.message for row in kept)


def test_without_dates_the_last_of_them_is_taken(export: Path) -> None:
    write(export, tasks=[task(1, name="first"), task(1, name="last")])
    load(export)
    assert Task.objects.get().name == "last"


def test_duplicates_far_apart_are_found(export: Path) -> None:
    rows = [task(number) for number in range(5000)] + [task(7, name="again")]
    write(export, tasks=rows)
    counts = load(export, rows_only=True)["tables"]["ps_tasks"]
    assert (counts["created"], counts["quarantined"]) == (5000, {"duplicate": 1})
    assert Task.objects.get(pk="T-7").name == "again"
    assert json.loads(QuarantinedRow.objects.get(table="ps_tasks").raw)["name"] == "Task 7"


def test_duplicates_stay_settled_on_the_next_load(export: Path) -> None:
    write(export, tasks=[task(1, name="first"), task(1, name="last")])
    load(export)
    counts = load(export, full=True)["tables"]["ps_tasks"]
    assert (counts["unchanged"], counts["changed"]) == (1, 0)


def test_a_row_that_is_good_by_now_is_forgotten(export: Path) -> None:
    write(export, tasks=[task(1, status="Paused")])
    load(export)
    assert QuarantinedRow.objects.filter(table="ps_tasks").count() == 1
    write(export, tasks=[task(1)])
    load(export)
    assert not QuarantinedRow.objects.filter(table="ps_tasks").exists()


def test_a_row_that_stays_bad_keeps_the_day_it_was_first_seen(export: Path) -> None:
    write(export, tasks=[task(1, status="Paused")])
    load(export)
    first = QuarantinedRow.objects.get(table="ps_tasks")
    load(export, full=True)
    again = QuarantinedRow.objects.get(table="ps_tasks")
    assert (again.pk, again.first_seen_at) == (first.pk, first.first_seen_at)

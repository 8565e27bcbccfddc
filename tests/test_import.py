"""Importing a file: checked first, shown row by row, written only when confirmed."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from connectors import sync
from connectors.asked import perform_asked_load
from connectors.json_outbox import write_upserted
from connectors.models import (
    ImportCheck,
    Load,
    OutboxEntry,
    QuarantinedRow,
    RejectedRow,
)
from connectors.tables import table as table_named
from engagements.models import DeliveryNote, Engagement, Task
from psinsights.models import AuditEntry
from tests.factories import signed_in
from tests.importing import (
    ENGAGEMENT,
    HEAD,
    HTMX,
    TASK,
    checked,
    confirm,
    example_file,
    fault_of,
    refused,
    rows_of,
    source,
    staff,
    state,
    upload,
    write,
)
from tests.processes import environment

__all__ = ["source", "staff"]
pytestmark = pytest.mark.django_db


# From upload to the list ─────────────────────────────────────────────────────


def test_a_good_file_goes_from_upload_to_the_list(portfolio, staff):
    before = state()
    check = checked(staff, example_file("engagements.csv"), "engagements.csv")
    assert (check.created, check.changed, check.rejected) == (3, 0, 0)
    assert "3 rows ready, 0 rejected." in staff.get(f"/settings/import/{check.pk}").text
    assert state() == before
    answer = confirm(staff, check, follow=True)
    assert "3 rows imported" in answer.text
    assert "Brackwater, Lund &amp; Co" in staff.get("/engagements?q=Brackwater").text
    assert Engagement.objects.count() == 27
    assert str(Engagement.objects.get(pk="ENG-2002").standing.as_of) == "2026-10-15"

    tasks = checked(staff, example_file("tasks.csv"), "tasks.csv")
    notes = checked(staff, example_file("delivery_notes.json"), "delivery_notes.json")
    assert (tasks.created, tasks.rejected, notes.created, notes.rejected) == (5, 0, 2, 0)
    confirm(staff, tasks)
    assert confirm(staff, notes).status_code == 302
    assert Task.objects.get(pk="TSK-2002-01").name == "Cutover rehearsal; second run"
    assert Task.objects.get(pk="TSK-2001-03").is_milestone is True
    assert "cutover environment" in staff.get("/engagements/ENG-2002").text
    # A later load keeps what was imported.
    sync.load(order=sync.Order(full=True))
    assert Engagement.objects.count() == 27
    assert DeliveryNote.objects.filter(pk="NOTE-2002-001").exists()


def test_an_import_updates_by_id_and_keeps_everything_else(source, staff):
    before = (source / "engagements.json").read_bytes()
    text = "Engagement-Id;Customer name;STATUS;Health Score\nENG-0001;Pellworth Foods;At Risk;41\n"
    check = checked(staff, text)
    page = staff.get(f"/settings/import/{check.pk}").text
    assert (check.created, check.changed) == (0, 1)
    assert "<del>Active</del>" in page
    assert "<ins>At Risk</ins>" in page
    assert "Not in the file, so what is here stays: engagement_type, start_date" in page
    answer = confirm(staff, check, follow=True).text
    first, second = rows_of(source / "engagements.json")
    assert first == ENGAGEMENT | {
        "start_date": "2026-09-01", "legacy": "kept", "status": "At Risk", "health_score": 41,
    }  # fmt: skip
    assert second["engagement_id"] == "ENG-0002"
    (backup,) = (source / "before-import").iterdir()
    assert backup.read_bytes() == before
    assert backup.name in answer
    row = Engagement.objects.get(pk="ENG-0001")
    assert (row.status, row.health_score, str(row.start_date)) == ("At Risk", 41, "2026-09-01")


def test_an_empty_cell_empties_and_rows_that_are_not_in_the_file_stay(source, staff):
    head = f"{HEAD},phase"
    confirm(
        staff,
        checked(staff, f"{head}\nT-1,ENG-0001,Scope,Blocked,\nT-2,ENG-0002,New,Blocked,Build\n"),
    )
    assert Task.objects.get(pk="T-1").phase is None
    assert Task.objects.get(pk="T-1").progress_percent == 10
    confirm(staff, checked(staff, f"{HEAD}\nT-3,ENG-0002,Third,Blocked\n"))
    assert set(Task.objects.values_list("pk", flat=True)) == {"T-1", "T-2", "T-3"}


def test_without_any_data_the_imported_engagements_are_the_portfolio(settings, staff):
    page = staff.get("/settings/import").text
    assert "There is no data yet." in page
    assert "Import engagements first." in refused(staff, f"{HEAD}\nT-1,ENG-1,A,Blocked\n")
    check = checked(staff, example_file("engagements.csv"))
    assert "3 rows imported" in confirm(staff, check, follow=True).text
    assert len(rows_of(settings.GENERATED_DIR / "engagements.json")) == 3
    assert Engagement.objects.count() == 3
    assert not (settings.GENERATED_DIR / "before-import").exists()


def test_the_page_says_that_sample_data_is_replaced_and_of_a_day(portfolio, staff):
    text = staff.get("/settings/import").text
    assert "Rows are added to the 24 invented engagements" in text
    assert "as of 15 Oct" in text


def test_orphans_that_waited_come_in_with_their_engagement(source, staff):
    write(source, tasks=[TASK, TASK | {"task_id": "T-9", "engagement_id": "ENG-2001"}])
    sync.load()
    assert QuarantinedRow.objects.filter(reason="orphan").count() == 1
    answer = confirm(staff, checked(staff, example_file("engagements.csv")), follow=True)
    assert "1 row that waited for its engagement came in, too." in answer.text
    assert Task.objects.filter(pk="T-9").exists()


def test_where_loads_are_slow_the_rows_come_in_and_the_worker_judges_them(source, staff):
    Load.objects.update(started_at=timezone.now() - timedelta(minutes=2))
    check = checked(staff, f"{HEAD}\nT-2,ENG-0001,Another,Blocked\n")
    answer = confirm(staff, check, follow=True)
    assert "The worker reads their notes and assesses their health next." in answer.text
    assert Task.objects.filter(pk="T-2").exists()
    assert Engagement.objects.get(pk="ENG-0001").unassessed
    assert perform_asked_load()
    assert not Engagement.objects.get(pk="ENG-0001").unassessed


# Who may, and once ───────────────────────────────────────────────────────────


def test_a_file_is_imported_once(source, staff):
    check = checked(staff, f"{HEAD}\nT-2,ENG-0001,Another,Blocked\n")
    confirm(staff, check)
    before = state()
    again = confirm(staff, check)
    assert again.status_code == 409
    assert "imported already" in again.text
    assert state() == before
    assert bytes(ImportCheck.objects.get().content) == b""


def test_others_than_staff_are_refused(source, staff, consultant):
    check = checked(staff, f"{HEAD}\nT-2,ENG-0001,Another,Blocked\n")
    other = signed_in("consultant")
    before = state()
    page = other.get("/settings/import")
    assert page.status_code == 200
    assert "Only staff may import" in page.text
    assert "<form" not in page.text.split('id="import"')[1].split("</main>")[0]
    answers = [
        upload(other, f"{HEAD}\n"),
        other.get(f"/settings/import/{check.pk}"),
        other.get(f"/settings/import/{check.pk}/rejects.csv"),
        confirm(other, check),
        other.post(f"/settings/import/{check.pk}/discard"),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert state() == before
    assert ImportCheck.objects.get().is_open


def test_a_check_expires_and_is_forgotten(source, staff):
    check = checked(staff, f"{HEAD}\nT-2,ENG-0001,Another,Blocked\n")
    ImportCheck.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "more than 24 hours ago" in staff.get(f"/settings/import/{check.pk}").text
    assert confirm(staff, check).status_code == 409
    checked(staff, f"{HEAD}\nT-3,ENG-0001,Another,Blocked\n")
    assert not ImportCheck.objects.filter(pk=check.pk).exists()
    gone = confirm(staff, check)
    assert gone.status_code == 404
    assert "kept for 24 hours" in gone.text


def test_a_discarded_file_is_gone_and_cannot_be_imported(source, staff):
    check = checked(staff, f"{HEAD}\nT-2,ENG-0001,Another,Blocked\nT-3,,No parent,Blocked\n")
    answer = staff.post(f"/settings/import/{check.pk}/discard", follow=True)
    assert "Discarded. Nothing was imported." in answer.text
    assert not RejectedRow.objects.exists()
    assert confirm(staff, check).status_code == 409
    assert not Task.objects.filter(pk="T-2").exists()


def test_what_was_done_is_in_the_audit_log_without_contents(source, staff, manager):
    check = checked(staff, f"{HEAD}\nT-2,ENG-0001,Secret words,Blocked\nT-3,,Secret,Blocked\n")
    confirm(staff, check)
    entries = AuditEntry.objects.filter(verb__startswith="import.").order_by("pk")
    assert [entry.verb for entry in entries] == ["import.checked", "import.confirmed"]
    assert {entry.user for entry in entries} == {manager}
    assert entries[1].detail == "1 new, 0 changed, 0 unchanged, 1 row rejected"
    assert "Secret" not in str(list(entries.values()))


# When it cannot be written ───────────────────────────────────────────────────


def test_while_a_load_runs_nothing_is_imported(source, staff):
    check = checked(staff, f"{HEAD}\nT-2,ENG-0001,Another,Blocked\n")
    lease = timezone.now() + timedelta(minutes=1)
    Load.objects.create(state="running", fence=1, lease_until=lease)
    before = state()
    for headers in ({}, HTMX):
        answer = confirm(staff, check, headers=headers)
        assert answer.status_code == 409
        assert "Another load is running. Nothing was changed" in answer.text
    assert state() == before
    assert ImportCheck.objects.get().is_open


def test_a_check_that_is_no_longer_true_is_shown_anew_and_not_written(source, staff):
    check = checked(staff, f"{HEAD}\nT-1,ENG-0001,Scope,Completed\nT-2,ENG-0002,New,Blocked\n")
    write(source, engagements=[ENGAGEMENT])
    sync.load()
    before = state()
    answer = confirm(staff, check)
    assert answer.status_code == 409
    assert "has changed since this file was checked" in answer.text
    assert "There is no engagement with this id." in answer.text
    assert state() == before
    assert confirm(staff, check).status_code == 302
    assert Task.objects.get(pk="T-1").status == "Completed"
    assert not Task.objects.filter(pk="T-2").exists()


def test_a_directory_that_cannot_be_written_leaves_the_old_file(source, staff, settings, tmp_path):
    check = checked(staff, f"{HEAD}\nT-2,ENG-0001,Another,Blocked\n")
    (source / "before-import").write_text("a file where the copies go")
    before = state()
    answer = confirm(staff, check)
    assert answer.status_code == 409
    assert "tasks.json cannot be written" in answer.text
    assert state() == before
    assert "The newest load failed" not in staff.get("/settings").text


def test_a_write_that_breaks_off_leaves_the_old_file(source, tmp_path):
    """A disk that is full, as a limit on the size of a file: the process is told as it writes."""
    before = (source / "tasks.json").read_bytes()
    script = """
import resource, sys
from pathlib import Path
import django; django.setup()
from connectors.json_outbox import write_upserted
from connectors.tables import table
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
rows = [{"task_id": f"N-{n}", "name": "x" * 100} for n in range(100)]
try:
    write_upserted(Path(sys.argv[1]), table("tasks"), rows)
except OSError:
    sys.exit(9)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script, str(source / "tasks.json")],
        cwd=django_settings.BASE_DIR, env=environment(DJANGO_SETTINGS_MODULE="psinsights.settings"),
        check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 9
    assert (source / "tasks.json").read_bytes() == before
    assert {path.name for path in source.iterdir()} == {"engagements.json", "tasks.json"}


def test_whoever_dies_after_the_write_leaves_the_rows_to_the_next_load(source, staff):
    check = checked(staff, f"{HEAD}\nT-2,ENG-0001,Another,Blocked\n")
    rows = [TASK | {"task_id": "T-2", "name": "Another"}]
    write_upserted(source / "tasks.json", table_named("ps_tasks"), rows)
    sync.load()
    assert Task.objects.get(pk="T-2").name == "Another"
    assert "it is now 0 new, 0 changed, 1 unchanged" in confirm(staff, check).text
    assert "there is nothing to import" in confirm(staff, check).text


def test_when_the_load_fails_the_file_is_put_back(source, staff):
    check = checked(staff, f"{HEAD}\nT-2,ENG-0001,Another,Blocked\n")
    (source / "notebook_usage.json").write_text("[{")
    before = rows_of(source / "tasks.json")
    answer = confirm(staff, check)
    assert answer.status_code == 422
    assert "Nothing was changed. notebook_usage.json" in answer.text
    assert rows_of(source / "tasks.json") == before
    assert not Task.objects.filter(pk="T-2").exists()
    assert ImportCheck.objects.get().is_open


def test_a_file_that_nobody_can_read_is_not_written_over(source, staff):
    check = checked(staff, f"{HEAD}\nT-2,ENG-0001,Another,Blocked\n")
    (source / "tasks.json").write_text("[{")
    answer = confirm(staff, check)
    assert answer.status_code == 409
    assert "Nothing was changed. tasks.json" in answer.text
    assert (source / "tasks.json").read_text() == "[{"
    assert "Nothing can be imported now." in upload(staff, f"{HEAD}\nT-3,ENG-0001,A,Blocked\n").text


def test_data_of_another_directory_is_not_replaced_by_an_import(source, staff, tmp_path):
    other = tmp_path / "exports"
    other.mkdir()
    write(other, engagements=[ENGAGEMENT], tasks=[TASK])
    check = checked(staff, f"{HEAD}\nT-2,ENG-0001,Another,Blocked\n")
    sync.load(other)
    before = state()
    refusal = confirm(staff, check)
    assert refusal.status_code == 422
    assert "was loaded from exports" in refusal.text
    assert "Load the source in Settings first." in upload(staff, f"{HEAD}\nT-2,E,A,B\n").text
    assert state() == before


def test_a_warehouse_is_checked_against_and_never_written(source, staff, settings):
    settings.DATA_MODE = "databricks"
    check = checked(staff, f"{HEAD}\nT-1,ENG-0001,Scope,Blocked\nT-2,ENG-0001,New,Blocked\n")
    assert (check.created, check.unchanged) == (1, 1)
    page = staff.get(f"/settings/import/{check.pk}").text
    assert "The tables of the warehouse are the source." in page
    assert "COPY INTO" in page
    assert "Import 1 row" not in page
    before = state()
    assert confirm(staff, check).status_code == 409
    assert state() == before


def test_the_newest_five_copies_of_a_file_are_kept(source, staff):
    (source / "before-import").mkdir()
    old = [source / "before-import" / f"tasks-2026010{day}T000000.0Z.json" for day in range(1, 7)]
    for path in old:
        path.write_text("[]")
    confirm(staff, checked(staff, f"{HEAD}\nT-2,ENG-0001,Another,Completed\n"))
    assert len(list((source / "before-import").iterdir())) == 5
    assert [path.exists() for path in old] == [False, False, True, True, True, True]


def test_rows_made_here_and_waiting_are_not_written_over(source, staff):
    OutboxEntry.objects.create(
        table="ps_tasks", key="T-1", payload=TASK, payload_hash="x", state="waiting"
    )
    fault = fault_of(staff, "T-1,ENG-0001,Scope,Completed")
    assert (fault["reason"], fault["column"]) == ("waiting", "task_id")
    assert "Send the outbox" in fault["advice"]

"""Importing a file: checked first, shown row by row, written only when confirmed."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from connectors import sync
from connectors.asked import perform_asked_load
from connectors.imports import examples, reading, vocabulary
from connectors.imports.faults import shown
from connectors.json_outbox import write_upserted
from connectors.models import (
    ImportCheck,
    Load,
    OutboxEntry,
    QuarantinedRow,
    RejectedRow,
    TableState,
)
from connectors.tables import table as table_named
from connectors.tables import tables
from engagements.models import DeliveryNote, Engagement, Task
from engagements.parse import parse
from psinsights.lib.sheets import harmless
from psinsights.models import AuditEntry
from tests.factories import signed_in
from tests.processes import environment

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
EXAMPLES = django_settings.BASE_DIR / "fixtures" / "import"
ENGAGEMENT = {"engagement_id": "ENG-0001", "customer_name": "Pellworth Foods", "status": "Active"}
TASK = {"task_id": "T-1", "engagement_id": "ENG-0001", "name": "Scope", "status": "Blocked"}
HEAD = "task_id,engagement_id,name,status"


@pytest.fixture
def source(settings, tmp_path):
    """Two engagements and a task, in files of the installation's own, loaded."""
    directory = settings.GENERATED_DIR
    directory.mkdir(parents=True)
    write(
        directory,
        engagements=[
            ENGAGEMENT | {"start_date": "2026-09-01", "legacy": "kept"},
            ENGAGEMENT | {"engagement_id": "ENG-0002", "customer_name": "Gallund Re"},
        ],
        tasks=[TASK | {"phase": "Design", "progress_percent": 10}],
    )
    call_command("load_data", verbosity=0)
    return directory


@pytest.fixture
def staff(manager):
    return signed_in("manager")


def write(directory: Path, **named: list[dict]) -> None:
    for name, rows in named.items():
        (directory / f"{name}.json").write_text(json.dumps(rows))


def example_file(name: str) -> bytes:
    return (EXAMPLES / name).read_bytes()


def upload(client, content: bytes | str, name: str = "rows.csv", **more):
    content = content.encode() if isinstance(content, str) else content
    sent = {"file": SimpleUploadedFile(name, content), "table": more.pop("table", "")}
    return client.post("/settings/import/check", sent, **more)


def checked(client, content: bytes | str, name: str = "rows.csv", **more) -> ImportCheck:
    """The check that an upload came to."""
    answer = upload(client, content, name, **more)
    assert answer.status_code == 302, answer.text
    return ImportCheck.objects.get(pk=int(answer["Location"].rsplit("/", 1)[1]))


def refused(client, content: bytes | str, **more) -> str:
    """The page that says why a whole file was not taken."""
    answer = upload(client, content, **more)
    assert answer.status_code == 422
    assert not ImportCheck.objects.exists()
    return " ".join(answer.text.split())


def confirm(client, check: ImportCheck, **more):
    return client.post(f"/settings/import/{check.pk}/confirm", **more)


def faults(check: ImportCheck) -> dict[int, list[dict]]:
    """What is wrong, by the number of the row."""
    return {row.row: row.faults for row in check.rejects.order_by("row", "pk")}


def fault_of(client, line: str, head: str = HEAD) -> dict:
    """The only thing wrong with the only row of a file."""
    check = checked(client, f"{head}\n{line}\n")
    ((row, (fault,)),) = faults(check).items()
    assert row == 2
    return fault


def rows_of(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))


def state() -> dict[str, object]:
    """Everything that an import could change: rows, and the bytes of the files."""
    directory = Path(django_settings.GENERATED_DIR)
    files = [path for path in directory.rglob("*") if path.is_file() and path.name[0] != "."]
    return {
        "rows": {table.name: table.intake.known() for table in tables()},
        "quarantine": QuarantinedRow.objects.count(),
        "loads": Load.objects.count(),
        "states": list(TableState.objects.order_by("pk").values()),
        "files": {str(path): path.read_bytes() for path in files},
    }


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


# What is wrong with a row ────────────────────────────────────────────────────


FAULTS = [
    ("status", "in progress", "unknown_value", "Write In Progress.", "Not Started, In Progress, Blocked, Completed"),
    ("status", "Sleeping", "unknown_value", "none of the known words", "Not Started, In Progress, Blocked, Completed"),
    ("status", "", "missing", "It is empty", "Not Started, In Progress, Blocked, Completed"),
    ("name", "", "missing", "It is empty", "text of at most 1,000 characters"),
    ("name", "x" * 1001, "too_long", "This has 1,001 characters.", "text of at most 1,000 characters"),
    ("start_date", "24/12/2026", "not_a_date", "Write 2026-12-24.", "a date as YYYY-MM-DD, such as 2026-11-19; or empty"),
    ("start_date", "3.4.2026", "not_a_date", "Write 2026-03-04 or 2026-04-03.", "a date as YYYY-MM-DD, such as 2026-11-19; or empty"),
    ("start_date", "46266", "not_a_date", "spreadsheet’s day number", "a date as YYYY-MM-DD, such as 2026-11-19; or empty"),
    ("start_date", "2026-02-30", "not_a_date", "cannot be read as a date", "a date as YYYY-MM-DD, such as 2026-11-19; or empty"),
    ("progress_percent", "140", "out_of_range", "outside the range", "a whole number from 0 to 100; or empty"),
    ("progress_percent", "40 %", "wrong_type", "This is not a whole number. Write 40.", "a whole number from 0 to 100; or empty"),
    ("progress_percent", "12.5", "wrong_type", "This is not a whole number.", "a whole number from 0 to 100; or empty"),
    ("is_milestone", "maybe", "wrong_type", "This is not true or false.", "true or false (also yes, no, 1, 0); or empty"),
    ("completed_at", "yesterday", "not_a_date", "cannot be read", "YYYY-MM-DD, or with a time: 2026-11-19T09:30:00Z, 2026-11-19 09:30:00 (UTC); or empty"),
    ("engagement_id", "ENG-9999", "orphan", "Import that engagement first.", "the id of an engagement that is here"),
    ("engagement_id", "eng-0001", "orphan", "Write ENG-0001.", "the id of an engagement that is here"),
]  # fmt: skip


def test_a_fault_has_row_column_value_reason_and_accepted_values(source, staff):
    """Of one file, whose rows have a fault each."""
    sent = [
        TASK | {"task_id": f"T-{at}"} | {column: value}
        for at, (column, value, *_) in enumerate(FAULTS, start=2)
    ]
    found = faults(checked(staff, as_csv(sent), table="ps_tasks"))
    assert set(found) == set(range(2, len(FAULTS) + 2))
    for at, (column, value, reason, says, accepted) in enumerate(FAULTS, start=2):
        (fault,) = found[at]
        assert (fault["column"], fault["reason"], fault["accepted"]) == (column, reason, accepted)
        assert fault["value"] == shown(value)
        assert says in f"{fault['message']} {fault['advice']}"


BETWEEN = [
    ("contract_value", "-5", "out_of_range", "outside the range"),
    ("contract_value", '"1,250,000"', "wrong_type", "Write 1250000."),
    ("contract_value", '"12,5"', "wrong_type", "Write 12.5."),
    ("contract_value", "EUR 100", "wrong_type", "Write 100."),
    ("contract_value", "1e999", "not_finite", "not a number that can be kept"),
    ("end_date", "2026-08-01", "ends_before_start", "end_date 2026-08-01 is before start_date 2026-09-01."),
    ("team_members", "Ada and Ben", "wrong_type", "This is not a list."),
]  # fmt: skip


def test_a_fault_may_lie_between_the_file_and_what_is_here(source, staff):
    for column, value, reason, says in BETWEEN:
        fault = fault_of(
            staff,
            f"ENG-0001,Pellworth Foods,Active,{value}",
            f"engagement_id,customer_name,status,{column}",
        )
        assert (fault["column"], fault["reason"]) == (column, reason)
        assert says in f"{fault['message']} {fault['advice']}"


def test_the_bad_example_has_every_fault_with_its_row(source, staff):
    check = checked(staff, example_file("bad_tasks.csv"), "bad_tasks.csv")
    found = {row: [fault["reason"] for fault in all_] for row, all_ in faults(check).items()}
    assert found == {
        2: ["duplicate"],
        3: ["unknown_value"],
        4: ["not_a_date"],
        5: ["not_a_date", "not_a_date"],
        6: ["out_of_range"],
        7: ["wrong_type"],
        8: ["wrong_type"],
        9: ["missing"],
        10: ["missing"],
        11: ["orphan"],
        12: ["orphan"],
        14: ["too_many_cells"],
        15: ["too_few_cells"],
        16: ["unknown_value"],
        17: ["not_a_date"],
    }
    assert (check.created, check.rejected) == (1, 15)
    text = " ".join(staff.get(f"/settings/import/{check.pk}?page=2").text.split())
    assert "14 <span" not in text  # only rows after a line break in a cell name their line
    assert '14<span class="sub">line 15</span>' in text
    assert "<code>baseline_enddate</code> (is it <code>baseline_end_date</code>?" in text


def test_other_bad_examples_are_rejected_row_by_row_or_as_a_whole(source, staff):
    check = checked(staff, example_file("bad_engagements.csv"))
    assert [row[0]["reason"] for row in faults(check).values()] == [
        "ends_before_start", "wrong_type", "out_of_range", "wrong_type", "not_a_date",
    ]  # fmt: skip
    ImportCheck.objects.all().delete()
    text = refused(staff, example_file("bad_header.csv"))
    assert "The column engagement_id is there twice: engagement id and Engagement-ID." in text
    assert "The required column status is missing." in text
    assert "Rename statuss to status." in text


def test_of_two_rows_with_one_id_the_newer_is_taken_and_the_other_named(source, staff):
    head = f"{HEAD},updated_at"
    rows = ["T-2,ENG-0001,Newer,Blocked,2026-10-02", "T-2,ENG-0001,Older,Blocked,2026-10-01"]
    check = checked(staff, "\n".join([head, *rows]))
    (fault,) = faults(check)[3]
    assert fault["message"].startswith("Row 2 has the same id")
    confirm(staff, check)
    assert Task.objects.get(pk="T-2").name == "Newer"


def test_a_cell_is_shown_short_and_harmless(source, staff):
    check = checked(staff, f'{HEAD}\nT-2,ENG-0001,A,"<script>{"x" * 200}\u202e\u0007"\n')
    page = staff.get(f"/settings/import/{check.pk}").text
    assert "<script>x" not in page
    assert "&lt;script&gt;" in page
    assert "x" * 100 not in page
    assert shown("a\u202eb\u0007\n") == "a\\u202eb\\u0007⏎"


# The file ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "content",
    [
        f"{HEAD}\nT-2,ENG-0001,Größe,Blocked\n".encode(),
        f"\ufeff{HEAD}\r\nT-2,ENG-0001,Größe,Blocked\r\n".encode(),
        f"{HEAD}\nT-2,ENG-0001,Größe,Blocked\n".encode("utf-16"),
        f"\ufeff{HEAD}\nT-2,ENG-0001,Größe,Blocked\n".encode("utf-16-be"),
        f"{HEAD}\nT-2,ENG-0001,Größe,Blocked".replace(",", ";").encode(),
        f"\n\n{HEAD}\n\nT-2,ENG-0001,Größe,Blocked\n".replace(",", "\t").encode(),
        b'[{"Task ID": "T-2", "engagement_id": "ENG-0001", "NAME": "Gr\xc3\xb6\xc3\x9fe", "status": "Blocked"}]',
        b'{"task_id": "T-2", "engagement_id": "ENG-0001", "name": "Gr\xc3\xb6\xc3\x9fe", "status": "Blocked"}\n',
        f"\ufeff{json.dumps([TASK | {'task_id': 'T-2', 'name': 'Größe'}])}".encode("utf-16-le"),
    ],
    ids=["utf8", "bom", "utf16", "utf16be", "semicolons", "tabs", "json", "lines", "json16"],
)  # fmt: skip
def test_a_file_is_read_in_every_form_it_may_have(source, staff, content):
    confirm(staff, checked(staff, content))
    assert Task.objects.get(pk="T-2").name == "Größe"


REFUSED = [
    (b"", "The file is empty."),
    (b" \n\n", "The file is empty."),
    (b",,,\n,,\n", "The columns are those of no table."),
    (HEAD.encode(), "The file has a header and no rows."),
    (b"a,b\n1,2\n", "The columns are those of no table."),
    (f"{HEAD}\nT-2,ENG-0001,Gr\xf6sse,Blocked\n".encode("latin-1"), "Line 2, byte 16 (0xF6) is not UTF-8 text."),
    (b"PK\x03\x04rest", "This is a workbook of a spreadsheet"),
    (f'{HEAD}\nT-2,ENG-0001,"never closed,Blocked\n'.encode(), "Row 2 has a quotation mark that is never closed."),
    (f'{HEAD}\nT-2,ENG-0001,"mid"dle,Blocked\n'.encode(), "Row 2 has a quotation mark out of place."),
    (f"{HEAD}\nT-2,ENG-0001,{'x' * 140_000},Blocked\n".encode(), "Row 2 has a cell of more than 131,072 characters"),
    (b"[1, 2", "The file, line 1: the file ends in the middle of a list."),
    (b'[{"task_id": }]', "The file, line 1: not JSON"),
    ((",".join(f"c{n}" for n in range(201)) + "\n1\n").encode(), "more than 200 columns"),
    (f"{HEAD}\n".encode() + b"T,E,N,S\n" * 50_001, "More than 50,000 rows."),
    (f"{HEAD}\n".encode() + b"T,E,N,S\n" * 5_001, "More than 5,000 rows cannot be taken."),
]  # fmt: skip


def test_what_stops_a_whole_file_is_said_with_its_place(source, staff):
    before = state()
    for content, says in REFUSED:
        assert says in refused(staff, content)
    assert state() == before


def test_a_file_beyond_the_limit_is_not_even_stored(source, staff):
    answer = upload(staff, b"x" * (reading.LARGEST + 1))
    assert answer.status_code == 422
    assert "The file is larger than 20 MB." in answer.text
    assert not ImportCheck.objects.exists()


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "Choose a file, or paste its text."),
        ({"text": HEAD, "file": SimpleUploadedFile("a.csv", b"x")}, "not both"),
        ({"text": HEAD, "table": "auth_user"}, "Select a valid choice"),
    ],
)
def test_a_form_that_is_not_filled_in_says_what_is_missing(source, staff, sent, says):
    answer = staff.post("/settings/import/check", sent)
    assert answer.status_code == 422
    assert says in answer.text


def test_rows_can_be_pasted(source, staff):
    text = f"{HEAD}\nT-2,ENG-0001,Pasted,Blocked\n".replace(",", "\t")
    answer = staff.post("/settings/import/check", {"text": text}, headers=HTMX)
    assert answer.status_code == 200
    assert answer.text.strip().startswith('<div class="c10 stack" id="import">')
    assert "1 row ready, 0 rejected." in answer.text
    assert answer["HX-Push-Url"] == f"/settings/import/{ImportCheck.objects.get().pk}"


def test_a_quoted_line_break_keeps_the_numbers_of_rows(source, staff):
    text = f'{HEAD}\nT-2,ENG-0001,"two\n\nlines",Blocked\n\nT-3,ENG-0001,,Blocked\n'
    check = checked(staff, text)
    row = check.rejects.get()
    assert (row.row, row.line) == (4, 6)


def test_json_keeps_its_kinds_and_an_object_is_wanted(source, staff):
    rows = [TASK | {"task_id": "T-2", "is_milestone": True, "progress_percent": 5.0}, 7, {}]
    check = checked(staff, json.dumps(rows), table="ps_tasks")
    found = {row: [fault["reason"] for fault in all_] for row, all_ in faults(check).items()}
    assert found == {2: ["not_an_object"], 3: ["missing"] * 4}
    confirm(staff, check)
    assert Task.objects.get(pk="T-2").progress_percent == 5


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


def as_csv(rows: list[dict]) -> str:
    """Rows as a spreadsheet would save them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    for row in rows:
        cells = {n: v if isinstance(v, str) else json.dumps(v) for n, v in row.items()}
        writer.writerow({n: "" if cell == "null" else cell for n, cell in cells.items()})
    return text.getvalue()


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

"""load_data: from files to rows to standing, twice the same, and one load at a time."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tracemalloc
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.as_of import portfolio_day
from connectors.models import Load, QuarantinedRow, TableState
from engagements.models import (
    DeliveryNote,
    Engagement,
    HealthReading,
    NotebookUsage,
    NoteFinding,
    Standing,
    Task,
)
from insights.models import Insight
from metrics.models import Adoption, AiMetric
from psinsights.lib.today import today
from tests.exports import engagement, load, note, refusal, task, usage, write

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write(
        tmp_path / "export",
        engagements=[engagement(1), engagement(2)],
        tasks=[task(1), task(2, status="Completed", progress_percent=100)],
        delivery_notes=[note(1)],
        notebook_usage=[usage(1)],
    )


def outcome(summary: dict[str, Any], table: str) -> dict[str, int]:
    counts = summary["tables"][table]
    names = ("read", "created", "changed", "unchanged", "removed")
    return {name: counts[name] for name in names if counts[name]}


def test_every_row_of_an_export_becomes_a_row(export: Path) -> None:
    summary = load(export)
    assert outcome(summary, "ps_engagements") == {"read": 2, "created": 2}
    assert (Task.objects.count(), DeliveryNote.objects.count()) == (2, 1)
    row = Engagement.objects.get(pk="ENG-1")
    assert row.end_date == date(2027, 2, 1)
    assert row.team_members == [{"id": "U1", "name": "Ines", "role": "Lead"}]
    assert str(row.created_at) == "2026-07-20 09:00:00+00:00"
    assert NotebookUsage.objects.get().execution_date == date(2026, 10, 1)


def test_the_same_load_again_changes_nothing(export: Path) -> None:
    load(export)
    before = list(Task.objects.values())
    summary = load(export)
    assert outcome(summary, "ps_tasks") == {"unchanged": 2}
    assert list(Task.objects.values()) == before
    assert summary["readings"] == 0


def test_reading_every_row_again_finds_them_unchanged(export: Path) -> None:
    load(export)
    assert outcome(load(export, full=True), "ps_tasks") == {"read": 2, "unchanged": 2}


def test_rows_that_changed_are_changed_and_rows_that_are_gone_are_removed(export: Path) -> None:
    load(export)
    write(export, tasks=[task(1, name="Renamed"), task(3)])
    summary = load(export)
    assert outcome(summary, "ps_tasks") == {"read": 2, "created": 1, "changed": 1, "removed": 1}
    assert sorted(Task.objects.values_list("name", flat=True)) == ["Renamed", "Task 3"]


def test_an_engagement_that_is_gone_goes_with_all_that_is_its_own(export: Path) -> None:
    load(export)
    write(export, engagements=[engagement(2)], tasks=[], delivery_notes=[], notebook_usage=[])
    assert outcome(load(export), "ps_engagements")["removed"] == 1
    assert not Task.objects.exists()
    assert not HealthReading.objects.filter(engagement="ENG-1").exists()


def test_a_missing_optional_file_leaves_its_rows(export: Path) -> None:
    load(export)
    (export / "tasks.json").unlink()
    summary = load(export)
    assert "is not there" in summary["tables"]["ps_tasks"]["note"]
    assert Task.objects.count() == 2


def test_json_lines_load_like_an_array(export: Path) -> None:
    lines = "\n".join(json.dumps(task(number)) for number in range(1, 4))
    write(export, tasks=lines + "\n\n")
    assert outcome(load(export), "ps_tasks") == {"read": 3, "created": 3}


def test_a_byte_order_mark_is_tolerated(export: Path) -> None:
    write(export, tasks=b"\xef\xbb\xbf" + json.dumps([task(1)]).encode())
    assert outcome(load(export), "ps_tasks") == {"read": 1, "created": 1}


def test_columns_nobody_knows_are_ignored_and_told(export: Path) -> None:
    write(export, tasks=[task(1, colour="blue")])
    assert load(export)["tables"]["ps_tasks"]["extra_columns"] == ["colour"]
    assert TableState.objects.get(pk="ps_tasks").extra_columns == ["colour"]


def test_an_older_export_with_the_base_columns_alone_loads_whole(tmp_path: Path) -> None:
    future = str(today() + timedelta(days=30))
    directory = write(
        tmp_path / "old",
        engagements=[engagement(1), engagement(2, status="Not Started", health_score=None)],
        tasks=[task(number) for number in range(1, 6)],
        delivery_notes=[note(1), note(2, created_at=f"{future} 09:00:00")],
    )
    summary = load(directory)
    assert all(not table["quarantined"] for table in summary["tables"].values())
    assert DeliveryNote.objects.count() == 2
    assert Standing.objects.get(pk="ENG-2").state == "not_started"
    assert load(directory)["readings"] == 0


def test_a_note_of_a_day_that_has_not_come_does_not_count_as_said(tmp_path: Path) -> None:
    future = str(today() + timedelta(days=30))
    blocked = "We are blocked: the customer has not given us access to the VPN."
    write(
        tmp_path / "old",
        engagements=[engagement(1)],
        delivery_notes=[note(1), note(2, created_at=f"{future} 09:00:00", content=blocked)],
    )
    load(tmp_path / "old")
    standing = Standing.objects.get(pk="ENG-1")
    assert standing.notes_total == 1
    assert standing.open_findings == 0
    assert standing.last_note_on == date(2026, 10, 1)


def test_notes_are_read_and_health_is_assessed_in_the_same_load(export: Path) -> None:
    text = "We are blocked: the customer has not given us access to the VPN."
    write(export, delivery_notes=[note(1, content=text, created_at=f"{today()} 08:00:00")])
    summary = load(export)
    assert summary["findings"] == NoteFinding.objects.count() >= 1
    finding = NoteFinding.objects.first()
    assert finding is not None
    assert finding.quote == text[finding.start : finding.end]
    assert Standing.objects.get(pk="ENG-1").as_of == today()


def test_a_note_that_changes_is_read_again(export: Path) -> None:
    blocked = "We are blocked: the customer has not given us access to the VPN."
    write(export, delivery_notes=[note(1, content=blocked)])
    load(export)
    write(export, delivery_notes=[note(1, content="The pipeline runs.")])
    load(export)
    assert not NoteFinding.objects.exists()


def test_a_dry_run_says_what_would_change_and_changes_nothing(export: Path) -> None:
    summary = load(export, dry_run=True)
    assert outcome(summary, "ps_engagements") == {"read": 2, "created": 2}
    assert not Engagement.objects.exists()
    assert not TableState.objects.exists()


def test_one_table_can_be_loaded_alone(export: Path) -> None:
    load(export)
    write(export, tasks=[task(1)], engagements=[engagement(1)])
    load(export, table="tasks")
    assert (Task.objects.count(), Engagement.objects.count()) == (1, 2)


def test_tasks_come_back_after_engagements_alone_were_loaded_away_and_back(export: Path) -> None:
    load(export)
    write(export, engagements=[engagement(2)])
    load(export, table="engagements")
    assert not Task.objects.exists()
    write(export, engagements=[engagement(1), engagement(2)])
    load(export)
    assert Task.objects.count() == 2


def test_an_unknown_table_is_refused_with_the_known_ones(export: Path) -> None:
    code, sentence = refusal(export, table="invoices")
    assert code == 2
    assert "ps_tasks" in sentence


def test_fixtures_are_as_of_their_day_whatever_the_clock_says(portfolio: None) -> None:
    assert portfolio_day() == date(2026, 10, 15)
    assert set(Standing.objects.values_list("as_of", flat=True)) == {date(2026, 10, 15)}


def test_an_export_is_as_of_today(export: Path) -> None:
    load(export)
    assert portfolio_day() == today()


def test_the_hard_cases_load_without_quarantine() -> None:
    load(django_settings.FIXTURES_DIR / "hard")
    assert not QuarantinedRow.objects.exists()
    assert Standing.objects.count() == Engagement.objects.count() == 9


def test_insights_of_a_source_are_kept_with_the_newest_current(export: Path) -> None:
    rows = [
        {
            "insight_id": f"I-{day}",
            "engagement_id": "ENG-1",
            "insight_type": "health_summary",
            "content": "On track.",
            "generated_at": f"2026-10-0{day} 10:00:00",
        }
        for day in (2, 1, 3)
    ]
    write(export, ai_insights=rows)
    load(export)
    current = Insight.objects.get(is_current=True)
    assert (current.pk, current.version, current.imported) == ("I-3", 3, True)
    assert outcome(load(export, full=True), "ps_ai_insights") == {"read": 3, "unchanged": 3}


def test_history_of_metrics_comes_in_beside_our_own(export: Path) -> None:
    day = {"date": "2026-10-01", "role": "Consultant"}
    Adoption.objects.create(date="2026-10-01", role="Manager", imported=False, unique_users=4)
    metric = {"metric_id": "M1", "insight_type": "health_summary", "insights_generated": 3}
    write(
        export,
        ai_metrics=[metric | day],
        adoption_metrics=[day, {**day, "role": "Manager", "unique_users": 1}],
    )
    load(export)
    load(export, full=True)
    assert AiMetric.objects.get().insights_generated == 3
    assert Adoption.objects.get(role="Manager").unique_users == 4
    assert Adoption.objects.get(role="Consultant").imported


def test_a_load_that_is_running_refuses_another(export: Path) -> None:
    Load.objects.create(state="running", lease_until=timezone.now() + timedelta(minutes=1))
    code, sentence = refusal(export)
    assert code == 3
    assert "Another load is running" in sentence
    assert not Engagement.objects.exists()


def test_a_load_that_was_abandoned_is_taken_over(export: Path) -> None:
    left = Load.objects.create(state="running", lease_until=timezone.now() - timedelta(minutes=1))
    load(export)
    left.refresh_from_db()
    assert left.state == "failed"
    assert "cut short" in left.error
    assert Load.objects.filter(state="done").count() == 1


def test_what_a_killed_load_left_undone_is_done_by_the_next(export: Path) -> None:
    load(export, rows_only=True)
    assert Standing.objects.get(pk="ENG-1").reason == "Not assessed yet."
    assert load(export)["readings"] == 2


def test_a_load_says_who_did_what(export: Path) -> None:
    load(export)
    run = Load.objects.get()
    assert (run.state, run.source, run.trigger) == ("done", "export", "command")
    assert run.counts["ps_tasks"]["created"] == 2


def test_the_summary_is_a_table_with_the_reasons_of_what_was_kept_aside(export: Path) -> None:
    write(export, tasks=[task(1), task(2, status="Paused"), task(3, engagement=9)])
    out = StringIO()
    call_command("load_data", source=export, stdout=out)
    assert "ps_tasks: kept aside: 1 orphan, 1 unknown_value." in out.getvalue()


def test_judgement_costs_the_same_number_of_queries_for_more_engagements(tmp_path: Path) -> None:
    def queries(number: int) -> int:
        rows = [engagement(n, customer_name=f"C{n}-{number}") for n in range(1, number + 1)]
        load(write(tmp_path / "set", engagements=rows, tasks=[task(1)]), rows_only=True)
        with CaptureQueriesContext(
            connection,
        ) as found:
            call_command("recompute_health", stdout=StringIO())
        return len(found)

    assert queries(3) == queries(40)


def many_tasks(path: Path, size: int) -> int:
    """A file of about so many bytes; the number of its rows."""
    number = 0
    with path.open("w") as file:
        file.write("[")
        while file.tell() < size:
            file.write(",\n" if number else "\n")
            file.write(json.dumps(task(number, name="Move the warehouse " * 20)))
            number += 1
        file.write("]")
    return number


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(size: int) -> int:
        export = write(tmp_path / str(size), engagements=[engagement(1)])
        rows = many_tasks(export / "tasks.json", size)
        tracemalloc.start()
        summary = load(export, rows_only=True, dry_run=True)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert summary["tables"]["ps_tasks"]["created"] == rows
        return found

    small, large = peak(2_000_000), peak(8_000_000)
    assert large < 2 * small
    assert large < 32_000_000


def run_manage(database: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{database}",
        "DATA_DIR": str(database.parent / "data"),
    }
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_exit_codes_and_another_process_that_is_loading(own_database: Path, export: Path) -> None:
    assert run_manage(own_database, "load_data", "--source", str(export)).returncode == 0
    (export / "tasks.json").write_text("[{", encoding="utf-8")
    broken = run_manage(own_database, "load_data", "--source", str(export))
    assert broken.returncode == 2
    assert "tasks.json" in broken.stderr
    assert "Traceback" not in broken.stderr
    with sqlite3.connect(own_database) as rows:
        rows.execute(
            "UPDATE connectors_load SET state='running', lease_until='2999-01-01' WHERE id=1"
        )
    assert run_manage(own_database, "load_data", "--source", str(export)).returncode == 3

"""The settings page: the source, sample data, rows kept aside and the outbox."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from connectors import asked, outbox
from connectors.models import Load, OutboxEntry, TableState
from engagements.models import Engagement
from psinsights.jobs import perform_asked_load
from psinsights.lib.sheets import harmless
from psinsights.models import AuditEntry
from tests.settings_parts import HTMX, aside, manager, regenerate, running_load, source, staff

__all__ = ["manager", "source", "staff"]
pytestmark = pytest.mark.django_db


# The source ──────────────────────────────────────────────────────────────────


def test_before_the_first_load_the_page_says_what_to_do(staff):
    text = staff.get("/settings").text
    assert "Not loaded yet" in text
    assert "Nothing is loaded yet." in text
    assert "ps_delivery_notes" in text


def test_load_now_takes_the_source_in_and_says_what_changed(staff):
    answer = staff.post("/settings/load", follow=True)
    assert answer.redirect_chain[0][0] == "/settings#source"
    assert "2 rows kept aside" in answer.text
    assert "Fresh" in answer.text
    assert Engagement.objects.count() == 2


def test_htmx_gets_the_section_alone_after_a_load(staff):
    answer = staff.post("/settings/load", headers=HTMX)
    assert answer.status_code == 200
    assert answer.text.strip().startswith('<section class="card" id="source"')
    assert "Loaded from" in answer.text


def test_each_table_shows_rows_version_result_and_age(staff):
    staff.post("/settings/load")
    state = TableState.objects.get(table="ps_engagements")
    text = staff.get("/settings").text
    assert state.version[:12] in text
    assert "3 read, 1 kept aside." in text
    assert "just now" in text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_second_load_is_refused_with_a_sentence(staff, headers):
    running_load(step="reading notes")
    answer = staff.post("/settings/load", headers=headers)
    assert answer.status_code == 409
    assert "Another load is running. Nothing was changed" in answer.text


def test_a_running_load_shows_its_step_and_asks_again_until_it_is_over(staff):
    load = running_load(step="reading notes")
    text = staff.get("/settings").text
    assert "Loading: reading notes" in text
    assert 'hx-trigger="every 2s"' in text
    assert "Load now" not in text
    load.settle(Load.State.DONE)
    settled = staff.get("/settings", headers=HTMX).text
    assert "every 2s" not in settled
    assert "Load now" in settled


def test_a_load_whose_worker_went_silent_does_not_block_the_button(staff):
    running_load(lease_until=timezone.now() - timedelta(minutes=5))
    assert "Load now" in staff.get("/settings").text
    assert staff.post("/settings/load").status_code == 302


def test_a_failed_load_says_why_and_keeps_what_was_there(staff, source):
    staff.post("/settings/load")
    (source / "engagements.json").write_text("[]")
    answer = staff.post("/settings/load")
    assert answer.status_code == 422
    assert "holds no rows" in answer.text
    assert "The newest load failed" in answer.text
    assert Engagement.objects.count() == 2


def test_old_data_turns_amber(staff, settings):
    staff.post("/settings/load")
    long_ago = timezone.now() - timedelta(hours=settings.STALE_AFTER_HOURS + 1)
    Load.objects.update(finished_at=long_ago)
    text = staff.get("/settings").text
    assert "The data is old." in text
    assert '<span class="badge" data-h="watch">' in text


def test_a_slow_source_is_left_to_the_worker(staff):
    staff.post("/settings/load")
    Load.objects.update(started_at=timezone.now() - timedelta(minutes=2))
    told = staff.post("/settings/load", follow=True).text
    assert "The worker loads the data" in told
    assert "A load waits for the worker" in told
    assert staff.post("/settings/load").status_code == 409
    assert perform_asked_load() is True
    assert perform_asked_load() is False
    newest = Load.objects.order_by("-pk").first()
    assert (newest.state, newest.trigger) == ("done", asked.TRIGGER)
    assert not Load.objects.filter(state="waiting").exists()


def test_sample_data_are_replaced_once_the_word_is_typed(staff):
    staff.post("/settings/load")
    answer = staff.post(
        "/settings/regenerate", {"engagements": "3", "seed": "5", "confirm": "Replace"}, follow=True
    )
    assert "3 engagements made with seed 5." in answer.text
    assert Engagement.objects.count() == 3
    assert "3 engagements, seed 5" in answer.text
    assert AuditEntry.objects.filter(verb="data.regenerated", subject="seed 5").exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"confirm": "yes"}, "Type the word replace."),
        ({"confirm": ""}, "This field is required."),
        ({"engagements": "0"}, "greater than or equal to 1"),
        ({"engagements": "9" * 30}, "less than or equal to"),
        ({"seed": "seven"}, "Enter a whole number."),
    ],
)
def test_a_wrong_wish_changes_nothing_and_stays_open(staff, given, sentence):
    staff.post("/settings/load")
    answer = regenerate(staff, **given)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert '<details class="confirm" data-h="risk" open>' in answer.text
    assert Engagement.objects.count() == 2


def test_what_would_be_lost_is_named(staff):
    staff.post("/settings/load")
    text = staff.get("/settings").text
    assert "Replace all 2 engagements?" in text
    assert "health history are replaced" in text


def test_regenerating_while_a_load_runs_is_refused(staff):
    running_load()
    answer = regenerate(staff, headers=HTMX)
    assert answer.status_code == 409
    assert "Another load is running" in answer.text
    assert answer.text.strip().startswith('<section class="card" id="sample"')


def test_without_local_mode_there_is_no_sample_section(staff, settings):
    settings.DATA_MODE = "databricks"
    text = staff.get("/settings").text
    assert 'id="sample"' not in text
    assert "Databricks" in text
    assert regenerate(staff).status_code == 422


# Rows kept aside ─────────────────────────────────────────────────────────────


def test_the_quarantine_shows_table_place_field_reason_and_the_row(staff):
    staff.post("/settings/load")
    text = staff.get("/settings/quarantine").text
    assert "ps_engagements, row 3" in text
    assert "&lt;b&gt;Bold&lt;/b&gt;" in text
    assert "<b>Bold" not in text
    assert "orphan" in text


def test_the_quarantine_is_narrowed_by_its_address(staff):
    aside(2)
    aside(1, table="ps_engagements", key="E-1", reason="wrong_type")
    text = staff.get("/settings/quarantine?table=ps_tasks&reason=missing").text
    assert text.count("ps_tasks, row") == 2
    assert "ps_engagements, row" not in text
    assert "quarantine.csv?table=ps_tasks&amp;reason=missing" in text


def test_the_quarantine_is_paged(staff):
    aside(60)
    first = staff.get("/settings/quarantine?table=ps_tasks").text
    assert "1–25 of 60" in first
    assert "?table=ps_tasks&amp;page=2" in first
    assert "51–60 of 60" in staff.get("/settings/quarantine?page=3").text
    assert "51–60 of 60" in staff.get("/settings/quarantine?page=99").text
    assert "1–25 of 60" in staff.get("/settings/quarantine?page=" + "9" * 30).text


@pytest.mark.parametrize("query", ["table=nonsense", "reason=a%20b", "reason=" + "x" * 500])
def test_an_unknown_filter_shows_none_and_says_so(staff, query):
    aside()
    answer = staff.get(f"/settings/quarantine?{query}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "ps_tasks, row" not in answer.text
    assert staff.get(f"/settings/quarantine.csv?{query}").status_code == 422


def test_a_long_row_is_cut_on_the_page_and_whole_in_the_download(staff):
    aside(raw='{"name": "' + "x" * 9000 + '"}')
    assert "x" * 2100 not in staff.get("/settings/quarantine").text
    assert "x" * 9000 in staff.get("/settings/quarantine.csv").getvalue().decode()


def test_rejects_come_as_csv_that_no_spreadsheet_computes(staff):
    staff.post("/settings/load")
    answer = staff.get("/settings/quarantine.csv?table=ps_tasks")
    assert answer["Content-Disposition"] == 'attachment; filename="rejected-rows.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [row["key"] for row in rows] == ["'=T-1"]
    assert json.loads(rows[0]["raw"])["name"] == "=cmd()"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"])
def test_a_formula_is_made_harmless(cell):
    assert harmless(cell) == f"'{cell}"


def test_numbers_and_words_stay_as_they_are():
    assert [harmless(cell) for cell in (-3, "T-1", "a=b", "")] == [-3, "T-1", "a=b", ""]


# Outbox ──────────────────────────────────────────────────────────────────────


def refused_row():
    row = {"metric_id": "M-1", "date": "2026-11-20", "role": "Consultant"}
    row |= {"insight_type": "health_summary", "insights_generated": 2}
    outbox.enqueue("ps_ai_metrics", "M-1", row)
    OutboxEntry.objects.update(state="parked", error="The column role is too narrow.", attempts=1)


def test_a_refused_row_is_shown_with_its_error(staff):
    refused_row()
    text = staff.get("/settings").text
    assert "The column role is too narrow." in text
    assert "1 row" in text
    assert "Try again now" in text


def test_refused_rows_get_another_try(staff):
    refused_row()
    text = staff.post("/settings/outbox/retry", follow=True).text
    assert "1 row sent, 0 rows waiting, 0 refused again." in text
    assert OutboxEntry.objects.get().state == "sent"
    assert AuditEntry.objects.filter(verb="outbox.retried").exists()

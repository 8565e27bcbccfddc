"""The settings page: the source and its tables, what was kept aside, the outbox, and who may act."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors import asked, outbox
from connectors.models import Load, OutboxEntry, QuarantinedRow, TableState
from engagements.models import Engagement
from insights.models import Insight
from metrics import activity
from psinsights.jobs import perform_asked_load
from psinsights.lib.sheets import harmless
from psinsights.models import ApiToken, AuditEntry
from tests.factories import signed_in

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def source(settings, tmp_path):
    """A source of two good engagements, one bad and an orphan."""
    activity.forget()
    directory = tmp_path / "source"
    directory.mkdir()
    write(
        directory,
        engagements=[
            {"engagement_id": "ENG-1", "customer_name": "Pellworth Foods", "status": "Active"},
            {"engagement_id": "ENG-2", "customer_name": "Gallund Re", "status": "On Hold"},
            {"engagement_id": "ENG-3", "customer_name": "<b>Bold</b>", "status": "Sleeping"},
        ],
        tasks=[
            {"task_id": "=T-1", "engagement_id": "ENG-9", "name": "=cmd()", "status": "Blocked"}
        ],
    )
    settings.FIXTURES_DIR = directory
    return directory


def write(directory, **tables):
    for name, rows in tables.items():
        (directory / f"{name}.json").write_text(json.dumps(rows))


@pytest.fixture
def manager(db):
    return get_user_model().objects.create(username="manager", is_staff=True)


@pytest.fixture
def staff(manager):
    return signed_in("manager")


@pytest.fixture
def other(db):
    return signed_in("consultant")


def running_load(**given):
    values = {"state": "running", "fence": 1, "lease_until": timezone.now() + timedelta(minutes=1)}
    return Load.objects.create(**values | given)


def aside(number=1, **given):
    values = {
        "table": "ps_tasks",
        "reason": "missing",
        "field": "name",
        "message": "name is missing.",
    }
    for at in range(number):
        QuarantinedRow.objects.create(
            **values
            | {"key": f"T-{at}", "position": at + 1, "raw": "{}", "raw_hash": f"{at}"}
            | given
        )


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


# Sample data ─────────────────────────────────────────────────────────────────


def regenerate(client, headers=None, **given):
    body = {"engagements": "3", "seed": "5", "confirm": "replace"} | given
    return client.post("/settings/regenerate", body, headers=headers or {})


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


# Who may ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("address", ["load", "regenerate", "outbox/retry"])
def test_only_staff_may_change_anything(other, address):
    answer = other.post(f"/settings/{address}", {"confirm": "replace", "engagements": 1, "seed": 1})
    assert answer.status_code == 403
    assert not Load.objects.exists()


def test_others_see_the_state_without_the_buttons(other):
    text = other.get("/settings").text
    assert "Load now" not in text
    assert "Replace data" not in text
    assert "Only staff may replace the data." in text


@pytest.mark.parametrize("address", ["load", "regenerate", "outbox/retry"])
def test_looking_never_changes_anything(staff, address):
    assert staff.get(f"/settings/{address}").status_code == 405


def test_a_load_is_in_the_log_with_who_asked(staff):
    staff.post("/settings/load")
    text = staff.get("/settings/log?log=loads").text
    assert "manager" in text
    assert "Done" in text
    assert AuditEntry.objects.filter(verb="load", user__username="manager").exists()


def test_the_audit_log_is_paged(staff, manager):
    AuditEntry.objects.bulk_create(AuditEntry(user=manager, verb=f"verb{n}") for n in range(120))
    text = staff.get("/settings/log").text
    assert "1–50 of 120" in text
    assert "verb119" in text
    assert "verb0<" in staff.get("/settings/log?page=3").text


# Provider, rules, checks, account ────────────────────────────────────────────


def test_the_embedded_engine_sends_nothing_anywhere(staff):
    text = staff.get("/settings").text
    assert "Embedded engine" in text
    assert "Nothing. Insights are written by rules" in text


def test_a_token_is_said_to_be_set_and_never_shown(staff, settings):
    settings.AI_PROVIDER, settings.HF_TOKEN = "huggingface", "hf_canary_value"
    text = staff.get("/settings").text
    assert "The value is never shown here." in text
    assert "hf_canary_value" not in text
    assert "redacted" in text


def test_a_missing_token_is_said(staff, settings):
    settings.AI_PROVIDER, settings.HF_TOKEN, settings.HF_BASE_URL = "huggingface", "", ""
    assert "Not set" in staff.get("/settings").text


def test_the_share_of_fallbacks_is_of_what_was_made_here(staff, make_engagement):
    for number, reason in enumerate(["", "The model did not answer in time.", "", ""]):
        Insight.objects.create(
            engagement=make_engagement(),
            insight_type="health_summary",
            content="x",
            generated_at=timezone.now(),
            provider="embedded",
            fallback_reason=reason,
            imported=number == 3,
        )
    assert "1 of 3 insights (33 %)" in staff.get("/settings").text


def test_every_weight_of_the_health_model_is_shown_and_they_add_up(other):
    text = other.get("/settings/scoring").text
    assert all(f'<td class="num">{weight} %</td>' in text for weight in (24, 18, 12, 14, 8, 6))
    assert '<td class="num">100 %</td>' in text


def test_a_wrong_setting_is_shown_with_what_would_do(staff, settings):
    settings.SECRET_KEY_GIVEN = False
    text = staff.get("/settings").text
    assert "SECRET_KEY is empty." in text
    assert "All passed" not in text


def test_theme_shortcuts_and_signing_out_are_offered(staff):
    text = staff.get("/settings").text
    assert text.count('name="theme"') == 3
    assert "data-keys" in text
    assert 'action="/logout"' in text


# API tokens ──────────────────────────────────────────────────────────────────


def test_a_new_token_is_shown_once_and_works(staff):
    answer = staff.post("/settings/tokens", {"name": "Nightly export"})
    assert answer.status_code == 201
    text = answer.text.split('<code id="token">')[1].split("<")[0]
    assert text.startswith("psi_")
    assert text not in staff.get("/settings/tokens").text
    assert not ApiToken.objects.filter(digest=text).exists()
    api = Client().get("/api/engagements", headers={"Authorization": f"Bearer {text}"})
    assert api.status_code == 200


def test_a_revoked_token_fails_at_once(staff, manager):
    token, text = ApiToken.issue(manager, "Old")
    assert "is revoked" in staff.post(f"/settings/tokens/{token.pk}/revoke", follow=True).text
    api = Client().get("/api/engagements", headers={"Authorization": f"Bearer {text}"})
    assert api.status_code == 401
    assert AuditEntry.objects.filter(verb="token.revoked", subject=str(token.pk)).exists()


def test_tokens_of_others_are_neither_seen_nor_revoked(other, manager):
    token, _ = ApiToken.issue(manager, "Ledger feed")
    assert "Ledger feed" not in other.get("/settings/tokens").text
    assert other.post(f"/settings/tokens/{token.pk}/revoke").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_a_token_needs_a_name(staff):
    answer = staff.post("/settings/tokens", {"name": " "})
    assert answer.status_code == 422
    assert "Say what will use the token." in answer.text
    assert not ApiToken.objects.exists()


# Cost ────────────────────────────────────────────────────────────────────────


def queries(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as asked_for:
        assert client.get(address).status_code == 200
    return len(asked_for)


@pytest.mark.parametrize("address", ["", "/quarantine", "/tokens", "/log"])
def test_a_page_asks_at_most_eight_questions_in_demo_mode(settings, address):
    settings.DEBUG = settings.DEMO = True
    aside(30)
    assert queries(Client(headers={"host": "127.0.0.1"}), f"/settings{address}") <= 8


def test_cost_does_not_grow_with_rows_kept_aside(staff):
    aside(5)
    few = queries(staff, "/settings/quarantine")
    aside(200, table="ps_engagements")
    assert queries(staff, "/settings/quarantine") == few

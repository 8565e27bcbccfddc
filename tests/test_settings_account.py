"""The settings page: who may, the provider, the account and its tokens."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.models import Load
from insights.models import Insight
from psinsights.models import ApiToken, AuditEntry
from tests.settings_parts import aside, manager, other, source, staff

__all__ = ["manager", "other", "source", "staff"]
pytestmark = pytest.mark.django_db


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

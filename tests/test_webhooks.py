"""Webhooks: what is told, of which change, and through a load."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from engagements.models import Standing
from insights.register import Risk
from psinsights.models import Watched, WebhookDelivery, WebhookEvent
from psinsights.webhooks.announce import announce
from psinsights.webhooks.endpoints import problem_of, shown
from tests.exports import engagement, load, task, write
from tests.factories import DAY, days, make_engagement, make_event
from tests.webhook_parts import bodies, clock, make_risk, stand, told_to, watched

__all__ = ["clock", "told_to", "watched"]
pytestmark = pytest.mark.django_db


def test_the_first_look_tells_nothing_however_much_has_happened(told_to, clock):
    row = make_engagement(standing={"health": 30, "band": "critical"})
    make_event(row, kind="worse", day=DAY, band_after="critical")
    make_risk(row)
    told_to("https://hooks.example/psi")
    assert [announce(now=clock()), announce(now=clock())] == [0, 0]


def test_a_band_that_changed_is_told_once_with_before_after_and_why(watched, clock, settings):
    settings.BASE_URL = "https://insights.example"
    stand("critical", 41, reason="M-03 is 12 days late.")
    make_event(
        watched, day=DAY, kind="worse", score_before=62, score_after=41,
        band_before="warning", band_after="critical", reason="From Watch to Critical.",
    )  # fmt: skip
    assert [announce(now=clock()), announce(now=clock())] == [1, 0]
    [body] = bodies()
    assert body["type"] == "health.band_changed"
    assert body["data"] == {
        "engagement_id": "ENG-1",
        "customer_name": "Halden Freight",
        "occurred_on": "2026-11-19",
        "direction": "worse",
        "before": {"score": 62, "band": "warning"},
        "after": {"score": 41, "band": "critical"},
        "sentence": "From Watch to Critical.",
        "reason": "M-03 is 12 days late.",
        "url": "https://insights.example/engagements/ENG-1",
    }


def test_a_change_and_its_way_back_are_two_events(watched, clock):
    stand("critical", 41)
    announce(now=clock())
    stand("warning", 60)
    clock.pass_by(timedelta(seconds=10))
    announce(now=clock())
    assert [body["data"]["direction"] for body in bodies()] == ["worse", "better"]
    assert bodies()[1]["data"]["sentence"] == "Health went from Critical to Watch."


def test_not_scored_is_no_change_and_what_comes_after_it_is_compared_with_before(watched, clock):
    stand("unknown", 0)
    assert announce(now=clock()) == 0
    stand("healthy", 80)
    announce(now=clock())
    assert bodies()[0]["data"]["before"]["band"] == "warning"


def test_an_engagement_that_is_new_starts_silent(watched, clock):
    row = make_engagement(standing={"health": 20, "band": "critical"})
    make_event(row, kind="worse", day=days(-1), band_after="critical")
    assert announce(now=clock()) == 0


@pytest.mark.parametrize(
    "given",
    [{"as_of": days(-3)}, {"rules_version": 2}],
    ids=["data of an earlier day", "other rules"],
)
def test_what_does_not_compare_is_remembered_and_not_told(watched, clock, given):
    stand("critical", 41, **given)
    assert [announce(now=clock()), announce(now=clock())] == [0, 0]


def test_another_customer_under_the_same_id_is_no_change(watched, clock):
    watched.customer_name, watched.start_date = "Pellworth Foods", days(-5)
    watched.save()
    stand("critical", 41)
    assert [announce(now=clock()), announce(now=clock())] == [0, 0]


def test_without_an_address_nothing_is_watched_and_later_nothing_is_made_up_for(
    watched, clock, told_to
):
    told_to()
    announce(now=clock())
    assert not Watched.objects.exists()
    stand("critical", 41)
    told_to("https://hooks.example/psi")
    assert [announce(now=clock()), announce(now=clock())] == [0, 0]


def test_each_endpoint_has_a_delivery_of_the_same_event(watched, clock, told_to):
    told_to("https://hooks.example/psi", "https://other.example/?key=canary-of-a-query")
    stand("critical", 41)
    announce(now=clock())
    event = WebhookEvent.objects.get()
    assert event.deliveries.count() == 2
    assert "canary" not in repr(list(WebhookDelivery.objects.values()))


def test_a_new_critical_risk_is_told_once_with_its_quote(watched, clock):
    risk = make_risk(watched)
    assert [announce(now=clock()), announce(now=clock())] == [1, 0]
    [body] = bodies()
    assert body["type"] == "risk.critical"
    assert body["data"]["risk_id"] == risk.pk
    assert body["data"]["quote"] == {"record": "N-37", "text": "escalated"}
    assert body["data"]["exposure"] == 14.4
    assert body["data"]["url"] is None


def test_a_high_risk_is_told_when_it_becomes_critical_and_again_when_it_comes_back(watched, clock):
    risk = make_risk(watched, exposure=9, level="high")
    assert announce(now=clock()) == 0
    for status, exposure, told in (("open", 13, 1), ("resolved", 13, 0), ("open", 13, 1)):
        Risk.objects.filter(pk=risk.pk).update(status=status, exposure=exposure)
        clock.pass_by(timedelta(seconds=10))
        assert announce(now=clock()) == told


def test_a_risk_of_an_engagement_that_went_is_told_to_nobody(watched, clock):
    make_risk(watched)
    watched.delete()
    assert announce(now=clock()) == 0


# Through a load ───────────────────────────────────────────────────────────────


def one_late_task(count: int) -> dict[str, list[dict[str, Any]]]:
    """An engagement of ten tasks, so many of which are long overdue."""
    return {
        "engagements": [engagement()],
        "tasks": [
            task(n, end_date="2026-09-01" if n < count else "2026-12-20", status="In Progress")
            for n in range(10)
        ],
    }


def test_a_load_that_turns_a_band_makes_one_delivery(settings, told_to, clock):
    settings.TODAY = "2026-11-19"
    write(settings.GENERATED_DIR, **one_late_task(0))
    load(settings.GENERATED_DIR)
    before = Standing.objects.get()
    told_to("https://hooks.example/psi")
    announce(now=clock())
    write(settings.GENERATED_DIR, **one_late_task(10))
    for _ in range(2):
        load(settings.GENERATED_DIR)
        announce(now=clock())
    after = Standing.objects.get()
    assert (before.band, WebhookDelivery.objects.count()) == ("healthy", 1)
    data = bodies()[0]["data"]
    assert data["direction"] == "worse"
    assert data["before"]["band"] == "healthy"
    assert data["after"] == {"score": after.health, "band": after.band}
    assert data["occurred_on"] == "2026-11-19"


# Addresses and secrets ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example", "https://hooks.example:8443/a/b?c=d", "http://127.0.0.1:9/",
        "http://127.8.9.1/", "http://[::1]:9/x", "http://localhost/x", "https://10.0.0.1/in",
    ],
)  # fmt: skip
def test_https_and_this_machine_may_be_sent_to(url):
    assert problem_of(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/", "http://localhost.example/", "http://127.0.0.1.example/",
        "http://0.0.0.0/", "http://2130706433/", "http://169.254.169.254/", "http://[::ffff:10.0.0.1]/",
        "ftp://hooks.example/", "file:///etc/passwd", "hooks.example/in", "https://", "https:///x",
        "https://me:secret@hooks.example/", "https://@hooks.example/", "https://hooks.example/#x",
        "https://hooks.example:99999999/", "https://[::1", "https://hooks.example/a b",
        "https://hooks.example/\r\nx: y", "https://höoks.example/", "",
    ],
)  # fmt: skip
def test_nothing_else_may_be_sent_to(url):
    assert problem_of(url) != ""


def test_an_address_is_shown_without_what_may_be_secret():
    url = "https://hooks.example/services/T0123/averylongpartofapath?token=canary"
    assert shown(url) == "https://hooks.example/services/T0123/aver…?…"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"WEBHOOK_URLS": ["https://a.example/", "http://b.example/?key=canary"]},
            "Address 2 of WEBHOOK_URLS begins with http://, which is for this machine alone.",
        ),
        ({"WEBHOOK_SECRET": ""}, "WEBHOOK_SECRET has fewer than 32 characters."),
        ({"WEBHOOK_SECRET": "canary"}, "WEBHOOK_SECRET has fewer than 32 characters."),
        ({"WEBHOOK_SECRET": "whsec_" + "%" * 40}, "WEBHOOK_SECRET is no base64 after whsec_."),
        ({"WEBHOOK_SECRET": "whsec_" + "A" * 28}, "WEBHOOK_SECRET holds fewer than 24 bytes."),
        (
            {"WEBHOOK_SECRET_PREVIOUS": "canary"},
            "WEBHOOK_SECRET_PREVIOUS has fewer than 32 characters.",
        ),
    ],
)
def test_what_cannot_be_used_stops_the_start_with_a_sentence(settings, told_to, given, sentence):
    told_to("https://a.example/")
    for name, value in given.items():
        setattr(settings, name, value)
    with pytest.raises(SystemCheckError) as told:
        call_command("check")
    assert sentence in str(told.value)
    assert "canary" not in str(told.value)


def test_what_is_set_up_well_passes(told_to):
    told_to("https://a.example/", "http://127.0.0.1:9/x")
    call_command("check")

"""The metrics page: what models cost, lead time, and what the page costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from engagements.models import Engagement, StatusTurn
from tests.factories import make_engagement, make_reading
from tests.metrics_parts import (
    cells,
    client,
    ines,
    make_action,
    make_insight,
    make_risk,
    seen,
    show,
    the_day,
    today,
)

__all__ = ["client", "ines", "show", "the_day"]
pytestmark = pytest.mark.django_db


# What the page costs ─────────────────────────────────────────────────────────


def queries(client):
    client.get("/metrics")
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/metrics").status_code == 200
    return len(asked)


def test_the_page_asks_at_most_eight_questions_in_demo_mode(settings, ines):
    settings.DEBUG = settings.DEMO = True
    seen(ines)
    make_insight()
    assert queries(Client(headers={"host": "127.0.0.1"})) <= 8


def test_cost_does_not_grow_with_rows(client, ines):
    make_insight()
    seen(ines)
    few = queries(client)
    engagements = [make_engagement() for _ in range(20)]
    for number, engagement in enumerate(engagements):
        make_insight(engagement)
        make_action(engagement=engagement, status="done", done_on=today() - timedelta(days=20))
        seen(ines, subject=f"page {number}")
    assert queries(client) == few


def test_an_insight_of_the_last_second_of_a_week_is_in_that_week(client):
    sunday = today() - timedelta(days=today().weekday() + 1)
    late = datetime(sunday.year, sunday.month, sunday.day, 23, 59, 59, tzinfo=UTC)
    make_insight(generated_at=late)
    monday = sunday - timedelta(days=6)
    assert cells(client, "?days=28")["insights", "made here", f"week of {monday}"] == "1"


# Lead time ────────────────────────────────────────────────────────────────────


def turned(at, *, back=10, **given):
    """An engagement whose reported status turned At Risk so many days ago."""
    engagement = make_engagement(engagement_id=f"ENG-T{at}", status="Active", **given)
    engagement.status = "At Risk"
    engagement.save(update_fields=["status"])
    StatusTurn.objects.filter(engagement=engagement).update(day=today() - timedelta(days=back))
    return engagement


def lead_of(client):
    return {key[1]: value for key, value in cells(client).items() if key[0] == "lead time"}


def test_a_turn_of_the_reported_status_is_kept_with_its_day():
    engagement = make_engagement(status="Active")
    Engagement.objects.filter(pk=engagement.pk).update(customer_name="Another name")
    assert not StatusTurn.objects.exists()
    changed = timezone.now() - timedelta(days=3)
    Engagement.objects.filter(pk=engagement.pk).update(status="At Risk", updated_at=changed)
    Engagement.objects.filter(pk=engagement.pk).update(status="On Hold")
    found = list(StatusTurn.objects.order_by("pk").values_list("before", "after", "day"))
    assert found == [
        ("Active", "At Risk", changed.date()),
        ("At Risk", "On Hold", today()),
    ]


def test_another_customer_under_the_same_id_has_not_turned():
    engagement = make_engagement(status="Active")
    Engagement.objects.filter(pk=engagement.pk).update(status="At Risk", customer_name="Other")
    assert not StatusTurn.objects.exists()


def test_lead_time_is_from_the_first_flag_to_the_turn(client):
    for at, lead in enumerate([30, 20, 10, 6, -4]):
        engagement = turned(at)
        flagged = today() - timedelta(days=10 + lead)
        make_reading(engagement, flagged, band="critical", score=30)
        make_reading(engagement, flagged + timedelta(days=2), band="warning", score=60)
        make_reading(engagement, flagged - timedelta(days=2), band="healthy", score=90)
    make_reading(turned(9), today(), band="healthy")
    assert lead_of(client) == {
        "turned At Risk": "6", "flagged": "5", "flagged before": "4",
        "flagged on the day or later": "1", "never flagged": "1",
        "median days": "10", "days at least": "-4", "days at most": "30",
    }  # fmt: skip
    page = client.get("/metrics").text
    assert "10 d" in page
    assert "-4 to 30 d" in page


def test_a_high_risk_flags_before_health_does(client):
    for at in range(5):
        engagement = turned(at)
        make_reading(engagement, today() - timedelta(days=12), band="warning", score=60)
        make_risk(engagement=engagement, level="high", first_seen_on=today() - timedelta(days=25))
    assert lead_of(client)["median days"] == "15"


def test_a_median_of_few_is_not_enough_yet(client, show):
    make_reading(turned(1), today() - timedelta(days=20), band="warning", score=60)
    assert lead_of(client) == {
        "turned At Risk": "1", "flagged": "1", "flagged before": "1",
        "flagged on the day or later": "0", "never flagged": "0",
        "median days": "not enough yet",
    }  # fmt: skip
    assert "Not enough yet" in show()


# What models cost ────────────────────────────────────────────────────────────


def test_without_a_price_there_is_no_cost(show):
    make_insight(provider="huggingface", input_tokens=1000, output_tokens=200)
    assert "No price set" in show()


def test_half_a_price_is_none(show, settings):
    settings.AI_PRICE_PER_MILLION_INPUT, settings.AI_PRICE_PER_MILLION_OUTPUT = 1.0, 2.0
    settings.AI_PRICE_SOURCE = "Price list"
    make_insight(provider="huggingface", input_tokens=1000, output_tokens=200)
    assert "No price set" in show()


def test_cost_is_tokens_by_a_price_with_its_source_and_day(client, settings):
    settings.AI_PRICE_PER_MILLION_INPUT, settings.AI_PRICE_PER_MILLION_OUTPUT = 2.0, 10.0
    settings.AI_PRICE_CURRENCY, settings.AI_PRICE_DATE = "EUR", "2026-11-19"
    settings.AI_PRICE_SOURCE = "Contract 7"
    one = make_engagement()
    make_insight(one, provider="huggingface", input_tokens=1_000_000, output_tokens=150_000)
    make_insight(one, provider="embedded", insight_type="risk_detection")
    page = client.get("/metrics").text
    assert "3.50 EUR" in page
    assert "Contract 7" in page
    assert "No tokens" in page
    assert cells(client)["written by", "cost", "Hugging Face"] == "3.50 EUR"

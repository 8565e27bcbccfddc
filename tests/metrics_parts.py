"""What the tests of the metrics page share."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from insights.models import Action, Insight, Risk
from metrics import activity
from metrics.models import Activity
from tests.factories import make_engagement, signed_in


@pytest.fixture(autouse=True)
def the_day(settings):
    """Data of today, so that what is proposed now is within every span."""
    activity.forget()
    settings.TODAY = ""


@pytest.fixture
def ines():
    return get_user_model().objects.create(username="ines")


@pytest.fixture
def client(ines):
    return signed_in("ines")


@pytest.fixture
def show(client):
    return lambda query="": client.get(f"/metrics{query}").text


def today():
    return timezone.now().date()


def seen(user, kind="visit", subject="dashboard", role="Consultant", back=0):
    day = today() - timedelta(days=back)
    Activity.objects.create(user=user, kind=kind, subject=subject, role=role, day=day)


def make_insight(engagement=None, back=0, **given):
    values = {
        "engagement": engagement or make_engagement(),
        "insight_type": "health_summary",
        "content": "Quiet.",
        "generated_at": timezone.now() - timedelta(days=back),
        "provider": "embedded",
        "model": "embedded-1",
        "verification": {"checked": 4, "kept": 3},
        "latency_ms": 40,
    }
    return Insight.objects.create(**values | given)


def make_action(**given):
    values = {
        "title": "Call the sponsor",
        "priority": "P1",
        "due_on": today(),
        "proposed_on": today(),
        "rule": "r",
    }
    return Action.objects.create(**{"engagement": make_engagement()} | values | given)


def make_risk(**given):
    values = {
        "category": "scope", "reason": "scope_creep", "title": "Grows", "severity": 3,
        "likelihood": 0.5, "exposure": 6, "level": "medium",
        "first_seen_on": today(), "last_seen_on": today(),
    }  # fmt: skip
    return Risk.objects.create(**{"engagement": make_engagement()} | values | given)


def cells(client, query=""):
    """The export as {(section, measure, group): value}."""
    text = client.get(f"/metrics.csv{query}").getvalue().decode("utf-8-sig")
    return {tuple(row[:3]): row[3] for row in csv.reader(io.StringIO(text))}

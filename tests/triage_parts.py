"""What the tests of triage share."""

from __future__ import annotations

from typing import Any

import pytest

from insights.models import Action, Risk
from tests.factories import (
    DAY,
    days,
    make_engagement,
    make_note,
    signed_in,
)

HTMX = {"HX-Request": "true"}
QUOTE = "Nobody owns the renewal."


@pytest.fixture(autouse=True)
def today(settings):
    settings.TODAY = DAY.isoformat()


@pytest.fixture
def client():
    return signed_in(member="TM-1")


@pytest.fixture
def engagement():
    return make_engagement(customer_name="Talvik Energy")


def make_risk(engagement: Any, **given: Any) -> Risk:
    note = make_note(engagement, content=QUOTE)
    evidence = [{"source": note.pk, "quote": QUOTE, "start": 0, "end": len(QUOTE)}]
    values = {
        "category": "commercial",
        "reason": "renewal_risk",
        "title": "The renewal has no owner",
        "severity": 4,
        "likelihood": 0.75,
        "exposure": 12.0,
        "level": "critical",
        "claim": {"evidence": evidence},
        "seen": [note.pk],
        "first_seen_on": days(-3),
        "last_seen_on": DAY,
    }
    return Risk.objects.create(engagement=engagement, **values | given)


def make_action(engagement: Any, **given: Any) -> Action:
    values = {
        "title": "Name an owner",
        "priority": "P1",
        "due_on": DAY,
        "rule": "renewal",
        "proposed_on": days(-5),
        "status": "accepted",
    }
    return Action.objects.create(engagement=engagement, **values | given)


def post(client: Any, path: str, page: str = "/", **given: Any) -> Any:
    """As htmx sends it from a page."""
    return client.post(path, given, headers=HTMX | {"HX-Current-URL": f"http://testserver{page}"})

"""Rows of a week as a briefing tells it: what the page's and the mail's tests share."""

from __future__ import annotations

from typing import Any

import msgspec

from engagements.models import DeliveryNote, Engagement
from insights.models import Action, BriefingSubscription, Risk
from insights.schema import Claim, Evidence
from tests.factories import DAY, days

WORDS = "The sponsor has left and nobody decides"


def make_risk(engagement: Engagement, note: DeliveryNote | None = None, **given: Any) -> Risk:
    """A critical risk found on DAY; with a note, quoted from its first words."""
    risk = risk_of(
        engagement, note=note.pk if note else "", words=note.content if note else "", **given
    )
    risk.save()
    return risk


def risk_of(engagement: Engagement, *, note: str = "", words: str = WORDS, **given: Any) -> Risk:
    """The same, not saved yet."""
    quote = words[:40]
    evidence = (Evidence(source=note, quote=quote, start=0, end=len(quote)),) if note else ()
    claim = Claim(id="c1", text="Sponsor absent", kind="risk", evidence=evidence)
    values = {
        "category": "stakeholder", "reason": "sponsor_absent", "title": "Sponsor absent",
        "severity": 4, "likelihood": 1.0, "exposure": 16.0, "level": "critical",
        "first_seen_on": DAY, "last_seen_on": DAY, "claim": msgspec.to_builtins(claim),
        "seen": [note] if note else [],
    }  # fmt: skip
    return Risk(engagement=engagement, **values | given)


def make_action(engagement: Engagement, **given: Any) -> Action:
    """An action that was taken on long ago and is due in three days."""
    action = action_of(engagement, **given)
    action.save()
    return action


def action_of(engagement: Engagement, **given: Any) -> Action:
    """The same, not saved yet."""
    values = {
        "title": "Name a deputy sponsor", "priority": "P1", "due_on": days(3), "rule": "stated",
        "proposed_on": days(-30), "status": "accepted", "owner": "ines",
    }  # fmt: skip
    return Action(engagement=engagement, **values | given)


def subscribed(person: Any, scope: str = "all", email: str = "") -> Any:
    """A person who wants the mail, at ``<username>@example.org``."""
    person.email = email or f"{person.username}@example.org"
    person.save(update_fields=["email"])
    BriefingSubscription.objects.update_or_create(user=person, defaults={"scope": scope})
    return person

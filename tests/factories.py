"""Rows with the least that is true, by keyword. The day of all of them is DAY."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

import msgspec
from django.contrib.auth import get_user_model
from django.test import Client

from engagements import ingest
from engagements.health import Facts, assess
from engagements.membership import Membership
from engagements.models import (
    DeliveryNote,
    Engagement,
    HealthEvent,
    HealthReading,
    NotebookUsage,
    NoteFinding,
    Standing,
    Task,
)
from engagements.rows import engagement_record

DAY = date(2026, 11, 19)
numbers = count(1)


def days(number: int) -> date:
    """The day so many days after DAY; before it when negative."""
    return DAY + timedelta(days=number)


def moment(day: date) -> datetime:
    return datetime.combine(day, time(9, 30), tzinfo=UTC)


def signed_in(
    username: str = "ines", *, role: str = "manager", member: str = "", **given: Any
) -> Client:
    """A browser of somebody who has signed in; ``role=""`` has none, staff need none."""
    person, _ = get_user_model().objects.get_or_create(username=username, defaults=given)
    if role and not person.is_staff:
        make_member(person, role, member)
    client = Client()
    client.force_login(person)
    return client


def make_member(person: Any, role: str = "manager", member: str = "", name: str = "") -> Any:
    """Give a login its role, and tie it to a team member by id; who has a role keeps it."""
    defaults = {"role": role, "member_id": member, "member_name": name}
    Membership.objects.get_or_create(user=person, defaults=defaults)
    return person


def make_engagement(standing: dict[str, Any] | None = None, **given: Any) -> Engagement:
    """An active engagement with its standing; ``standing=None`` takes an ordinary one."""
    number = next(numbers)
    values = {
        "engagement_id": f"ENG-{number:04d}",
        "customer_name": f"Customer {number:04d}",
        "status": "Active",
        "start_date": days(-60),
        "end_date": days(60),
    }
    row = Engagement.objects.create(**values | given)
    ingest.assign([engagement_record(row)])
    make_standing(row, **standing or {})
    return row


def make_standing(engagement: Engagement, **given: Any) -> Standing:
    values = {"as_of": DAY, "health": 82, "band": "healthy", "state": "scored", "coverage": 1.0}
    return Standing.objects.create(engagement=engagement, **values | given)


def make_task(engagement: Engagement, **given: Any) -> Task:
    values = {
        "task_id": f"T-{next(numbers)}",
        "name": "Backfill the history",
        "status": "In Progress",
        "start_date": days(-10),
        "end_date": days(10),
    }
    return Task.objects.create(engagement=engagement, **values | given)


def make_note(engagement: Engagement, **given: Any) -> DeliveryNote:
    values = {
        "note_id": f"N-{next(numbers)}",
        "created_at": moment(days(-2)),
        "content": "Two directors each said the other one does.",
    }
    return DeliveryNote.objects.create(engagement=engagement, **values | given)


def make_finding(note: DeliveryNote, **given: Any) -> NoteFinding:
    """A critical problem, in the words of the whole note."""
    values = {
        "noted_on": note.created_at.date(),
        "category": "stakeholder",
        "reason": "escalation",
        "severity": 4,
        "likelihood": 1.0,
        "status": "open",
        "quote": note.content,
        "start": 0,
        "end": len(note.content),
    }
    return NoteFinding.objects.create(engagement=note.engagement, note=note, **values | given)


def make_usage(engagement: Engagement, **given: Any) -> NotebookUsage:
    values = {
        "usage_id": f"U-{next(numbers)}",
        "notebook_name": "cost_model_v2",
        "execution_date": days(-1),
        "execution_count": 4,
    }
    return NotebookUsage.objects.create(engagement=engagement, **values | given)


def make_event(engagement: Engagement, **given: Any) -> HealthEvent:
    values = {
        "day": days(-3),
        "kind": "drop",
        "score_before": 70,
        "score_after": 55,
        "band_before": "warning",
        "band_after": "warning",
        "reason": "Fell from 70 to 55.",
    }
    return HealthEvent.objects.create(engagement=engagement, **values | given)


def make_reading(engagement: Engagement, day: date = DAY, **given: Any) -> HealthReading:
    values = {"score": 82, "band": "healthy", "state": "scored", "coverage": 1.0}
    return HealthReading.objects.create(engagement=engagement, day=day, **values | given)


def assess_rows(engagement: Engagement) -> HealthReading:
    """A reading of DAY as the model makes it from the engagement's rows, with its working."""
    from engagements import rows

    key = engagement.pk
    health = assess(
        Facts(
            engagement=engagement_record(engagement),
            tasks=rows.tasks_of(key),
            notes=rows.notes_of(key, until=DAY),
            findings=rows.findings_of(key, until=DAY),
            usage=rows.usage_of(key, until=DAY),
            as_of=DAY,
        )
    )
    Standing.objects.filter(engagement=engagement).update(
        health=health.score,
        band=health.band,
        state=str(health.state),
        coverage=health.coverage,
        contradiction=health.contradiction or "",
    )
    return make_reading(
        engagement,
        score=health.score,
        band=health.band,
        state=str(health.state),
        coverage=health.coverage,
        detail=msgspec.to_builtins(health),
    )

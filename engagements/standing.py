"""Where an engagement stands today, in one row for lists and the dashboard. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from engagements.health import Facts, Health
from engagements.open_findings import is_open
from engagements.records import TaskRecord, TaskStatus

WEEKS = 12
DROP_POINTS = 5  # fewer within a week are no news
NEAR = 6  # days before a wanted day in which a reading may stand for it
BACK = [timedelta(days=back) for back in range(1, NEAR + 1)]
WEEKLY = [timedelta(weeks=week) for week in reversed(range(WEEKS))]


def standing_of(
    facts: Facts,
    health: Health,
    scores: Mapping[date, int | None],
    linked: Mapping[date, int | None] | None = None,
) -> dict[str, Any]:
    """The columns of a standing; ``scores`` are the readings up to and including today.

    ``linked`` are the same in terms of today's rules, for changes that compare like with like.
    """
    alike = scores if linked is None else linked
    return {
        "engagement_id": facts.engagement.engagement_id,
        "as_of": facts.as_of,
        "health": health.score,
        "band": health.band,
        "state": str(health.state),
        "coverage": health.coverage,
        "delta_7d": change(alike, facts.as_of, 7),
        "delta_28d": change(alike, facts.as_of, 28),
        "weekly": [score_near(scores, facts.as_of - back) for back in WEEKLY],
        "reason": heaviest_reason(health)[:500],
        "contradiction": (health.contradiction or "")[:500],
        **_plan(facts.tasks, facts.as_of),
        **_notes(facts),
    }


def score_near(scores: Mapping[date, int | None], day: date) -> int | None:
    """The score of that day, or of the last reading in the week before it."""
    if day in scores:
        return scores[day]
    near = (day - back for back in BACK)
    return next((scores[day] for day in near if day in scores), None)


def change(scores: Mapping[date, int | None], day: date, days: int) -> int | None:
    """How far the score has come in so many days; None when either end has none."""
    now, then = scores.get(day), score_near(scores, day - timedelta(days=days))
    return None if now is None or then is None else now - then


def heaviest_reason(health: Health) -> str:
    """The one sentence that says most: a cap, the dearest signal, or what is missing."""
    binding = [cap for cap in health.caps if health.raw_score and cap.ceiling <= health.raw_score]
    if binding:
        return min(binding, key=lambda cap: cap.ceiling).sentence
    dearest = max(health.signals, key=lambda signal: signal.lost, default=None)
    if dearest is not None and dearest.lost > 0:
        return dearest.sentence
    return health.missing[0] if health.score is None and health.missing else ""


def _plan(tasks: Sequence[TaskRecord], today: date) -> dict[str, Any]:
    pending = [task for task in tasks if task.status != TaskStatus.COMPLETED]
    overdue = [task for task in pending if task.end_date and task.end_date < today]
    milestones = sorted(
        (task.end_date, task.name) for task in pending if task.is_milestone and task.end_date
    )
    first = next(iter(milestones), None)  # one that is late is still the next to be met
    return {
        "phase": (_phase(pending) or "")[:100],
        "tasks_total": len(tasks),
        "tasks_done": len(tasks) - len(pending),
        "tasks_overdue": len(overdue),
        "tasks_blocked": sum(task.status == TaskStatus.BLOCKED for task in pending),
        "milestones_late": sum(bool(task.is_milestone) for task in overdue),
        "next_milestone": first[1] if first else "",
        "next_milestone_on": first[0] if first else None,
    }


def _phase(pending: Sequence[TaskRecord]) -> str | None:
    """The phase that work is in: of the open tasks, the started one, else the one due first."""
    phased = [task for task in pending if task.phase]
    started = [task for task in phased if task.status != TaskStatus.NOT_STARTED]
    candidates = started or phased
    first = min(
        candidates, key=lambda task: (task.end_date or date.max, task.task_id), default=None
    )
    return first.phase if first else None


def _notes(facts: Facts) -> dict[str, Any]:
    days = [day for note in facts.notes if (day := note.created_at.date()) <= facts.as_of]
    troubles = [finding for finding in facts.findings if is_open(finding, facts.as_of)]
    return {
        "notes_total": len(days),
        "last_note_on": max(days, default=None),
        "open_findings": len(
            {finding.reason for finding in troubles}
        ),  # a problem told twice is one
        "heaviest_finding": max((f.severity * 4 * f.likelihood for f in troubles), default=0.0),
    }

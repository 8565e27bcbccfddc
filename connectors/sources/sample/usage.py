"""Notebook usage: runs by notebook, person and day, with the trend that the course gives them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from connectors.sources.sample.catalogue import TYPES
from connectors.sources.sample.chance import between
from connectors.sources.sample.clock import Clock
from connectors.sources.sample.courses import TEMPERS, Course
from connectors.sources.sample.people import Person


def usage_rows(
    engagement_id: str,
    course: Course,
    kind: str,
    clock: Clock,
    people: tuple[Person, ...],
    since: date,
    rng: Random,
) -> Iterator[dict[str, Any]]:
    """Rows from ``since`` to the last full day, oldest first; none before the workspace exists."""
    opened = clock.start + timedelta(days=round(clock.days * 0.15))
    notebooks = TYPES[kind][1]
    level, drift = rng.uniform(14, 40), between(rng, TEMPERS[course].usage_drift)
    number = 0
    for day in _days(max(since, opened), _last(course, clock)):
        runs = level * _strength(course, clock, opened, day, drift) / 3 * rng.uniform(0.75, 1.25)
        # Three run days a week: who runs nothing leaves no row.
        if day.weekday() not in (0, 2, 3) or round(runs) < 1:
            continue
        number += 1
        yield {
            "usage_id": f"USE-{engagement_id.removeprefix('ENG-')}-{number:03d}",
            "engagement_id": engagement_id,
            "user_id": rng.choice(people).id,
            "notebook_name": rng.choice(notebooks),
            "execution_date": day.isoformat(),
            "execution_count": round(runs),
            "compute_hours": round(runs * rng.uniform(0.1, 0.5), 2)
            if rng.random() > 0.05
            else None,
        }


def _last(course: Course, clock: Clock) -> date:
    if course is Course.ON_HOLD:
        return clock.onset + timedelta(days=3)
    if course is Course.COMPLETED:
        return min(clock.horizon, clock.end + timedelta(days=14))
    return clock.horizon


def _days(first: date, last: date) -> Iterator[date]:
    for t in range((last - first).days + 1):
        yield first + timedelta(days=t)


def _strength(course: Course, clock: Clock, opened: date, day: date, drift: float) -> float:
    """1.0 is the usual level: a ramp over the first two weeks, then what the course does to it."""
    ramp = min(1.0, 0.5 + (day - opened).days / 30)
    if clock.relief and clock.onset <= day < clock.relief:
        return ramp * 0.35
    weeks = max(0, (day - clock.onset).days) / 7
    return ramp * min(1.6, drift**weeks) if course is not Course.COMPLETED else ramp

"""The time of an engagement: how much of its plan is truly done on each day."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from connectors.sources.sample.chance import between, on_workday
from connectors.sources.sample.courses import TEMPERS, Course, Temper


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Days of plan done (``done[t]``) on each day ``t`` since the start, up to the last full day.

    ``onset`` is the day the course showed itself; ``relief`` the day a blocked one was freed (else
    None). Nothing is known after ``horizon``, the day before the as-of day: whatever happens on the
    as-of day itself could lie in its future.
    """

    start: date
    days: int
    as_of: date
    horizon: date
    onset: date
    relief: date | None
    done: tuple[float, ...]

    @property
    def end(self) -> date:
        return self.start + timedelta(days=self.days)

    def reached(self, planned: float) -> date | None:
        """The day on which the plan's day ``planned`` was truly reached; None if not yet."""
        place = bisect_left(self.done, planned)
        return self.start + timedelta(days=place) if place < len(self.done) else None

    def pace_ratio(self, day: date) -> float:
        """Plan done over time gone on a day, 1.0 being on time."""
        elapsed = (day - self.start).days
        if elapsed <= 0 or not self.done:
            return 1.0
        place = min(elapsed, len(self.done) - 1)
        return min(self.done[place], self.days) / min(elapsed, self.days)


def clock_for(course: Course, as_of: date, weeks: int, rng: Random) -> Clock:
    temper = TEMPERS[course]
    start, days = _span(course, as_of, weeks, rng)
    start = on_workday(start)
    horizon = as_of - timedelta(days=1)
    onset = max(start + timedelta(days=10), as_of - timedelta(days=rng.randint(*temper.onset_days)))
    relief = None
    if course is Course.BLOCKED_THEN_RECOVERING:
        relief = min(
            onset + timedelta(days=rng.randint(13, 24)), as_of - timedelta(days=rng.randint(6, 18))
        )
    done = _days_done(course, temper, start, horizon, onset, relief, rng)
    return Clock(
        start=start,
        days=days,
        as_of=as_of,
        horizon=horizon,
        onset=onset,
        relief=relief,
        done=done,
    )


def _span(course: Course, as_of: date, weeks: int, rng: Random) -> tuple[date, int]:
    """When it started and how many days were planned."""
    history = max(weeks, 12) * 7
    if course is Course.NOT_STARTED:
        return as_of + timedelta(days=rng.randint(3, 35)), rng.randint(80, 200)
    if course is Course.COMPLETED:
        days = rng.randint(70, 180)
        return as_of - timedelta(days=days + rng.randint(12, max(20, history - 28))), days
    elapsed = rng.randint(49, int(history * 1.6))
    days = min(280, max(84, round(elapsed / rng.uniform(0.35, 0.9))))
    return as_of - timedelta(days=min(elapsed, round(days * 0.93))), days


def _days_done(
    course: Course,
    temper: Temper,
    start: date,
    horizon: date,
    onset: date,
    relief: date | None,
    rng: Random,
) -> tuple[float, ...]:
    early, later = between(rng, temper.early_pace), between(rng, temper.pace)
    done, total = [], 0.0
    for t in range((horizon - start).days + 1):
        day = start + timedelta(days=t)
        done.append(total)
        if day < onset:
            total += early
        elif relief is not None and day >= relief:
            # A freed team catches up, then keeps the pace.
            total += 1.6 if total < t * 1.03 else 1.05
        elif course is Course.QUIET_DECLINE:
            total += later + (early - later) * math.exp(-(day - onset).days / 14)
        else:
            total += later
    return tuple(done)

"""How an engagement's health moved over a week, from its events and readings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from engagements.standing import DROP_POINTS
from insights.briefing.changes import Step, Way
from insights.briefing.gathered_rows import Event, Reading
from insights.briefing.weeks import Week

BANDS = ("critical", "warning", "healthy")


def by_day(event: Event) -> tuple[date, bool]:
    # Of a day, the change of band last: a fall that changed the band is told by it.
    return event.day, event.kind != "drop"


def steps_of(events: Sequence[Event]) -> tuple[Step, ...]:
    """A sentence for each day on which something happened."""
    return tuple(Step(day=e.day, sentence=e.reason) for e in {e.day: e for e in events}.values())


def reading_before(readings: Iterable[Reading], week: Week) -> Reading | None:
    """The last reading before the week."""
    earlier = [reading for reading in readings if reading.day < week.first]
    return max(earlier, key=lambda reading: reading.day, default=None)


def ends_of(
    events: Sequence[Event], readings: Sequence[Reading], week: Week
) -> tuple[Reading, Reading]:
    """Where health stood before the week and on its last day.

    Of the first and last event where nothing was read, and where other rules of health came into
    force meanwhile: readings then differ for another reason than the engagement.
    """
    first, last = events[0], events[-1]
    start = reading_before(readings, week)
    end = next((reading for reading in readings if reading.day == week.last), None)
    if any(week.holds(reading.day) and reading.rules_shift is not None for reading in readings):
        start = end = None
    if start is None or start.score is None:
        start = Reading(first.day, first.score_before, first.band_before)
    if end is None or end.score is None:
        end = Reading(last.day, last.score_after, last.band_after)
    return start, end


def way_of(start: Reading, end: Reading) -> Way:
    if start.band in BANDS and end.band in BANDS and start.band != end.band:
        return Way.BETTER if BANDS.index(end.band) > BANDS.index(start.band) else Way.WORSE
    if start.score is None or end.score is None:
        return Way.BACK
    return Way.DROPPED if start.score - end.score >= DROP_POINTS else Way.BACK

"""Delivery notes: who writes when, what there is to tell that day, and what is said of its mood."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from connectors.sources.sample.chance import (
    at_hour,
    on_workday,
    some,
    spoken,
    stamp,
    weekday,
    weighted,
)
from connectors.sources.sample.clock import Clock
from connectors.sources.sample.courses import TEMPERS, Course
from connectors.sources.sample.people import Person
from connectors.sources.sample.phrases import news
from connectors.sources.sample.plan import Work
from connectors.sources.sample.troubles import Cast, Trouble
from connectors.sources.sample.voices import News, written
from engagements.records import Phase, Sentiment

_GIVEN = 0.7  # share of notes whose author said how it stands
_WRONG = 0.1  # share of those that say it wrongly


def note_rows(
    engagement_id: str,
    course: Course,
    clock: Clock,
    works: list[Work],
    troubles: list[Trouble],
    cast: Cast,
    since: date,
    rng: Random,
) -> Iterator[dict[str, Any]]:
    """The notes of an engagement from ``since`` to its last full day, oldest first."""
    before = max(since, clock.start) - timedelta(days=1)
    for number, day in enumerate(_days(course, clock, since, rng), start=1):
        told = _told(course, clock, works, troubles, cast, (before, day), rng)
        author = _author(cast, rng)
        written_at = at_hour(day, rng)
        yield {
            "note_id": f"NOTE-{engagement_id.removeprefix('ENG-')}-{number:03d}",
            "engagement_id": engagement_id,
            "author_id": author.id if rng.random() > 0.03 else None,
            "created_at": stamp(written_at),
            "content": written(author.voice, told, rng),
            "sentiment": _sentiment(told, rng),
            "updated_at": stamp(written_at),
        }
        before = day


def _days(course: Course, clock: Clock, since: date, rng: Random) -> Iterator[date]:
    """Working days on which somebody wrote; a quiet decline and a hold end in silence."""
    temper = TEMPERS[course]
    day, last = max(since, clock.start), clock.horizon
    if course is Course.COMPLETED:
        last = min(last, clock.end + timedelta(days=9))
    if course is Course.QUIET_DECLINE:
        last -= timedelta(days=rng.randint(4, 22))
    if course is Course.ON_HOLD:
        last = min(last, clock.onset + timedelta(days=6))
    day = on_workday(day + timedelta(days=rng.randint(1, 4)))
    while day <= last:
        if day >= clock.start:
            yield day
        gap = temper.note_gap if day >= clock.onset else (3, 7)
        following = on_workday(day + timedelta(days=rng.randint(*gap)))
        day = following if following > day else day + timedelta(days=3)


def _author(cast: Cast, rng: Random) -> Person:
    """The owner writes two notes in five, the team the others."""
    return cast.people[0] if rng.random() < 0.4 else rng.choice(cast.people)


def _told(
    course: Course,
    clock: Clock,
    works: list[Work],
    troubles: list[Trouble],
    cast: Cast,
    span: tuple[date, date],
    rng: Random,
) -> News:
    """What happened after the first day of ``span`` up to the second."""
    before, day = span
    finished = [w for w in works if w.finished and before < w.finished <= day]
    running = [w for w in works if w.began and w.began <= day and not _over(w, day)]
    running = [w for w in running if not w.is_milestone]
    following = [w for w in works if not (w.began and w.began <= day)]
    old = [t for t in troubles if t.raised <= before and t.open_on(day)]
    kept = 0.85 if course is not Course.WATERMELON else 0.5
    told = some(rng, [t for t in old if rng.random() < kept], 2)
    return News(
        course=course,
        day=day,
        raised=[t for t in troubles if before < t.raised <= day and t.open_on(day)],
        open=told,
        silent=len(told) < len(old),
        solved=[t for t in troubles if t.solved and before < t.solved <= day],
        finished=some(rng, finished, 2),
        running=some(rng, [w for w in running if not _stuck(w, troubles, day)], 1),
        has_next=bool(following) and course is not Course.ON_HOLD,
        mood=_mood(course, clock, before, day),
        slots=_slots(clock, works, running, following, cast, day, rng),
    )


def _over(work: Work, day: date) -> bool:
    return work.finished is not None and work.finished <= day


def _stuck(work: Work, troubles: list[Trouble], day: date) -> bool:
    return any(t.blocks and t.work is work and t.open_on(day) for t in troubles)


def _mood(course: Course, clock: Clock, before: date, day: date) -> tuple[str, ...]:
    """Lines that only this course has at this point of its life."""
    if before < clock.start:
        return news.KICKOFF
    if course is Course.COMPLETED and day > clock.end:
        return news.ENDED
    if clock.relief and clock.relief < day <= clock.relief + timedelta(days=25):
        return news.RECOVERY
    if course is Course.EARLY_FINISH and clock.pace_ratio(day) > 1.15:
        return news.AHEAD
    if course is Course.ON_HOLD and day >= clock.onset:
        return news.PAUSED
    if course is Course.QUIET_DECLINE and day > clock.onset:
        return news.FADING
    return ()


def _slots(
    clock: Clock,
    works: list[Work],
    running: list[Work],
    following: list[Work],
    cast: Cast,
    day: date,
    rng: Random,
) -> dict[str, object]:
    """The words of the day: a task under way, the next one, figures, names."""
    done = sum(_over(work, day) for work in works)
    current = rng.choice(running) if running else works[min(done, len(works) - 1)]
    milestones = [w for w in works if w.is_milestone and not _over(w, day)] or works[-1:]
    return {
        "customer": cast.customer,
        "contact": rng.choice(cast.contacts),
        "mate": rng.choice(cast.people).first_name,
        "party": rng.choice(("the analytics department", "the platform team", "central IT")),
        "system": rng.choice(cast.systems),
        "env": "test environment",
        "task": current.spoken_name,
        "next": following[0].spoken_name if following else "hypercare",
        "milestone": milestones[0].spoken_name,
        "phase": (current.phase or Phase.BUILD).value,
        "date": spoken(day),
        "due": spoken(day + timedelta(days=rng.randint(5, 14))),
        "day": weekday(on_workday(day + timedelta(days=rng.randint(1, 4)))),
        "solved": weekday(on_workday(day)),
        "percent": 100 * done // len(works),
        "done": done,
        "total": len(works),
        "n": rng.randint(2, 9),
        "m": rng.randint(10, 48),
        "pct": rng.choice((12, 15, 20, 25, 30)),
        "big": f"{rng.randint(11, 980) / 10:.1f} million",
    }


def _sentiment(told: News, rng: Random) -> str | None:
    """What the author said of the note; sometimes nothing, sometimes wrongly."""
    if rng.random() > _GIVEN:
        return None
    if rng.random() < _WRONG:
        return rng.choice(list(Sentiment)).value
    if told.course is Course.WATERMELON:
        return weighted(rng, {"positive": 6.0, "neutral": 3.0, "risk": 1.0})
    if told.raised or len(told.open) > 1:
        return Sentiment.RISK.value
    if told.open:
        return weighted(rng, {"risk": 3.0, "neutral": 2.0})
    if told.solved or told.finished:
        return weighted(rng, {"positive": 4.0, "neutral": 1.0})
    return weighted(rng, {"neutral": 4.0, "positive": 1.0})

"""Engagements one after the other, each with its tasks, notes and usage; memory does not grow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from connectors.sources.sample.catalogue import TYPES
from connectors.sources.sample.chance import at_hour, between, stamp, stream
from connectors.sources.sample.clock import Clock, clock_for
from connectors.sources.sample.courses import TEMPERS, Course, course_of
from connectors.sources.sample.customers import Customer, customer_of
from connectors.sources.sample.notes import note_rows
from connectors.sources.sample.people import Person, Roster, roster_for
from connectors.sources.sample.plan import Work, plan_for, task_row
from connectors.sources.sample.troubles import Cast, Trouble, troubles_for
from connectors.sources.sample.usage import usage_rows
from engagements.records import EngagementStatus

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The rows of one engagement, and the course and troubles behind them (which no row says)."""

    course: Course
    troubles: tuple[Trouble, ...]
    engagement: Row
    tasks: list[Row]
    notes: list[Row]
    usage: list[Row]


def engagement_id(number: int) -> str:
    """ENG-0001 for number 0."""
    return f"ENG-{number + 1:04d}"


def generate(*, engagements: int, seed: int, as_of: date, weeks: int) -> Iterator[Bundle]:
    """One bundle per engagement, in the order of their ids."""
    roster = roster_for(engagements, seed)
    for number in range(engagements):
        yield _bundle(number, seed, as_of, weeks, roster)


def _bundle(number: int, seed: int, as_of: date, weeks: int, roster: Roster) -> Bundle:
    def chance(what: str) -> Random:
        return stream(seed, what, number)

    course, eid = course_of(number, seed), engagement_id(number)
    customer = customer_of(number, seed)
    rng = chance("engagement")
    kind = rng.choice(list(TYPES))
    people = _people(roster, rng)
    clock = clock_for(course, as_of, weeks, chance("clock"))
    works = plan_for(course, kind, clock, customer.systems, people, chance("plan"))
    contacts = tuple(rng.sample(roster.contacts, 4))
    cast = Cast(customer=customer.name, systems=customer.systems, contacts=contacts, people=people)
    troubles = troubles_for(course, clock, works, cast, chance("troubles"))
    # Two weeks more than asked for, so that the first day of the history has notes to look back on.
    since = as_of - timedelta(weeks=weeks + 2)
    tasks = chance("tasks")
    return Bundle(
        course=course,
        troubles=tuple(troubles),
        engagement=_engagement_row(eid, course, kind, clock, works, customer, people, rng),
        tasks=[task_row(work, eid, clock, tasks) for work in works],
        notes=list(note_rows(eid, course, clock, works, troubles, cast, since, chance("notes"))),
        usage=list(usage_rows(eid, course, kind, clock, people, since, chance("usage"))),
    )


def _people(roster: Roster, rng: Random) -> tuple[Person, ...]:
    """The owner first, then the team."""
    return (rng.choice(roster.owners), *rng.sample(roster.team, rng.randint(2, 5)))


def _engagement_row(
    eid: str,
    course: Course,
    kind: str,
    clock: Clock,
    works: list[Work],
    customer: Customer,
    people: tuple[Person, ...],
    rng: Random,
) -> Row:
    planned, consumed = _hours(course, works, people, rng)
    created = clock.start - timedelta(days=rng.randint(10, 40))
    reported = _reported(course, clock, rng)
    owner = people[0]
    return {
        "engagement_id": eid,
        "customer_name": customer.name,
        "engagement_type": kind,
        "start_date": clock.start.isoformat(),
        "end_date": _end(course, clock, rng).isoformat(),
        "status": _status(course, works, reported, rng).value,
        "health_score": reported if rng.random() > 0.08 else None,
        "owner_id": owner.id,
        "owner_name": owner.name,
        "team_members": [person.row() for person in people[1:]],
        "contract_value": _value(planned, rng),
        "created_at": stamp(at_hour(min(created, clock.horizon - timedelta(days=7)), rng)),
        "updated_at": stamp(at_hour(clock.horizon - timedelta(days=rng.randint(0, 6)), rng)),
        "industry": customer.industry if rng.random() > 0.04 else None,
        "region": customer.region,
        "planned_hours": planned if rng.random() > 0.06 else None,
        "consumed_hours": consumed if rng.random() > 0.08 else None,
    }


def _end(course: Course, clock: Clock, rng: Random) -> date:
    """The end date in the contract; creeping scope sometimes moves it."""
    moved = course is Course.SCOPE_CREEP and rng.random() < 0.3
    return clock.end + timedelta(days=rng.randint(10, 21) if moved else 0)


def _reported(course: Course, clock: Clock, rng: Random) -> int | None:
    """The score people report: what was true two weeks ago, or never in a watermelon."""
    if course is Course.NOT_STARTED:
        return None
    if course is Course.WATERMELON:
        return rng.randint(82, 95)
    if course is Course.COMPLETED:
        return rng.randint(84, 98)
    ratio = clock.pace_ratio(clock.as_of - timedelta(days=14))
    lag = 10 if course is Course.QUIET_DECLINE else 0
    return max(28, min(97, round(18 + 68 * min(ratio, 1.12)) + lag + rng.randint(-5, 5)))


def _status(
    course: Course, works: list[Work], reported: int | None, rng: Random
) -> EngagementStatus:
    """Where people say it stands: over when every task is, which may be before its end date."""
    if all(work.finished for work in works):
        return EngagementStatus.COMPLETED
    fixed = {
        Course.ON_HOLD: EngagementStatus.ON_HOLD,
        Course.NOT_STARTED: EngagementStatus.NOT_STARTED,
        Course.WATERMELON: EngagementStatus.ACTIVE,
        Course.QUIET_DECLINE: EngagementStatus.ACTIVE,
    }
    if course in fixed:
        return fixed[course]
    worried = reported is not None and reported < 72 and rng.random() < 0.75
    return EngagementStatus.AT_RISK if worried else EngagementStatus.ACTIVE


def _hours(
    course: Course, works: list[Work], people: tuple[Person, ...], rng: Random
) -> tuple[int, int]:
    """Planned and consumed hours; consumption follows the work done, times the course's burn."""
    lengths = [(work.baseline - work.start).days + 1 for work in works]
    done = sum(
        length * (100 if work.finished else work.progress) / 100
        for length, work in zip(lengths, works, strict=True)
    )
    planned = 10 * round(sum(lengths) * len(people) * rng.uniform(0.5, 0.8) / 2)
    share = done / sum(lengths) * between(rng, TEMPERS[course].burn)
    return planned, round(planned * share)


def _value(planned: int, rng: Random) -> float | None:
    """A price per hour times the hours, rounded as contracts are."""
    value = 500.0 * round(planned * rng.uniform(140, 230) / 500)
    return value if rng.random() > 0.07 else None

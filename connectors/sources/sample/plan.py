"""The plan of an engagement: tasks across the phases, and where each stands on the as-of day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from connectors.sources.sample.catalogue import EXTRA_SCOPE, MILESTONES, PHASES, TASKS, TYPES
from connectors.sources.sample.chance import at_hour, on_workday, say, stamp
from connectors.sources.sample.clock import Clock
from connectors.sources.sample.courses import TEMPERS, Course
from connectors.sources.sample.people import Person
from engagements.records import Phase, TaskStatus


@dataclass(kw_only=True)
class Work:
    """A task while it is told: ``baseline`` and ``end`` are promised, ``finished`` is true."""

    number: int
    name: str
    phase: Phase
    is_milestone: bool
    owner: Person
    start: date
    baseline: date
    end: date
    began: date | None
    finished: date | None
    progress: int = 0
    blocked_since: date | None = None

    @property
    def status(self) -> TaskStatus:
        if self.finished:
            return TaskStatus.COMPLETED
        if self.blocked_since:
            return TaskStatus.BLOCKED
        return TaskStatus.IN_PROGRESS if self.began else TaskStatus.NOT_STARTED

    @property
    def spoken_name(self) -> str:
        """The name inside a sentence: only a plain first word loses its capital."""
        first = self.name.split()[0]
        plain = first[1:].islower() and first not in {"Terraform", "Z-order"}
        return self.name[0].lower() + self.name[1:] if plain else self.name


def plan_for(
    course: Course,
    kind: str,
    clock: Clock,
    systems: tuple[str, ...],
    people: tuple[Person, ...],
    rng: Random,
) -> list[Work]:
    """8 to 25 tasks in the order of their start, each with its true fate."""
    works: list[Work] = []
    taken: set[str] = set()
    for phase, first, last, count in _phases(clock.days, rng):
        names = _names(phase, kind, count, systems, taken, rng)
        for place, name in enumerate(names):
            milestone = name in MILESTONES.get(phase, ())
            slots = len(names) - (names[-1] in MILESTONES.get(phase, ()))
            span = _within(first, last, place, max(1, slots), milestone, rng)
            works.append(_work(course, clock, name, phase, span, milestone, people, rng))
    if course is Course.SCOPE_CREEP:
        works += _added_scope(course, clock, systems, people, rng)
    works.sort(key=lambda work: (work.start, work.baseline, work.name))
    for number, work in enumerate(works, start=1):
        work.number = number
    return works[:25]


def _phases(days: int, rng: Random) -> list[tuple[Phase, float, float, int]]:
    """Phase, its first and last day in the plan, and how many tasks it gets."""
    total = max(9, min(21, round(days / 10) + rng.randint(-1, 2)))
    spread = (total - len(PHASES)) / sum(PHASES.values())
    at, owed, phases = 0.0, 0.0, []
    for phase, share in PHASES.items():
        length = share * days * 0.96  # a plan keeps a few days in hand at its end
        owed += 1 + share * spread
        count = max(1, round(owed))
        owed -= count
        phases.append((phase, at, at + length, count))
        at += length
    return phases


def _names(
    phase: Phase, kind: str, count: int, systems: tuple[str, ...], taken: set[str], rng: Random
) -> list[str]:
    """Names for a phase, none twice in a plan; its milestone, where it has one, comes last."""
    own = list(TYPES[kind][0].get(phase, ()))
    pool = own + rng.sample(TASKS[phase], len(TASKS[phase]))
    names: list[str] = []
    for template in pool:
        name = say(template, {"system": rng.choice(systems)}, rng)
        if name not in taken and len(names) < count:
            taken.add(name)
            names.append(name)
    if phase in MILESTONES and (count > 1 or phase in (Phase.DESIGN, Phase.CLOSE)):
        names[-1] = rng.choice(MILESTONES[phase])
    return names


def _within(
    first: float, last: float, place: int, count: int, milestone: bool, rng: Random
) -> tuple[float, float]:
    """Plan days of a task in its phase; tasks overlap, a milestone is the last two days."""
    length = last - first
    if milestone:
        return max(first, last - 2), last
    begin = first + length * place / count * 0.85
    return begin, min(last, begin + max(3.0, length * rng.uniform(0.9, 1.5) / count))


def _work(
    course: Course,
    clock: Clock,
    name: str,
    phase: Phase,
    span: tuple[float, float],
    milestone: bool,
    people: tuple[Person, ...],
    rng: Random,
) -> Work:
    start = on_workday(clock.start + timedelta(days=round(span[0])))
    start = max(start, clock.start)
    baseline = max(start, on_workday(clock.start + timedelta(days=round(span[1]))))
    began, finished = _fate(course, clock, span, milestone, rng)
    work = Work(
        number=0,
        name=name,
        phase=phase,
        is_milestone=milestone,
        owner=people[0] if milestone else rng.choice(people),
        start=min(start, began or start),  # work pulled forward starts when it starts
        baseline=baseline,
        end=baseline,
        began=began,
        finished=finished,
    )
    if began and not finished:
        part = (clock.done[-1] - span[0]) / max(span[1] - span[0], 1.0)
        work.progress = max(5, min(95, 5 * round(part * 20)))
    _redate(course, clock, work, rng)
    return work


def _fate(
    course: Course, clock: Clock, span: tuple[float, float], milestone: bool, rng: Random
) -> tuple[date | None, date | None]:
    """The true days on which it began and finished, None for what has not happened yet."""
    began, finished = clock.reached(span[0]), clock.reached(span[1])
    if began is None:
        return None, None
    if finished is not None:
        low, high = TEMPERS[course].jitter
        jitter = 0 if milestone else rng.randint(low, high)
        finished = max(began, on_workday(finished + timedelta(days=jitter)))
        if finished > clock.horizon:
            finished = clock.horizon if course is Course.COMPLETED else None
    return began, finished


def _redate(course: Course, clock: Clock, work: Work, rng: Random) -> None:
    """Give a late task a new date, as people sometimes do; the baseline keeps the first promise."""
    late = ((work.finished or clock.as_of) - work.baseline).days
    lag = max(0, round((clock.as_of - clock.start).days - clock.done[-1])) if clock.done else 0
    if late > 5 and rng.random() < TEMPERS[course].redated:
        work.end = on_workday(work.baseline + timedelta(days=round(late * rng.uniform(0.4, 1.1))))
    elif late <= 0 and lag > 10 and rng.random() < TEMPERS[course].redated:
        work.end = on_workday(work.baseline + timedelta(days=round(lag * rng.uniform(0.3, 0.8))))
    work.end = max(work.end, work.start)


def _added_scope(
    course: Course,
    clock: Clock,
    systems: tuple[str, ...],
    people: tuple[Person, ...],
    rng: Random,
) -> list[Work]:
    """Work that nobody planned: it starts after the onset and has no baseline of its own."""
    since = (clock.onset - clock.start).days
    extra = []
    for template in rng.sample(EXTRA_SCOPE, rng.randint(2, 4)):
        begin = since + rng.randint(3, 40)
        span = (float(begin), begin + rng.uniform(10, 24))
        name = say(template, {"system": rng.choice(systems)}, rng)
        extra.append(_work(course, clock, name, Phase.BUILD, span, False, people, rng))
    return extra


def task_row(work: Work, engagement_id: str, clock: Clock, rng: Random) -> dict[str, Any]:
    """The row of a task; about one in fifteen misses an optional column."""
    done = at_hour(work.finished, rng) if work.finished else None
    row = {
        "task_id": f"TSK-{engagement_id.removeprefix('ENG-')}-{work.number:02d}",
        "engagement_id": engagement_id,
        "name": work.name,
        "phase": work.phase.value,
        "owner_id": work.owner.id if rng.random() > 0.04 else None,
        "start_date": work.start.isoformat(),
        "end_date": work.end.isoformat(),
        "status": work.status.value,
        "progress_percent": 100 if work.finished else work.progress,
        "is_milestone": work.is_milestone,
        "completed_at": stamp(done) if done else None,
        "updated_at": stamp(done or _touched(work, clock, rng)),
        "baseline_end_date": work.baseline.isoformat(),
    }
    if rng.random() < 0.06:
        del row[rng.choice(("phase", "is_milestone", "baseline_end_date"))]
    return row


def _touched(work: Work, clock: Clock, rng: Random) -> datetime:
    """When an open task was last edited: recently if it runs, else when the plan was made."""
    recent = clock.horizon - timedelta(days=rng.randint(0, 9))
    day = max(work.began, recent) if work.began else min(clock.start, recent)
    return at_hour(min(day, clock.horizon), rng)

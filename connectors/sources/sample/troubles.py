"""What goes wrong in an engagement, when, and whether it is solved."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from connectors.sources.sample.catalogue import BLOCKABLE
from connectors.sources.sample.chance import on_workday, spoken, weekday
from connectors.sources.sample.clock import Clock
from connectors.sources.sample.courses import Course
from connectors.sources.sample.people import Person
from connectors.sources.sample.plan import Work

# Reasons that stop a task outright.
BLOCKING = (
    "access_missing",
    "env_not_ready",
    "waiting_customer",
    "waiting_vendor",
    "sec_review",
    "approval_pending",
    "compliance",
)
_MINOR = (
    "data_quality",
    "performance",
    "integration",
    "failed_runs",
    "waiting_customer",
    "unclear_requirement",
    "capacity_conflict",
    "access_missing",
    "training_gap",
)
_TYPICAL: dict[Course, tuple[str, ...]] = {
    Course.SLIPPING: (
        "low_velocity",
        "overdue_task",
        "milestone_slip",
        "capacity_conflict",
        "data_quality",
        "performance",
        "integration",
        "failed_runs",
        "handover_gap",
        "escalation",
        "date_moved",
    ),
    Course.QUIET_DECLINE: (
        "sponsor_absent",
        "low_engagement",
        "no_champion",
        "usage_drop",
        "key_person",
        "training_gap",
        "renewal_risk",
        "sentiment_drop",
    ),
    Course.SCOPE_CREEP: (
        "scope_creep",
        "change_request",
        "unclear_requirement",
        "budget_overrun",
        "date_moved",
        "capacity_conflict",
        "milestone_slip",
    ),
    Course.WATERMELON: (
        "overdue_task",
        "data_quality",
        "low_velocity",
        "milestone_slip",
        "performance",
        "approval_pending",
        "budget_overrun",
        "key_person",
    ),
    Course.ON_HOLD: ("payment_dispute", "approval_pending", "sponsor_absent", "compliance"),
}
_HOW_MANY: dict[Course, tuple[int, int]] = {
    Course.SLIPPING: (4, 6),
    Course.QUIET_DECLINE: (2, 3),
    Course.SCOPE_CREEP: (4, 5),
    Course.WATERMELON: (3, 5),
    Course.ON_HOLD: (1, 1),
}
# Share of the typical troubles that somebody solves.
_SOLVED: dict[Course, float] = {
    Course.SLIPPING: 0.4,
    Course.QUIET_DECLINE: 0.1,
    Course.SCOPE_CREEP: 0.3,
    Course.WATERMELON: 0.2,
    Course.ON_HOLD: 0.0,
}
_PARTIES = (
    "the platform team",
    "the network team",
    "the security office",
    "the data office",
    "the analytics department",
    "the operations department",
    "central IT",
    "the finance department",
    "the architecture group",
)
_ENVIRONMENTS = (
    "staging workspace",
    "test environment",
    "production workspace",
    "acceptance environment",
    "private link to the data centre",
)


@dataclass(kw_only=True)
class Trouble:
    """One thing that goes wrong. ``slots`` are the words that stay the same for its whole life."""

    reason: str
    raised: date
    solved: date | None
    work: Work | None
    slots: dict[str, object] = field(default_factory=dict)

    @property
    def blocks(self) -> bool:
        return self.reason in BLOCKING and self.work is not None

    def open_on(self, day: date) -> bool:
        return self.raised <= day and (self.solved is None or self.solved > day)


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who and what an engagement's notes speak of."""

    customer: str
    systems: tuple[str, ...]
    contacts: tuple[str, ...]
    people: tuple[Person, ...]


def troubles_for(
    course: Course, clock: Clock, works: list[Work], cast: Cast, rng: Random
) -> list[Trouble]:
    """Everything that goes wrong, oldest first; blocked works are marked on the way."""
    if course is Course.NOT_STARTED:
        return []
    found = [*_main(course, clock, rng), *_minor(course, clock, rng)]
    found.sort(key=lambda trouble: (trouble.raised, trouble.reason))
    for trouble in found:
        _fill(trouble, course, clock, works, cast, rng)
    return found


def _main(course: Course, clock: Clock, rng: Random) -> list[Trouble]:
    """The troubles that make the course what it is."""
    if course is Course.BLOCKED_THEN_RECOVERING and clock.relief:
        raised = on_workday(clock.onset + timedelta(days=rng.randint(0, 2)))
        solved = max(raised + timedelta(days=5), on_workday(clock.relief))
        return [_trouble(rng.choice(BLOCKING), raised, solved)]
    if course not in _TYPICAL:
        return []
    count = rng.randint(*_HOW_MANY[course])
    reasons = rng.sample(_TYPICAL[course], count)
    if course is Course.SLIPPING:
        reasons[-1] = rng.choice(BLOCKING)
    span = max(1, (clock.horizon - clock.onset).days - 6)
    return [
        _spread(reason, clock, place * span // count, _SOLVED[course], rng)
        for place, reason in enumerate(reasons)
    ]


def _minor(course: Course, clock: Clock, rng: Random) -> list[Trouble]:
    """Small things that are solved within days, as every engagement has them."""
    last = clock.horizon if course is not Course.ON_HOLD else clock.onset
    span = (min(last, clock.end) - clock.start).days
    count = min(4, span // 30) if course is not Course.EARLY_FINISH else min(1, span // 30)
    found = []
    for reason in rng.sample(_MINOR, count):
        raised = on_workday(clock.start + timedelta(days=rng.randint(8, max(9, span))))
        raised = min(raised, clock.horizon)
        solved = raised + timedelta(days=rng.randint(2, 8))
        found.append(_trouble(reason, raised, solved if solved <= clock.horizon else None))
    return found


def _trouble(reason: str, raised: date, solved: date | None) -> Trouble:
    return Trouble(reason=reason, raised=raised, solved=solved, work=None)


def _spread(reason: str, clock: Clock, offset: int, solved: float, rng: Random) -> Trouble:
    raised = on_workday(clock.onset + timedelta(days=offset + rng.randint(0, 6)))
    end = raised + timedelta(days=rng.randint(8, 25)) if rng.random() < solved else None
    return _trouble(reason, raised, end if end and end <= clock.horizon else None)


def _fill(
    trouble: Trouble, course: Course, clock: Clock, works: list[Work], cast: Cast, rng: Random
) -> None:
    """Tie a trouble to a task under way and give it its words."""
    running = [
        work
        for work in works
        if not work.is_milestone
        and work.began
        and work.began <= trouble.raised
        and (work.finished is None or work.finished > trouble.raised)
        and work.blocked_since is None
    ]
    blockable = [work for work in running if work.phase in BLOCKABLE] or running
    if blockable:
        trouble.work = rng.choice(blockable)
        if trouble.blocks and course is not Course.WATERMELON:
            _block(trouble, clock, rng)
    ahead = [work for work in works if work.is_milestone and work.baseline >= trouble.raised]
    trouble.slots = _slots(trouble, ahead, works, cast, rng)


def _block(trouble: Trouble, clock: Clock, rng: Random) -> None:
    """A blocked task cannot finish before its blocker is solved."""
    work = trouble.work
    assert work is not None
    if trouble.solved is None:
        work.finished, work.blocked_since = None, trouble.raised
        work.progress = max(5, min(work.progress or 40, 60))
    elif work.finished and work.finished <= trouble.solved:
        after = trouble.solved + timedelta(days=rng.randint(2, 6))
        work.finished = after if after <= clock.horizon else None
        work.progress = 90


def _slots(
    trouble: Trouble, ahead: list[Work], works: list[Work], cast: Cast, rng: Random
) -> dict[str, object]:
    task = trouble.work or rng.choice([work for work in works if not work.is_milestone])
    milestone = ahead[0] if ahead else works[-1]
    mentioned = [system for system in cast.systems if system in task.name]
    return {
        "system": mentioned[0] if mentioned else rng.choice(cast.systems),
        "party": rng.choice(_PARTIES),
        "contact": rng.choice(cast.contacts),
        "mate": rng.choice(cast.people).first_name,
        "customer": cast.customer,
        "env": rng.choice(_ENVIRONMENTS),
        "task": task.spoken_name,
        "milestone": milestone.spoken_name,
        "n": rng.randint(2, 9),
        "pct": rng.choice((12, 15, 18, 20, 25, 30, 35, 40)),
        "day": weekday(on_workday(trouble.raised - timedelta(days=rng.randint(0, 1)))),
        "due": spoken(trouble.raised + timedelta(days=rng.randint(8, 20))),
        "solved": weekday(on_workday(trouble.solved)) if trouble.solved else "",
    }

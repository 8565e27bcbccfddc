"""From a tally to a score: the eight values, their shares, and the ceilings.

A :class:`Change` asks the same functions what the score would be with one record cleared, so the
lever is the model's own answer and no estimate. Pure; see docs/health.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import msgspec

from engagements.health_model import Rules
from engagements.health_tally import Blocker, OpenTask, Tally

Values = tuple[float | None, ...]  # in the order of SIGNALS


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing put right: a task done, a note's problems solved, or a conversation noted today."""

    task: OpenTask | None = None
    note: str | None = None
    contact: bool = False

    def clears(self, record: str) -> bool:
        return record == self.note or (self.task is not None and record == self.task.id)


NO_CHANGE = Change()


def values_of(tally: Tally, rules: Rules, change: Change = NO_CHANGE) -> Values:
    """The value of every signal, None where the data does not allow it."""
    done = _done_percent(tally, change)
    return (
        _schedule(tally, rules, done),
        _overdue(tally, change),
        _flow(tally, change),
        _blockers(tally, change),
        _notes(tally, change),
        _contact(tally, change),
        _usage(tally),
        None if tally.consumed is None or done is None else tally.consumed - done,
    )


def raw_of(values: Values, rules: Rules) -> tuple[float, int]:
    """The score before rounding and ceilings, and the weight of the signals it rests on."""
    earned, available = 0.0, 0
    for scale, value in zip(rules.scales, values, strict=True):
        if value is not None:
            available += scale.weight
            earned += scale.weight * scale.share(value)
    return (100 * earned / available if available else 0.0), available


def whole(points: float) -> int:
    """Points rounded half up; the last digits of a float decide nothing."""
    return math.floor(round(points, 9) + 0.5)


def score_of(tally: Tally, rules: Rules, change: Change = NO_CHANGE) -> int | None:
    """The score after ceilings, as it would be after a change; None where it is not scored."""
    raw, available = raw_of(values_of(tally, rules, change), rules)
    if not covered(available, rules):
        return None
    return min([whole(raw), *(ceiling for _, ceiling in ceilings(tally, rules, change))])


def covered(available: int, rules: Rules) -> bool:
    """Whether the available weight is enough for a score."""
    return available > 0 and available >= rules.least_coverage * rules.total_weight


def ceilings(tally: Tally, rules: Rules, change: Change = NO_CHANGE) -> Iterator[tuple[str, int]]:
    """The caps whose condition holds: key and ceiling."""
    left = len(tally.open) - (change.task is not None)
    if tally.overrun and (left > 0 or not tally.tasks):
        yield "end_date_passed", rules.overrun_ceiling
    if any(not change.clears(b.record) for b in old_critical_blockers(tally, rules)):
        yield "old_critical_blocker", rules.old_blocker_ceiling
    if tally.late:
        late = [t for t in late_milestones(tally, rules) if t is not change.task]
        if len(late) >= rules.late_milestones:
            yield "late_milestones", rules.late_milestones_ceiling


def old_critical_blockers(tally: Tally, rules: Rules) -> list[Blocker]:
    """Open critical blockers that are too old, oldest first."""
    oldest = rules.old_blocker_days
    return [b for b in tally.blockers if b.critical and b.age is not None and b.age > oldest]


def late_milestones(tally: Tally, rules: Rules) -> list[OpenTask]:
    """Open milestones that are too late, worst first."""
    return [t for t in tally.late if t.milestone and t.late > rules.late_milestone_days]


def shared_out(exact: Sequence[float], total: int) -> list[int]:
    """Whole numbers near the exact ones that add up to the total (largest remainder).

    ``total`` is the rounded sum of ``exact``; ties go to the earlier one.
    """
    exact = [round(number, 9) for number in exact]
    shares = [math.floor(number) for number in exact]
    order = sorted(range(len(exact)), key=lambda i: shares[i] - exact[i])
    for i in order[: total - sum(shares)]:
        shares[i] += 1
    return shares


def _done_percent(tally: Tally, change: Change) -> float | None:
    if not tally.work:
        return None
    done = tally.work_done + (change.task.rest if change.task is not None else 0)
    return 100 * done / tally.work


def _schedule(tally: Tally, rules: Rules, done: float | None) -> float | None:
    elapsed = tally.elapsed
    if elapsed is None or elapsed < rules.least_elapsed:
        return None
    if done is None or tally.tasks < rules.least_tasks:
        return None
    return done / 100 / elapsed


def _overdue(tally: Tally, change: Change) -> float | None:
    if not tally.dated:
        return None
    return next((t.weighted for t in tally.late if t is not change.task), 0)


def _flow(tally: Tally, change: Change) -> float | None:
    under_way, stuck = tally.under_way, tally.stuck
    if change.task is not None:
        under_way -= change.task.under_way
        stuck -= change.task.stuck
    if under_way:
        return 100 * stuck / under_way
    done = tally.tasks - len(tally.open) + (change.task is not None)
    return 0 if done else None


def _blockers(tally: Tally, change: Change) -> float | None:
    if not (tally.blockers_visible or change.contact):
        return None
    first = next((b for b in tally.blockers if not change.clears(b.record)), None)
    return 0 if first is None else first.age


def _notes(tally: Tally, change: Change) -> float | None:
    if not (tally.notes_seen or tally.exposures or change.contact):
        return None
    if change.note is None:
        return tally.exposure
    return math.fsum(weight for weight, note in tally.exposures if note != change.note)


def _contact(tally: Tally, change: Change) -> float | None:
    if change.contact:
        return 0
    return None if tally.last_note is None else tally.day - tally.last_note[0]


def _usage(tally: Tally) -> float | None:
    if tally.recent_runs is None:
        return None
    if tally.earlier_runs:
        return 100 * (tally.recent_runs - tally.earlier_runs) / tally.earlier_runs
    # Runs that began in the window cannot have fallen; silence after runs is the whole fall.
    return 0 if tally.recent_runs else -100

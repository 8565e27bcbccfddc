"""An engagement's numbers on a day: what its entries add up to, looking at nothing later.

Work is counted in whole percent-days and weights are summed exactly, so that no order of rows can
change a reading. Pure; see docs/health.md.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Sequence

import msgspec

from engagements.health_ledger import FindingEntry, Ledger, TaskEntry
from engagements.health_model import Rules
from engagements.records import EngagementRecord, TaskStatus


class OpenTask(msgspec.Struct, frozen=True, gc=False):
    """A task that is not done on the day. ``rest`` is work left in percent-days."""

    id: str
    milestone: bool
    late: int  # days past its date
    weighted: int  # the same, milestones doubled
    rest: int
    under_way: bool
    stuck: bool  # late or blocked


class Blocker(msgspec.Struct, frozen=True, gc=False):
    """What stands in the way, where it is written, and for how many days (None: not recorded)."""

    record: str
    age: int | None
    critical: bool
    basis: str  # note, changed, start, or unknown


class Tally(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An engagement's numbers on a day; everything that the signals are computed from."""

    day: int
    today: bool
    starts: int | None
    ends: int | None
    elapsed: float | None
    tasks: int
    dated: int  # tasks with an end date
    work: int
    work_done: int
    open: list[OpenTask]
    late: list[OpenTask]  # worst first
    under_way: int
    stuck: int
    blockers: list[Blocker]  # oldest first
    blockers_visible: bool
    exposures: list[tuple[float, str]]  # heaviest note first
    exposure: float
    notes_seen: int  # in the window
    last_note: tuple[int, str] | None
    recent_runs: int | None  # None before the first run
    earlier_runs: int
    runs: tuple[str, ...]
    usage_days: int  # length of the window that runs are counted in
    consumed: float | None  # % of the planned hours

    @property
    def overrun(self) -> bool:
        return self.ends is not None and self.day > self.ends


def tally_of(ledger: Ledger, day: int, today: bool, rules: Rules) -> Tally:
    """The numbers on a day: nothing later than it, and nothing undated unless it is today."""
    known = [task for task in ledger.tasks if today or _datable(task)]
    still_open = [task for task in known if not _done(task, day, today)]
    open_tasks = [_open_task(task, day, today, rules) for task in still_open]
    work = sum([task.days for task in known]) * 100
    late = sorted((t for t in open_tasks if t.late), key=lambda t: (-t.weighted, t.id))
    notes = _until(ledger.notes, day)
    seen = notes - _until(ledger.notes, day - rules.note_window_days - 1)
    exposures = _exposures(ledger.findings, day, rules)
    blockers = _blockers(ledger.findings, still_open, day, today, rules)
    recent, earlier, runs = _usage(ledger.usage, day, rules)
    return Tally(
        day=day,
        today=today,
        starts=ledger.starts,
        ends=ledger.ends,
        elapsed=_elapsed(ledger.starts, ledger.ends, day),
        tasks=len(known),
        dated=len([task for task in known if task.due is not None]),
        work=work,
        work_done=work - sum([task.rest for task in open_tasks]),
        open=open_tasks,
        late=late,
        under_way=len([task for task in open_tasks if task.under_way]),
        stuck=len([task for task in open_tasks if task.stuck]),
        blockers=blockers,
        blockers_visible=bool(seen or blockers or (today and known)),
        exposures=exposures,
        exposure=math.fsum(weight for weight, _ in exposures),
        notes_seen=seen,
        last_note=ledger.notes[notes - 1] if notes else None,
        recent_runs=recent,
        earlier_runs=earlier,
        runs=runs,
        usage_days=rules.usage_window_days,
        consumed=_consumed(ledger.engagement) if today else None,
    )


def _datable(task: TaskEntry) -> bool:
    """Whether a past day can know if the task was done: not when it is done, nobody says when."""
    return task.status != TaskStatus.COMPLETED or task.finished is not None


def _done(task: TaskEntry, day: int, today: bool) -> bool:
    if today:
        return task.status == TaskStatus.COMPLETED and not _completed_later(task, day)
    return task.finished is not None and task.finished <= day


def _completed_later(task: TaskEntry, day: int) -> bool:
    return task.completed_on is not None and task.completed_on > day


def _open_task(task: TaskEntry, day: int, today: bool, rules: Rules) -> OpenTask:
    late = max(0, day - task.due) if task.due is not None else 0
    stated = today and not _completed_later(task, day)
    if stated:
        begun = task.status != TaskStatus.NOT_STARTED or bool(task.progress)
    else:
        begun = task.start is not None and task.start <= day
    progress = task.progress if stated else None
    if progress is None:
        progress = rules.unstated_progress if begun and not late else 0
    return OpenTask(
        task.id,
        task.milestone,
        late,
        late * rules.milestone_factor if task.milestone else late,
        task.days * (100 - min(100, max(0, progress))),
        begun or late > 0,
        late > 0 or (today and task.status == TaskStatus.BLOCKED),
    )


def _elapsed(starts: int | None, ends: int | None, day: int) -> float | None:
    """The share of the planned time that has passed, 0 to 1."""
    if starts is None or ends is None or ends < starts:
        return None
    if day >= ends:
        return 1.0
    return 0.0 if day <= starts else (day - starts) / (ends - starts)


def _exposures(findings: Iterable[FindingEntry], day: int, rules: Rules) -> list[tuple[float, str]]:
    """The heaviest open problem of each note of the window, faded by its age; heaviest first."""
    heaviest: dict[str, float] = {}
    for finding in findings:
        age = day - finding.noted
        if 0 <= age <= rules.note_window_days and _unresolved(finding, day):
            weight = finding.weight * 0.5 ** (age / rules.note_half_life_days)
            if weight > heaviest.get(finding.note, 0.0):
                heaviest[finding.note] = weight
    return sorted(
        ((weight, note) for note, weight in heaviest.items()), key=lambda e: (-e[0], e[1])
    )


def _unresolved(finding: FindingEntry, day: int) -> bool:
    return finding.resolved is None or finding.resolved > day


def _blockers(
    findings: Iterable[FindingEntry],
    tasks: Iterable[TaskEntry],
    day: int,
    today: bool,
    rules: Rules,
) -> list[Blocker]:
    blockers = [
        Blocker(f.note, day - f.noted, f.weight * 4 >= rules.critical_exposure, "note")
        for f in findings
        if f.blocks and f.noted <= day and _unresolved(f, day)
    ]
    if today:
        blockers += [_task_blocker(t, day) for t in tasks if t.status == TaskStatus.BLOCKED]
    blockers.sort(
        key=lambda b: (-1 if b.age is None else b.age, b.critical, b.record), reverse=True
    )
    return blockers


def _task_blocker(task: TaskEntry, day: int) -> Blocker:
    """A blocked task has been so since its row last changed, at the least."""
    # A blocked milestone threatens a milestone for certain: severity 3 x 4, which is critical.
    if task.changed is not None and task.changed <= day:
        return Blocker(task.id, day - task.changed, task.milestone, "changed")
    if task.start is not None:
        return Blocker(task.id, max(0, day - task.start), task.milestone, "start")
    return Blocker(task.id, None, task.milestone, "unknown")


def _usage(
    usage: list[tuple[int, str, int]], day: int, rules: Rules
) -> tuple[int | None, int, tuple[str, ...]]:
    """Runs of the last window and of the one before, with the newest rows' ids."""
    window = rules.usage_window_days
    last, middle = _until(usage, day), _until(usage, day - window)
    first = _until(usage, day - 2 * window)
    if not last:
        return None, 0, ()
    recent = sum([runs for _, _, runs in usage[middle:last]])
    earlier = sum([runs for _, _, runs in usage[first:middle]])
    shown = usage[max(first, last - rules.shown_records) : last]
    return recent, earlier, tuple([usage_id for _, usage_id, _ in reversed(shown)])


def _until(
    rows: Sequence[tuple[int, ...] | tuple[int, str] | tuple[int, str, int]], day: int
) -> int:
    """How many of the rows, oldest first, are of the day or earlier."""
    return bisect.bisect_left(rows, (day + 1,))


def _consumed(engagement: EngagementRecord) -> float | None:
    planned = engagement.planned_hours or 0.0
    if planned <= 0 or engagement.consumed_hours is None:
        return None
    # A plan of next to no hours says little; the bound keeps the percentage a number.
    return min(100 * max(0.0, engagement.consumed_hours) / planned, 1e6)

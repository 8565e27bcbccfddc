"""Would health have warned in time? A weekly as-of replay of engagements whose end is known.

The outcome is late: finished more than a tenth of the planned duration after the promised end, or
never. Health is compared with three plain baselines on the same engagements. Pure; on generated
data it proves the wiring and says nothing of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from statistics import median

import msgspec

from engagements.health import RULES, Band, Facts, Rules, history
from engagements.health_ledger import finished_on
from engagements.records import EngagementRecord, EngagementStatus, TaskRecord

HORIZONS = (60, 30)  # days before the promised end
LATE_SHARE = 0.10  # of the planned duration
WEEK = timedelta(days=7)
BINS = ((0, 24), (25, 49), (50, 74), (75, 100))


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What was to be seen of an engagement on a day."""

    as_of: date
    score: int | None
    critical: bool
    overdue: int  # open tasks past their promised date


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An engagement whose outcome is known, with its weekly readings up to the promised end."""

    engagement_id: str
    promised: date
    finished: date | None
    late: bool
    reported_risk: float | None  # 0..1 from what people report; has no date, so it has hindsight
    readings: tuple[Reading, ...]


class Skill(msgspec.Struct, frozen=True, kw_only=True):
    """How well a way of judging told late engagements from the others; None where undefined."""

    name: str
    judged: int
    flagged: int
    precision: float | None
    recall: float | None
    auc: float | None


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Of the engagements that scored from ``low`` to ``high``, how many came in late."""

    low: int
    high: int
    judged: int
    late: int


class Horizon(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison so many days before the promised end, on engagements scored then."""

    days: int
    judged: int
    late: int
    unscored: int
    skills: tuple[Skill, ...]  # health first
    calibration: tuple[Bin, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The back-test: its cases, each horizon, and how early health first turned critical."""

    cases: int
    late: int
    undecided: int  # still running within their allowance, or without dates
    horizons: tuple[Horizon, ...]
    lead_days: float | None  # median over late engagements that were flagged
    flagged_late: int
    caveats: tuple[str, ...]


Judgement = tuple[float, bool]  # risk, the higher the worse, and whether it raises a flag


def replay(facts: Facts, *, rules: Rules = RULES) -> Case | None:
    """An engagement week by week as it was promised; None while its outcome is not known."""
    promised = promised_end(facts)
    start = facts.engagement.start_date
    if start is None or promised is None or promised <= start:
        return None
    finished = _finish(facts)
    late = is_late(start, promised, finished, facts.as_of)
    if late is None:
        return None
    seen = _as_promised(facts, promised)
    days = list(_weekly(start, min(promised, facts.as_of)))
    readings = history(msgspec.structs.replace(seen, is_today=False), days, rules=rules)
    return Case(
        engagement_id=facts.engagement.engagement_id,
        promised=promised,
        finished=finished,
        late=late,
        reported_risk=_reported_risk(facts.engagement),
        readings=tuple(
            Reading(
                as_of=health.as_of,
                score=health.score,
                critical=health.band is Band.CRITICAL,
                overdue=_overdue(seen.tasks, health.as_of),
            )
            for health in readings
        ),
    )


def backtest(cases: Sequence[Case], *, undecided: int = 0) -> Report:
    """Precision, recall, AUC, lead days and calibration of health against the baselines."""
    leads = [lead for case in cases if (lead := _lead(case)) is not None]
    return Report(
        cases=len(cases),
        late=sum(case.late for case in cases),
        undecided=undecided,
        horizons=tuple(_horizon(cases, days) for days in HORIZONS),
        lead_days=median(leads) if leads else None,
        flagged_late=len(leads),
        caveats=_CAVEATS,
    )


def promised_end(facts: Facts) -> date | None:
    """The end first promised: the latest baseline of the tasks, else the engagement's end date."""
    baselines = [t.baseline_end_date for t in facts.tasks if t.baseline_end_date is not None]
    return max(baselines, default=facts.engagement.end_date)


def is_late(start: date, promised: date, finished: date | None, as_of: date) -> bool | None:
    """Whether it finished over a tenth late or never; None while it may still be in time."""
    allowed = promised + timedelta(days=LATE_SHARE * (promised - start).days)
    if finished is not None:
        return finished > allowed
    return True if as_of > allowed else None


def auc(risks: Iterable[tuple[float, bool]]) -> float | None:
    """The chance that a late engagement carries more risk than one in time; ties count half."""
    rows = sorted(risks, key=lambda row: row[0])
    late = sum(1 for _, is_late_one in rows if is_late_one)
    if not late or late == len(rows):
        return None
    ranks, i = 0.0, 0
    while i < len(rows):
        j = i
        while j < len(rows) and rows[j][0] == rows[i][0]:
            j += 1
        ranks += (i + j + 1) / 2 * sum(1 for _, is_late_one in rows[i:j] if is_late_one)
        i = j
    return (ranks - late * (late + 1) / 2) / (late * (len(rows) - late))


def _finish(facts: Facts) -> date | None:
    """The day the last task was done, of an engagement that is complete; nothing to come."""
    done = [finished_on(task) for task in facts.tasks]
    complete = facts.engagement.status == EngagementStatus.COMPLETED
    if not complete and (not done or None in done):
        return None
    finished = max((d for d in done if d is not None), default=facts.engagement.end_date)
    return finished if finished is not None and finished <= facts.as_of else None


def _as_promised(facts: Facts, promised: date) -> Facts:
    """The facts with first promises for dates: a date moved later was not known earlier."""
    return msgspec.structs.replace(
        facts,
        engagement=msgspec.structs.replace(facts.engagement, end_date=promised),
        tasks=[_promised_task(task) for task in facts.tasks],
    )


def _promised_task(task: TaskRecord) -> TaskRecord:
    if task.baseline_end_date is None:
        return task
    finished = finished_on(task)
    return msgspec.structs.replace(
        task,
        end_date=task.baseline_end_date,
        completed_at=None if finished is None else datetime.combine(finished, time()),
    )


def _weekly(start: date, end: date) -> Iterable[date]:
    day = start
    while day <= end:
        yield day
        day += WEEK


def _overdue(tasks: Iterable[TaskRecord], day: date) -> int:
    return sum(
        1
        for task in tasks
        if task.end_date is not None and task.end_date < day and not _done_by(task, day)
    )


def _done_by(task: TaskRecord, day: date) -> bool:
    finished = finished_on(task)
    return finished is not None and finished <= day


def _reported_risk(engagement: EngagementRecord) -> float | None:
    if engagement.status == EngagementStatus.AT_RISK:
        return 1.0
    if engagement.health_score is not None:
        return 1 - engagement.health_score / 100
    return 0.0 if engagement.status == EngagementStatus.ACTIVE else None


def _at(case: Case, days: int) -> Reading | None:
    """The last weekly reading so many days before the promised end, not over a week older."""
    day = case.promised - timedelta(days=days)
    seen = [reading for reading in case.readings if day - WEEK < reading.as_of <= day]
    return seen[-1] if seen else None


def _lead(case: Case) -> int | None:
    if not case.late:
        return None
    flags = (r.as_of for r in case.readings if r.critical)
    first = next(flags, None)
    return None if first is None else (case.promised - first).days


def _horizon(cases: Sequence[Case], days: int) -> Horizon:
    found = [(case, reading) for case in cases if (reading := _at(case, days)) is not None]
    rows = [(case, reading) for case, reading in found if reading.score is not None]
    late = sum(case.late for case, _ in rows)
    base = late / len(rows) if rows else 0.0
    ways: dict[str, Callable[[Case, Reading], Judgement | None]] = {
        "health": lambda _, r: (-float(r.score or 0), r.critical),
        "constant": lambda _case, _reading: (base, base >= 0.5),
        "overdue count": lambda _, r: (float(r.overdue), r.overdue > 0),
        "reported status": _by_report,
    }
    return Horizon(
        days=days,
        judged=len(rows),
        late=late,
        unscored=len(found) - len(rows),
        skills=tuple(_skill(name, judge, rows) for name, judge in ways.items()),
        calibration=tuple(_bin(low, high, rows) for low, high in BINS),
    )


def _by_report(case: Case, _: Reading) -> Judgement | None:
    risk = case.reported_risk
    return None if risk is None else (risk, risk > 0.5)


def _skill(
    name: str,
    judge: Callable[[Case, Reading], Judgement | None],
    rows: Sequence[tuple[Case, Reading]],
) -> Skill:
    judged = [(judgement, case.late) for case, r in rows if (judgement := judge(case, r))]
    flagged = sum(1 for (_, flag), _ in judged if flag)
    late = sum(1 for _, is_late_one in judged if is_late_one)
    hits = sum(1 for (_, flag), is_late_one in judged if flag and is_late_one)
    return Skill(
        name=name,
        judged=len(judged),
        flagged=flagged,
        precision=hits / flagged if flagged else None,
        recall=hits / late if late else None,
        auc=auc((risk, is_late_one) for (risk, _), is_late_one in judged),
    )


def _bin(low: int, high: int, rows: Sequence[tuple[Case, Reading]]) -> Bin:
    inside = [case.late for case, r in rows if r.score is not None and low <= r.score <= high]
    return Bin(low=low, high=high, judged=len(inside), late=sum(inside))


_CAVEATS = (
    "On sample data this proves the wiring only.",
    "Reported status has no date: that baseline knows what people say today.",
    "Engagements without a score at a horizon are left out there and counted as unscored.",
    "Progress, blocked tasks and hours have no dates: a replay does not see them.",
)

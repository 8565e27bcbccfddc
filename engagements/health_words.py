"""The reasons of a score in plain words: value, threshold and gap, and the records behind them.

Pure; see docs/health.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache

from engagements.health_model import Rules, Scale
from engagements.health_score import late_milestones, old_critical_blockers
from engagements.health_tally import Blocker, OpenTask, Tally

Told = tuple[str, list[str]]  # the statement, and the ids of the records behind it

TITLES = {
    "schedule": "Schedule",
    "overdue": "Overdue work",
    "flow": "Work in flow",
    "blockers": "Blockers",
    "notes": "Risks in notes",
    "contact": "Contact",
    "usage": "Notebook use",
    "effort": "Effort",
}
UNITS = {
    "schedule": "of plan",
    "overdue": "days",
    "flow": "%",
    "blockers": "days",
    "notes": "exposure",
    "contact": "days",
    "usage": "%",
    "effort": "points",
}


THRESHOLDS = "; full points"


def gist(told: str) -> str:
    """A signal's sentence without its thresholds, for where only the fact is wanted."""
    return told.split(THRESHOLDS, 1)[0].rstrip(".")


def days(count: float) -> str:
    return "1 day" if count == 1 else f"{count:g} days"


def amount(value: float, unit: str) -> str:
    """A value with its unit: 12 days, 40 %, 0.56."""
    if unit == "days":
        return days(value)
    if unit in ("%", "points"):
        return f"{_whole(value)} {unit}"
    return f"{value:.2f}"


def statement(key: str, tally: Tally, value: float) -> Told:
    """What the records say for a signal, and which records."""
    return _STATEMENTS[key](tally, value)


def sentence(said: str, value: float, scale: Scale, unit: str) -> str:
    """A statement with its gap, where that is another number than the value, and thresholds."""
    gap = scale.gap(value)
    if gap in (0, abs(value)):
        return said + _thresholds(scale, unit)
    side = "short" if scale.full_at > scale.zero_at else "over"
    told = amount(gap, "points" if unit == "%" else unit)
    return f"{said}, {told} {side}{_thresholds(scale, unit)}"


@lru_cache(maxsize=64)
def _thresholds(scale: Scale, unit: str) -> str:
    first, last = ("from", "up to") if scale.full_at > scale.zero_at else ("up to", "from")
    full, zero = amount(scale.full_at, unit), amount(scale.zero_at, unit)
    return f"{THRESHOLDS} {first} {full}, none {last} {zero}."


def missing(key: str, tally: Tally, rules: Rules) -> str:
    """Why a signal cannot be had."""
    return f"{TITLES[key]}: {_MISSING[key](tally, rules)}"


def cap_sentence(key: str, ceiling: int, tally: Tally, rules: Rules) -> Told:
    """Why the score has a ceiling, and the records behind it."""
    return _CAPS[key](ceiling, tally, rules)


def _whole(value: float) -> str:
    """A whole number; -0 reads as 0, and a small loss never reads as none."""
    return f"{round(value, 1) if 0 < abs(value) < 1 else round(value):g}"


def _ids(tasks: Iterable[OpenTask]) -> list[str]:
    return [task.id for task in tasks]


def _percent_done(tally: Tally) -> str:
    return _whole(100 * tally.work_done / tally.work)


def _weightiest(tally: Tally) -> list[str]:
    """The unfinished tasks that should move now, those with most work left first."""
    moving = (task for task in tally.open if task.under_way)
    return _ids(sorted(moving, key=lambda task: (-task.rest, task.id)))


def _schedule(tally: Tally, value: float) -> Told:
    elapsed = _whole(100 * (tally.elapsed or 0))
    said = f"{_percent_done(tally)} % of the work is done after {elapsed} % of the time"
    return f"{said}: {value:.2f} of plan", _weightiest(tally)


def _overdue(tally: Tally, value: float) -> Told:
    if not tally.late:
        return "No open task is past its date", []
    worst = tally.late[0]
    said = f"{worst.id} is {days(worst.late)} past its date"
    if worst.milestone:
        said = f"Milestone {worst.id} is {days(worst.late)} past its date, counted as {value:g}"
    others = len(tally.late) - 1
    if others:
        said += f" ({others} more overdue)"
    return said, _ids(tally.late)


def _flow(tally: Tally, value: float) -> Told:
    if not tally.under_way:
        return "No task is under way, so none is stuck", []
    stuck = sorted((t for t in tally.open if t.stuck), key=lambda t: (-t.late, t.id))
    if not stuck:
        return f"None of {tally.under_way} tasks under way is late or blocked", []
    said = f"{len(stuck)} of {tally.under_way} tasks under way are late or blocked"
    if len(stuck) == 1:
        said = f"1 of {tally.under_way} tasks under way is late or blocked"
    return f"{said} ({_whole(value)} %)", _ids(stuck)


def _blockers(tally: Tally, value: float) -> Told:
    if not tally.blockers:
        return "No blocker is open", []
    return _blocker(tally.blockers[0]), [blocker.record for blocker in tally.blockers]


def _blocker(blocker: Blocker) -> str:
    age = days(blocker.age or 0)
    if blocker.basis == "note":
        return f"A blocker reported in {blocker.record} has been open for {age}"
    if blocker.basis == "changed":
        return f"{blocker.record} has been blocked for at least {age}"
    return f"{blocker.record} is blocked and was to start {age} ago"


def _notes(tally: Tally, value: float) -> Told:
    count = len(tally.exposures)
    if not count:
        return f"No open risk in {_count(tally.notes_seen, 'recent note')}", []
    of = f"{count} of {_count(tally.notes_seen, 'recent note')}"
    verb = "tells" if count == 1 else "tell"
    said = f"{of} {verb} of an open risk, the heaviest {tally.exposures[0][1]}"
    return f"{said}: exposure {value:.2f}", [note for _, note in tally.exposures]


def _contact(tally: Tally, value: float) -> Told:
    note = tally.last_note[1] if tally.last_note else ""
    return f"The last note, {note}, is {days(value)} old", [note]


def _usage(tally: Tally, value: float) -> Told:
    recent, earlier = tally.recent_runs or 0, tally.earlier_runs
    window = days(tally.usage_days)
    if not recent and not earlier:
        return f"No notebook has run in the last {window} or the {window} before", []
    said = f"{_count(recent, 'notebook run')} in the last {window} against {earlier} before"
    return f"{said} ({_whole(value)} %)", list(tally.runs)


def _effort(tally: Tally, value: float) -> Told:
    consumed, done = _whole(tally.consumed or 0), _percent_done(tally)
    return f"{consumed} % of the hours are used and {done} % of the work is done", []


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _no_schedule(tally: Tally, rules: Rules) -> str:
    if tally.starts is None or tally.ends is None:
        absent = "start" if tally.starts is None else "end"
        return f"the engagement has no {absent} date"
    if tally.elapsed is None:
        return "the engagement ends before it starts"
    if tally.tasks < rules.least_tasks:
        return f"{_count(tally.tasks, 'task')}, and at least {rules.least_tasks} are needed"
    return f"less than {_whole(100 * rules.least_elapsed)} % of the time has passed"


def _no_overdue(tally: Tally, rules: Rules) -> str:
    return "no task has an end date" if tally.tasks else "there are no tasks"


def _no_flow(tally: Tally, rules: Rules) -> str:
    return "no task has started" if tally.tasks else "there are no tasks"


def _no_blockers(tally: Tally, rules: Rules) -> str:
    if tally.blockers:
        return f"{tally.blockers[0].record} is blocked, since when is not recorded"
    return "there is no task or recent note to look in" if tally.today else _no_notes(tally, rules)


def _no_notes(tally: Tally, rules: Rules) -> str:
    return f"no note in the last {rules.note_window_days} days"


def _no_contact(tally: Tally, rules: Rules) -> str:
    return "there are no notes"


def _no_usage(tally: Tally, rules: Rules) -> str:
    return "no notebook has run yet"


def _no_effort(tally: Tally, rules: Rules) -> str:
    if not tally.today:
        return "hours are known for today alone"
    if tally.consumed is None:
        return "planned or consumed hours are not given"
    return "there are no tasks"


def _overrun(ceiling: int, tally: Tally, rules: Rules) -> Told:
    ended = date.fromordinal(tally.ends or 1).isoformat()
    left = _count(len(tally.open), "task")
    said = f"At most {ceiling}: the end date {ended} has passed with {left} open."
    if not tally.tasks:
        said = f"At most {ceiling}: the end date {ended} has passed and nothing says it is done."
    return said, _ids(sorted(tally.open, key=lambda task: (-task.late, task.id)))


def _old_blocker(ceiling: int, tally: Tally, rules: Rules) -> Told:
    old = old_critical_blockers(tally, rules)
    said = f"At most {ceiling}: a critical blocker ({old[0].record}) is older than"
    return f"{said} {days(rules.old_blocker_days)}.", [blocker.record for blocker in old]


def _milestones(ceiling: int, tally: Tally, rules: Rules) -> Told:
    late = late_milestones(tally, rules)
    said = f"At most {ceiling}: {len(late)} milestones are more than"
    return f"{said} {days(rules.late_milestone_days)} late.", _ids(late)


_STATEMENTS: dict[str, Callable[[Tally, float], Told]] = {
    "schedule": _schedule,
    "overdue": _overdue,
    "flow": _flow,
    "blockers": _blockers,
    "notes": _notes,
    "contact": _contact,
    "usage": _usage,
    "effort": _effort,
}
_MISSING: dict[str, Callable[[Tally, Rules], str]] = {
    "schedule": _no_schedule,
    "overdue": _no_overdue,
    "flow": _no_flow,
    "blockers": _no_blockers,
    "notes": _no_notes,
    "contact": _no_contact,
    "usage": _no_usage,
    "effort": _no_effort,
}
_CAPS: dict[str, Callable[[int, Tally, Rules], Told]] = {
    "end_date_passed": _overrun,
    "old_critical_blocker": _old_blocker,
    "late_milestones": _milestones,
}

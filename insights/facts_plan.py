"""Facts of the plan: tasks and milestones that are done, late, blocked, next or moved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from engagements.health_ledger import finished_on
from engagements.health_tally import Blocker, OpenTask, Tally
from engagements.records import EngagementRecord, TaskRecord, TaskStatus
from insights.engine.words import count, full_day
from insights.schema import Fact, FactValue

MOST_TASKS = 6
MOST_SOURCES = 20
RECENT_DAYS = 28


class Gathering:
    """The facts collected so far, and what they are collected from."""

    def __init__(self, engagement: EngagementRecord, as_of: date) -> None:
        self.engagement = engagement
        self.as_of = as_of
        self.facts: dict[str, Fact] = {}

    def add(self, name: str, value: FactValue, sentence: str, sources: Iterable[str] = ()) -> None:
        self.facts[name] = Fact(
            name=name, value=value, sentence=sentence, sources=tuple(sources)[:MOST_SOURCES]
        )


def of_plan(gathering: Gathering, tally: Tally, tasks: Sequence[TaskRecord]) -> None:
    """Every fact of the plan."""
    named = {task.task_id: task for task in tasks}
    _of_work(gathering, tally)
    _of_late_tasks(gathering, tally, named)
    _of_blocked_tasks(gathering, tally, named)
    _of_milestones(gathering, tally, named)
    _of_moved_dates(gathering, tally, named)
    _of_finished_work(gathering, tasks)


def _of_work(gathering: Gathering, tally: Tally) -> None:
    add = gathering.add
    if not tally.tasks:
        return
    still_open, total = len(tally.open), tally.tasks
    done = total - still_open
    add("tasks", total, f"The plan has {count(total, 'task')}")
    add("completed_tasks", done, f"{done} of {count(total, 'task')} completed")
    add("open_tasks", still_open, f"{still_open} of {count(total, 'task')} open",
        (t.id for t in tally.open))  # fmt: skip
    if tally.work:
        percent = round(100 * tally.work_done / tally.work)
        sentence = f"{percent}% of the work is done"
        if tally.elapsed is not None:
            sentence += f" with {round(100 * tally.elapsed)}% of the planned time passed"
        add("work_done_percent", percent, sentence)


def _name(named: dict[str, TaskRecord], task_id: str) -> str:
    return " ".join(named[task_id].name.split())[:80] if task_id in named else task_id


def _of_late_tasks(gathering: Gathering, tally: Tally, named: dict[str, TaskRecord]) -> None:
    if not tally.late:
        if tally.dated:
            gathering.add("overdue_tasks", 0, "No task is overdue")
        return
    late = sorted(tally.late, key=lambda t: (-t.late, t.id))
    total, worst = len(late), late[0]
    are = "is" if total == 1 else "are"
    oldest = f"{worst.id} {_name(named, worst.id)} by {count(worst.late, 'day')}"
    gathering.add("overdue_tasks", total, f"{count(total, 'task')} {are} overdue",
                  (t.id for t in late))  # fmt: skip
    gathering.add("worst_overdue_days", worst.late, f"The longest overdue is {oldest}", (worst.id,))
    for task in _shown(late, tally.late):
        _late_task(gathering, task, named)


def _shown(*orders: Sequence[OpenTask]) -> list[OpenTask]:
    """The first few of each order, each task once."""
    return list({task.id: task for order in orders for task in order[:MOST_TASKS]}.values())


def _late_task(gathering: Gathering, task: OpenTask, named: dict[str, TaskRecord]) -> None:
    due = named[task.id].end_date or named[task.id].baseline_end_date
    since = f" of {full_day(due)}" if due else ""
    what = "Milestone" if task.milestone else "Task"
    gathering.add(
        f"overdue_days_{task.id}",
        task.late,
        f"{what} {task.id} {_name(named, task.id)} is overdue by {count(task.late, 'day')}, "
        f"past its end date{since}",
        (task.id,),
    )


def _of_blocked_tasks(gathering: Gathering, tally: Tally, named: dict[str, TaskRecord]) -> None:
    blocked = [t for t in tally.open if named[t.id].status is TaskStatus.BLOCKED]
    if not blocked:
        return
    are = "is" if len(blocked) == 1 else "are"
    gathering.add("blocked_tasks", len(blocked), f"{count(len(blocked), 'task')} {are} blocked",
                  (t.id for t in blocked))  # fmt: skip
    for blocker in [b for b in tally.blockers if b.record in named][:MOST_TASKS]:
        _blocked_task(gathering, blocker, named)


def _blocked_task(gathering: Gathering, blocker: Blocker, named: dict[str, TaskRecord]) -> None:
    name = f"{blocker.record} {_name(named, blocker.record)}"
    if blocker.age is None or blocker.basis != "changed":
        sentence = f"Task {name} is blocked"
        gathering.add(f"blocked_{blocker.record}", "Blocked", sentence, (blocker.record,))
        return
    sentence = f"Task {name} has been blocked for at least {count(blocker.age, 'day')}"
    gathering.add(f"blocked_{blocker.record}", blocker.age, sentence, (blocker.record,))


def _of_milestones(gathering: Gathering, tally: Tally, named: dict[str, TaskRecord]) -> None:
    late = [t for t in tally.late if t.milestone]
    if late:
        are = "is" if len(late) == 1 else "are"
        gathering.add("milestones_late", len(late), f"{count(len(late), 'milestone')} {are} late",
                      (t.id for t in late))  # fmt: skip
    coming = [
        (due, t.id)
        for t in tally.open
        if t.milestone and (due := named[t.id].end_date) and due >= gathering.as_of
    ]
    if coming:
        due, task_id = min(coming)
        name = _name(named, task_id)
        sentence = f"The next milestone is {name} ({task_id}) on {full_day(due)}"
        gathering.add("next_milestone", name, sentence, (task_id,))
        gathering.add("next_milestone_date", due, sentence, (task_id,))


def _of_moved_dates(gathering: Gathering, tally: Tally, named: dict[str, TaskRecord]) -> None:
    moved = []
    for task in (named[t.id] for t in tally.open):
        promised, due = task.baseline_end_date, task.end_date
        if promised and due and due > promised:
            moved.append(((due - promised).days, task.task_id, promised, due))
    moved.sort(key=lambda row: (-row[0], row[1]))
    if moved:
        have = "has" if len(moved) == 1 else "have"
        gathering.add("moved_tasks", len(moved),
                      f"{count(len(moved), 'open task')} {have} a later date than first promised",
                      (task_id for _, task_id, _, _ in moved))  # fmt: skip
    for days, task_id, promised, due in moved[:MOST_TASKS]:
        gathering.add(
            f"moved_days_{task_id}",
            days,
            f"The date of {task_id} {_name(named, task_id)} moved by {count(days, 'day')}, "
            f"from {full_day(promised)} to {full_day(due)}",
            (task_id,),
        )


def _of_finished_work(gathering: Gathering, tasks: Sequence[TaskRecord]) -> None:
    """What was completed lately, milestones first."""
    since = gathering.as_of - timedelta(days=RECENT_DAYS)
    done = []
    for task in tasks:
        finished = finished_on(task) if task.status is TaskStatus.COMPLETED else None
        if finished and since < finished <= gathering.as_of:
            done.append(
                (not task.is_milestone, -finished.toordinal(), task.task_id, task, finished)
            )
    done.sort(key=lambda row: row[:3])
    if done:
        gathering.add("completed_recently", len(done),
                      f"{count(len(done), 'task')} completed in the last {RECENT_DAYS} days",
                      (row[2] for row in done))  # fmt: skip
        task, finished = done[0][3], done[0][4]
        what = "Milestone" if task.is_milestone else "Task"
        gathering.add("latest_completed", finished,
                      f"{what} {task.task_id} {' '.join(task.name.split())[:80]} was completed "
                      f"on {full_day(finished)}", (task.task_id,))  # fmt: skip

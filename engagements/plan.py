"""The tasks and the notebook use of one engagement, as its page shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec

from engagements.records import TaskRecord, TaskStatus
from psinsights.lib.typed import convert
from psinsights.lib.words import days_late, tone_of_late

SHOWN = 8  # open tasks, unless all are asked for; of done ones their number
WEEKS = 12
NOTEBOOKS = 8
RECENT = timedelta(days=28)
RECORD_COLUMNS = tuple(column.name for column in msgspec.structs.fields(TaskRecord))
TASK_COLUMNS = (*RECORD_COLUMNS, "owner_name")
USAGE_COLUMNS = ("notebook_name", "execution_date", "execution_count")
Gathered = Sequence[Sequence[Any]] | None  # rows in the order of the columns above
SHADES = {
    TaskStatus.COMPLETED: "ok",
    TaskStatus.BLOCKED: "risk",
    TaskStatus.IN_PROGRESS: "info",
    TaskStatus.NOT_STARTED: "none",
}


@dataclass(frozen=True, kw_only=True)
class PlanTask:
    """A task with its state in words."""

    task: TaskRecord
    owner: str
    state: str
    shade: str
    late: int  # days past its date while open

    @property
    def moved(self) -> int:
        """Days between the date first promised and the date now."""
        if not self.task.baseline_end_date or not self.task.end_date:
            return 0
        return (self.task.end_date - self.task.baseline_end_date).days


@dataclass(frozen=True, kw_only=True)
class Plan:
    """An engagement's tasks, open ones first by date, and what of them is shown."""

    open: Sequence[PlanTask]
    done: Sequence[PlanTask]
    overdue: int
    total: int
    open_total: int
    done_total: int
    everything: bool

    @property
    def is_cut(self) -> bool:
        return self.total > len(self.open) + len(self.done)


def plan(gathered: Gathered, day: date, *, everything: bool, at: str = "") -> Plan:
    """The tasks, of which the page shows a part where the plan is very long until asked for all.

    ``at`` names a record that must be shown if it is one of the tasks.
    """
    rows = [_plan_task(row, day) for row in gathered or ()]
    rows.sort(key=lambda row: (row.task.end_date or date.max, row.task.task_id))
    open_ones = [row for row in rows if row.task.status != TaskStatus.COMPLETED]
    open_ones.sort(key=lambda row: -row.late)
    done = [row for row in rows if row.task.status == TaskStatus.COMPLETED][::-1]
    everything = everything or any(row.task.task_id == at for row in open_ones[SHOWN:] + done)
    uncut = everything or len(rows) <= SHOWN
    return Plan(
        open=open_ones if uncut else open_ones[:SHOWN],
        done=done if uncut else [],
        overdue=sum(1 for row in open_ones if row.late),
        total=len(rows),
        open_total=len(open_ones),
        done_total=len(done),
        everything=everything,
    )


def _plan_task(row: Sequence[Any], day: date) -> PlanTask:
    *columns, owner = row
    values = dict(zip(RECORD_COLUMNS, columns, strict=True))
    task = convert(values, TaskRecord, strict=False)
    due = task.end_date
    state, shade, late = str(task.status), SHADES[task.status], 0
    if due and due < day and task.status != TaskStatus.COMPLETED:
        late = (day - due).days
        blocked = "Blocked, " if task.status == TaskStatus.BLOCKED else ""
        state, shade = blocked + days_late(due, day), tone_of_late(late)
    return PlanTask(task=task, owner=owner, state=state, shade=shade, late=late)


@dataclass(frozen=True, kw_only=True)
class Notebook:
    """A notebook's runs: by week for the small line, and of the last four weeks."""

    name: str
    weekly: list[int]
    runs: int
    last_run: date


def notebooks(gathered: Gathered, day: date) -> list[Notebook]:
    """The notebooks run in twelve weeks, the busiest of the last four weeks first.

    A usage row without a count tells of one run.
    """
    start = day - timedelta(weeks=WEEKS)
    found: dict[str, list[tuple[date, int]]] = defaultdict(list)
    for name, when, runs in gathered or ():
        if start < (ran_on := date.fromisoformat(when)) <= day:
            found[name].append((ran_on, 1 if runs is None else runs))
    books = [_notebook(name, runs, day) for name, runs in found.items()]
    return sorted(books, key=lambda book: (-book.runs, book.name))[:NOTEBOOKS]


def _notebook(name: str, runs: list[tuple[date, int]], day: date) -> Notebook:
    weekly = [0] * WEEKS
    for when, count in runs:
        weekly[WEEKS - 1 - (day - when).days // 7] += count
    return Notebook(
        name=name,
        weekly=weekly,
        runs=sum(count for when, count in runs if when > day - RECENT),
        last_run=max(when for when, _ in runs),
    )

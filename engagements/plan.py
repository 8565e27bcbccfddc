"""The tasks and the notebook use of one engagement, as its page shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Max, Sum
from django.db.models.functions import Coalesce

from engagements.models import Engagement, Task
from engagements.records import TaskStatus
from psinsights.lib.words import days_late

SHOWN = 40  # tasks of each kind, unless all are asked for
WEEKS = 12
NOTEBOOKS = 8
RECENT = timedelta(days=28)
SHADES = {
    TaskStatus.COMPLETED: "ok",
    TaskStatus.BLOCKED: "risk",
    TaskStatus.IN_PROGRESS: "info",
    TaskStatus.NOT_STARTED: "none",
}


@dataclass(frozen=True, kw_only=True)
class PlanTask:
    """A task with its state in words."""

    task: Task
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


def plan(
    engagement: Engagement, day: date, people: dict[str, str], *, everything: bool, at: str = ""
) -> Plan:
    """All tasks in one query; the page shows a part of a very long plan until asked for the rest.

    ``at`` names a record that must be shown if it is one of the tasks.
    """
    rows = [_plan_task(task, day, people) for task in engagement.tasks.order_by("end_date", "pk")]
    open_ones = [row for row in rows if row.task.status != TaskStatus.COMPLETED]
    open_ones.sort(key=lambda row: (-row.late, row.task.end_date or date.max, row.task.pk))
    done = [row for row in rows if row.task.status == TaskStatus.COMPLETED][::-1]
    everything = everything or any(row.task.pk == at for row in open_ones[SHOWN:] + done[SHOWN:])
    most = len(rows) if everything else SHOWN
    return Plan(
        open=open_ones[:most],
        done=done[:most],
        overdue=sum(1 for row in open_ones if row.late),
        total=len(rows),
        open_total=len(open_ones),
        done_total=len(done),
        everything=everything,
    )


def _plan_task(task: Task, day: date, people: dict[str, str]) -> PlanTask:
    is_late = task.status != TaskStatus.COMPLETED and task.end_date and task.end_date < day
    late = (day - task.end_date).days if is_late and task.end_date else 0
    blocked = task.status == TaskStatus.BLOCKED
    state, shade = task.status, SHADES[TaskStatus(task.status)]
    if late and task.end_date:
        told = days_late(task.end_date, day)
        state, shade = (f"Blocked, {told}" if blocked else told), "risk" if late > 7 else "watch"
    owner = task.owner_id or ""
    return PlanTask(
        task=task, owner=people.get(owner, owner), state=str(state), shade=shade, late=late
    )


@dataclass(frozen=True, kw_only=True)
class Notebook:
    """A notebook's runs: by week for the small line, and of the last four weeks."""

    name: str
    weekly: list[int]
    runs: int
    last_run: date


def notebooks(engagement: Engagement, day: date) -> list[Notebook]:
    """The notebooks run in twelve weeks, the busiest of the last four weeks first."""
    start = day - timedelta(weeks=WEEKS)
    rows = (
        engagement.usage.filter(execution_date__gt=start, execution_date__lte=day)
        .values("notebook_name", "execution_date")
        .annotate(runs=Coalesce(Sum("execution_count"), 1), last=Max("execution_date"))
        .order_by()
    )
    found: dict[str, list[tuple[date, int]]] = defaultdict(list)
    for row in rows:
        found[row["notebook_name"]].append((row["execution_date"], row["runs"]))
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

"""What the records say, as plain entries that are read once for any number of days.

Days are ordinals (``date.toordinal``). Each list is in an order that does not depend on the order
of the rows. Pure; see docs/health.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from engagements.health_model import Facts, Rules
from engagements.records import (
    EngagementRecord,
    EngagementStatus,
    FindingStatus,
    NoteFinding,
    TaskRecord,
    TaskStatus,
)


class TaskEntry(msgspec.Struct, frozen=True, gc=False):
    """A task before a day is chosen. ``finished`` is the dated completion; None is unknown."""

    id: str
    milestone: bool
    start: int | None
    due: int | None
    days: int  # weight in the work
    finished: int | None
    completed_on: int | None
    status: TaskStatus
    progress: int | None
    changed: int | None


class FindingEntry(msgspec.Struct, frozen=True, gc=False):
    """A problem of a note that is neither denied nor told as over."""

    note: str
    noted: int
    resolved: int | None
    weight: float  # severity x likelihood
    blocks: bool


class Ledger(msgspec.Struct, frozen=True, gc=False):
    """An engagement's entries, each list in an order that does not depend on the rows' order."""

    engagement: EngagementRecord
    tasks: list[TaskEntry]
    notes: list[tuple[int, str]]  # day and id, oldest first
    findings: list[FindingEntry]
    usage: list[tuple[int, str, int]]  # day, id and runs of rows that ran; oldest first
    starts: int | None
    ends: int | None
    completed_on: int | None  # of an engagement that is Completed today


def ledger_of(facts: Facts, rules: Rules) -> Ledger:
    """The entries of an engagement, read once for any number of days."""
    tasks = [_task_entry(task, rules) for task in facts.tasks]
    tasks.sort(key=_task_order)
    engagement = facts.engagement
    ends = _ordinal(engagement.end_date)
    return Ledger(
        engagement=engagement,
        tasks=tasks,
        notes=sorted([(n.created_at.toordinal(), n.note_id) for n in facts.notes]),
        findings=[
            _finding_entry(finding)
            for finding in facts.findings
            if finding.status in (FindingStatus.OPEN, FindingStatus.POTENTIAL)
        ],
        usage=sorted(
            [
                (row.execution_date.toordinal(), row.usage_id, runs)
                for row in facts.usage
                if (runs := _runs(row.execution_count))
            ]
        ),
        starts=_ordinal(engagement.start_date),
        ends=ends,
        completed_on=_completion(engagement, tasks, ends),
    )


def standing(ledger: Ledger, day: int, today: bool) -> EngagementStatus:
    """Where the engagement stood on a day: as reported today, by its dates before.

    An engagement that has not started today had not started on any day before.
    """
    status = ledger.engagement.status
    if today or status == EngagementStatus.NOT_STARTED:
        return status
    if ledger.starts is not None and day < ledger.starts:
        return EngagementStatus.NOT_STARTED
    finished = ledger.completed_on
    if status == EngagementStatus.COMPLETED and (finished is None or day >= finished):
        return EngagementStatus.COMPLETED
    return EngagementStatus.ACTIVE


def finished_on(task: TaskRecord) -> date | None:
    """The dated completion of a task: ``completed_at``, else a completed task's end date."""
    if task.completed_at is not None:
        return task.completed_at.date()
    if task.status == TaskStatus.COMPLETED:
        return task.end_date or task.baseline_end_date
    return None


def _completion(
    engagement: EngagementRecord, tasks: Iterable[TaskEntry], ends: int | None
) -> int | None:
    if engagement.status != EngagementStatus.COMPLETED:
        return None
    return max((task.finished for task in tasks if task.finished is not None), default=ends)


def _task_entry(task: TaskRecord, rules: Rules) -> TaskEntry:
    # Called for every task of a portfolio: what is there is asked once, in one place.
    begins, ends = task.start_date, task.end_date or task.baseline_end_date
    completed, updated = task.completed_at, task.updated_at
    start = None if begins is None else begins.toordinal()
    due = None if ends is None else ends.toordinal()
    completed_on = None if completed is None else completed.toordinal()
    finished = completed_on
    if finished is None and task.status is TaskStatus.COMPLETED:
        finished = due
    return TaskEntry(
        task.task_id,
        task.is_milestone is True,
        start,
        due,
        _duration(start, due, rules),
        finished,
        completed_on,
        task.status,
        task.progress_percent,
        None if updated is None else updated.toordinal(),
    )


def _duration(start: int | None, due: int | None, rules: Rules) -> int:
    if start is None or due is None or due < start:
        return rules.undated_task_days
    return due - start + 1


def _task_order(task: TaskEntry) -> str:
    return task.id


def _finding_entry(finding: NoteFinding) -> FindingEntry:
    return FindingEntry(
        finding.note_id,
        finding.noted_on.toordinal(),
        _ordinal(finding.resolved_on),
        finding.severity * finding.likelihood,
        finding.is_blocker and finding.status == FindingStatus.OPEN,
    )


def _ordinal(day: date | None) -> int | None:
    return None if day is None else day.toordinal()


def _runs(count: int | None) -> int:
    """A usage row without a count tells of one run at least."""
    return 1 if count is None else max(0, count)

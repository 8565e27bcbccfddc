"""The records of many engagements at once: one query a table, whatever their number.

Rows are read past the ORM, which would build a model instance of each: a portfolio of ten thousand
engagements has 300,000.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from django.db import connection, models
from django.db.models import QuerySet

from engagements import records
from engagements.health import Facts
from engagements.models import DeliveryNote, Engagement, NotebookUsage, NoteFinding, Task

# Texts are not read: no judgement of health looks at them.
ENGAGEMENT_COLUMNS = (
    *("engagement_id", "customer_name", "status", "start_date", "end_date", "health_score"),
    *("planned_hours", "consumed_hours", "created_at", "updated_at"),
)
TASK_COLUMNS = (
    *("task_id", "engagement_id", "name", "status", "phase", "start_date", "end_date"),
    *("progress_percent", "is_milestone", "completed_at", "updated_at", "baseline_end_date"),
)
NOTE_COLUMNS = ("note_id", "engagement_id", "created_at")
USAGE_COLUMNS = (
    *("usage_id", "engagement_id", "notebook_name", "execution_date", "execution_count"),
)


@dataclass(frozen=True)
class Inputs:
    """An engagement's facts, and a mark that changes when any of the rows behind them does."""

    facts: Facts
    mark: str


class _Found:
    """Rows of one table by engagement, with a sum of their hashes: the same in any order."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Any]] = defaultdict(list)
        self.marks: dict[str, int] = defaultdict(int)

    def add(self, engagement_id: str, row: Any, row_hash: str) -> None:
        self.rows[engagement_id].append(row)
        self.marks[engagement_id] += int(row_hash or "0", 16)


def inputs_of(engagements: QuerySet[Engagement], *, as_of: date) -> Iterator[Inputs]:
    """What health may look at of each engagement, in the order of their ids."""
    tasks = _by_engagement(Task, TASK_COLUMNS, records.TaskRecord, engagements)
    notes = _notes(engagements)
    usage = _by_engagement(NotebookUsage, USAGE_COLUMNS, records.UsageRecord, engagements)
    findings = _findings(engagements)
    none: list[Any] = []
    for row_hash, *row in _rows(engagements.order_by("pk"), ("row_hash", *ENGAGEMENT_COLUMNS)):
        engagement = _record(records.EngagementRecord, ENGAGEMENT_COLUMNS, row)
        key = engagement.engagement_id
        facts = Facts(
            engagement=engagement,
            tasks=tasks.rows.pop(key, none),
            notes=notes.rows.pop(key, none),
            findings=findings.pop(key, none),
            usage=usage.rows.pop(key, none),
            as_of=as_of,
        )
        sums = [int(row_hash or "0", 16), *(found.marks[key] for found in (tasks, notes, usage))]
        yield Inputs(facts, _mark(sums))


def _mark(sums: Sequence[int]) -> str:
    text = "|".join(format(number, "x") for number in sums)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _rows(rows: QuerySet[Any], columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Plain rows as the driver gives them: SQLite's dates are text."""
    sql, parameters = rows.values_list(*columns).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        while batch := cursor.fetchmany(2000):
            yield from batch


def _record(record: type[Any], columns: Sequence[str], row: Sequence[Any]) -> Any:
    # Not strict: SQLite has 0 and 1 for false and true.
    return msgspec.convert(dict(zip(columns, row, strict=True)), record, strict=False)


def _by_engagement(
    model: type[models.Model],
    columns: Sequence[str],
    record: type[Any],
    engagements: QuerySet[Engagement],
) -> _Found:
    found = _Found()
    rows = model._default_manager.filter(engagement__in=engagements.values("pk")).order_by()
    for row_hash, *row in _rows(rows, ("row_hash", *columns)):
        one = _record(record, columns, row)
        found.add(one.engagement_id, one, row_hash)
    return found


def _notes(engagements: QuerySet[Engagement]) -> _Found:
    found = _Found()
    rows = DeliveryNote.objects.filter(engagement__in=engagements.values("pk")).order_by()
    for row_hash, key, engagement, at in _rows(rows, ("row_hash", *NOTE_COLUMNS)):
        note = records.NoteRecord(
            note_id=key, engagement_id=engagement, created_at=_moment(at), content=""
        )
        found.add(engagement, note, row_hash)
    return found


def _moment(at: Any) -> datetime:
    if isinstance(at, str):
        at = datetime.fromisoformat(at)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _findings(engagements: QuerySet[Engagement]) -> dict[str, list[records.NoteFinding]]:
    columns = records.NoteFinding.__struct_fields__
    found: dict[str, list[records.NoteFinding]] = defaultdict(list)
    rows = NoteFinding.objects.filter(engagement__in=engagements.values("pk")).order_by()
    for engagement, *row in _rows(rows, ("engagement_id", *columns)):
        found[engagement].append(_record(records.NoteFinding, columns, row))
    return found

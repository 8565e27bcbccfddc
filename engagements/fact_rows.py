"""The records of many engagements at once: one query a table, whatever their number.

The database gathers the rows of an engagement into one JSON array, which is decoded into records in
one step. Row by row, a portfolio of ten thousand engagements would be half a million small decisions
in Python.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from django.db import connection, models
from django.db.models import F, QuerySet, Value
from django.db.models.functions import JSONObject

from engagements import records
from engagements.gathered import Gathered
from engagements.health import Facts
from engagements.models import DeliveryNote, Engagement, NotebookUsage, NoteFinding, Task
from psinsights.lib.typed import convert, decoder

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
FINDING_COLUMNS = records.NoteFinding.__struct_fields__


@dataclass(frozen=True)
class Inputs:
    """An engagement's facts, and a mark that changes when any of the rows behind them does."""

    facts: Facts
    mark: str


_Found = dict[str, tuple[list[Any], int]]  # records and mark by engagement


def inputs_of(engagements: QuerySet[Engagement], *, as_of: date) -> Iterator[Inputs]:
    """What health may look at of each engagement, in the order of their ids."""
    tasks = _by_engagement(Task, records.TaskRecord, TASK_COLUMNS, engagements)
    notes = _by_engagement(DeliveryNote, records.NoteRecord, NOTE_COLUMNS, engagements)
    usage = _by_engagement(NotebookUsage, records.UsageRecord, USAGE_COLUMNS, engagements)
    findings = _by_engagement(
        NoteFinding, records.NoteFinding, FINDING_COLUMNS, engagements, marked=False
    )
    nothing: tuple[list[Any], int] = ([], 0)
    for row_hash, *row in _rows(engagements.order_by("pk"), ("row_hash", *ENGAGEMENT_COLUMNS)):
        engagement = _record(records.EngagementRecord, ENGAGEMENT_COLUMNS, row)
        key = engagement.engagement_id
        found = [rows.pop(key, nothing) for rows in (tasks, notes, usage)]
        facts = Facts(
            engagement=engagement,
            tasks=found[0][0],
            notes=found[1][0],
            usage=found[2][0],
            findings=findings.pop(key, nothing)[0],
            as_of=as_of,
        )
        yield Inputs(facts, _mark([int(row_hash or "0", 16), *(mark for _, mark in found)]))


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
    return convert(dict(zip(columns, row, strict=True)), record, strict=False)


def _by_engagement(
    model: type[models.Model],
    record: type[msgspec.Struct],
    columns: Sequence[str],
    engagements: QuerySet[Engagement],
    *,
    marked: bool = True,
) -> _Found:
    """Records of one table, with a sum of their hashes: the same in any order."""
    shape: dict[str, Any] = {name: F(name) for name in columns}
    if record is records.NoteRecord:
        shape["content"] = Value("-")  # not read, and a note without words is none
    gathered = {"found": Gathered(JSONObject(**shape))}
    if marked:
        gathered["marks"] = Gathered(F("row_hash"))
    rows = (
        model._default_manager.filter(engagement__in=engagements.values("pk"))
        .order_by()
        .values("engagement_id")
        .annotate(**gathered)
    )
    # Not strict: SQLite has 0 and 1 for false and true.
    decode = decoder(list[record], strict=False).decode  # type: ignore[valid-type]
    return {
        key: (decode(found), sum([int(one or "0", 16) for one in _hashes(*marks)]))
        for key, found, *marks in _rows(rows, ("engagement_id", *gathered))
    }


def _hashes(gathered: str = "[]") -> list[str]:
    return _HASHES.decode(gathered)


_HASHES = decoder(list[str])

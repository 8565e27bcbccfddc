"""Stored rows back to records: what judgement works on, whichever database they lie in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

import msgspec

from engagements import models, records
from engagements.records import EngagementRecord, NoteRecord, TaskRecord, UsageRecord
from psinsights.lib.typed import convert

Record = TypeVar("Record", bound=msgspec.Struct)
COLUMNS = {
    kind: tuple(field.name for field in msgspec.structs.fields(kind))
    for kind in (EngagementRecord, TaskRecord, NoteRecord, UsageRecord, records.NoteFinding)
}


def to_record(kind: type[Record], values: Mapping[str, Any]) -> Record:
    """A record from the values of a row, with its words as enums."""
    return convert(values, kind, strict=False)


def engagement_record(row: models.Engagement) -> EngagementRecord:
    """The record of an engagement row."""
    return to_record(
        EngagementRecord, {name: getattr(row, name) for name in COLUMNS[EngagementRecord]}
    )


def tasks_of(engagement_id: str) -> list[TaskRecord]:
    """The plan, by date."""
    rows = models.Task.objects.filter(engagement_id=engagement_id).order_by("end_date", "task_id")
    return _records(TaskRecord, rows.values(*COLUMNS[TaskRecord]))


def notes_of(engagement_id: str, *, until: date) -> list[NoteRecord]:
    """The notes written up to the end of a day, newest first: later ones have not happened."""
    rows = models.DeliveryNote.objects.filter(
        engagement_id=engagement_id, created_at__date__lte=until
    ).order_by("-created_at", "-note_id")
    return _records(NoteRecord, rows.values(*COLUMNS[NoteRecord]))


def usage_of(engagement_id: str, *, until: date) -> list[UsageRecord]:
    """Notebook runs up to a day."""
    rows = models.NotebookUsage.objects.filter(
        engagement_id=engagement_id, execution_date__lte=until
    ).order_by("execution_date", "usage_id")
    return _records(UsageRecord, rows.values(*COLUMNS[UsageRecord]))


def findings_of(engagement_id: str, *, until: date) -> list[records.NoteFinding]:
    """What the notes up to a day were found to say."""
    rows = models.NoteFinding.objects.filter(
        engagement_id=engagement_id, noted_on__lte=until
    ).order_by("noted_on", "note_id", "start")
    return _records(records.NoteFinding, rows.values(*COLUMNS[records.NoteFinding]))


def _records(kind: type[Record], rows: Iterable[Mapping[str, Any]]) -> list[Record]:
    return [to_record(kind, row) for row in rows]

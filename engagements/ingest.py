"""Checked records become rows: upserted by key, within the caller's transaction.

Rows go in by ``executemany`` and not by ``bulk_create``, which spends several times the database's
own work on building model instances: a portfolio of ten thousand engagements is 300,000 rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any, TypeVar

import msgspec
from django.db import connection, models
from django.db.models import Q

from engagements import records
from engagements.models import (
    DeliveryNote,
    Engagement,
    HealthEvent,
    HealthReading,
    NotebookUsage,
    Standing,
    Task,
    TeamMember,
)
from engagements.parse import plan_of

BATCH = 500  # keys in one IN (…): safe on every SQLite
Item = TypeVar("Item")


def batches(items: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """The items in lists of at most ``size``."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def row_hash(record: msgspec.Struct) -> str:
    """Tells two versions of a row apart: 128 bits of its canonical encoding, as hex."""
    return hashlib.blake2b(msgspec.msgpack.encode(record), digest_size=16).hexdigest()


def upsert(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    unique: Sequence[str],
) -> None:
    """Insert rows of bound values, or update those whose ``unique`` columns are already there."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    marks = ", ".join(["%s"] * len(columns))
    sets = ", ".join(f"{quote(c)} = excluded.{quote(c)}" for c in columns if c not in unique)
    keys = ", ".join(quote(column) for column in unique)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks}) "
            f"ON CONFLICT ({keys}) DO UPDATE SET {sets}",
            list(rows),
        )


def bound(value: Any) -> Any:
    """A value as the database driver takes it: SQLite keeps dates as text, as Django does."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple | list | dict):
        return msgspec.json.encode(value).decode()
    if connection.vendor != "sqlite":
        return value
    if isinstance(value, datetime):
        return _naive_text(value)
    return value.isoformat() if isinstance(value, date) else value


def _naive_text(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def _day_text(day: date) -> str:
    return day.isoformat()


def _json_text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _word(value: StrEnum) -> str:
    return value.value


def _binders(record: type[msgspec.Struct]) -> list[tuple[int, Callable[[Any], Any]]]:
    """Which fields of a record the driver does not take as they are, and what it takes instead."""
    sqlite = connection.vendor == "sqlite"
    found: list[tuple[int, Callable[[Any], Any]]] = []
    for index, hint in enumerate(plan_of(record).types.values()):
        text = str(hint)
        if "datetime.datetime" in text:
            found += [(index, _naive_text)] if sqlite else []
        elif "datetime.date" in text:
            found += [(index, _day_text)] if sqlite else []
        elif "tuple" in text:
            found.append((index, _json_text))
        elif "records." in text:
            found.append((index, _word))
    return found


class RowIntake:
    """Takes the rows of one table of this room. See ``connectors.tables.Intake``."""

    def __init__(
        self,
        model: type[models.Model],
        record: type[msgspec.Struct],
        *,
        ours: Q | None = None,
        constants: Mapping[str, Any] | None = None,
        unique: Sequence[str] = (),
    ) -> None:
        self.model, self.record, self.made_here = model, record, ours
        self.constants = dict(constants or {})  # columns of ours that every row gets
        self.key_column = model._meta.pk.attname
        self.unique = unique or (self.key_column,)
        self.by_engagement = "engagement_id" in record.__struct_fields__

    def key(self, record: Any) -> str:
        return getattr(record, self.key_column)

    def row_hash(self, record: Any) -> str:
        return row_hash(record)

    def known(self) -> dict[str, str]:
        return dict(self.model._default_manager.values_list("pk", "row_hash").iterator(5000))

    def ours(self) -> set[str]:
        if self.made_here is None:
            return set()
        return set(self.model._default_manager.filter(self.made_here).values_list("pk", flat=True))

    def write(self, rows: Sequence[tuple[Any, str]], changed: Sequence[str]) -> set[str]:
        touched = self._engagements_of(changed)
        columns = [*self.record.__struct_fields__, "row_hash", *self.constants]
        upsert(self.model, columns, self._bound(rows), unique=self.unique)
        if self.by_engagement:
            touched |= {record.engagement_id for record, _ in rows}
        return touched

    def remove(self, keys: Collection[str]) -> set[str]:
        touched = self._engagements_of(keys)
        for batch in batches(keys):
            self.model._default_manager.filter(pk__in=batch).delete()
        return touched

    def _bound(self, rows: Sequence[tuple[Any, str]]) -> Iterator[list[Any]]:
        binders = _binders(self.record)
        for record, digest in rows:
            values = [*msgspec.structs.astuple(record), digest, *self.constants.values()]
            for index, bind in binders:
                if values[index] is not None:
                    values[index] = bind(values[index])
            yield values

    def _engagements_of(self, keys: Collection[str]) -> set[str]:
        """Where rows belonged before: one that moves leaves a gap behind."""
        if not self.by_engagement:
            return set()
        return {
            engagement
            for batch in batches(keys)
            for engagement in self.model._default_manager.filter(pk__in=batch).values_list(
                "engagement_id", flat=True
            )
        }


class EngagementIntake(RowIntake):
    """Takes engagements; an id that now means another customer starts a new history."""

    def write(self, rows: Sequence[tuple[Any, str]], changed: Sequence[str]) -> set[str]:
        self._forget_replaced([record for record, _ in rows], changed)
        return super().write(rows, changed)

    def remove(self, keys: Collection[str]) -> set[str]:
        super().remove(keys)
        return set()

    def _forget_replaced(self, arriving: Sequence[Any], changed: Sequence[str]) -> None:
        """Readings of another customer's engagement that had the same id are nobody's trend."""
        for batch in batches(changed):
            before = {
                key: (name, start)
                for key, name, start in Engagement.objects.filter(pk__in=batch).values_list(
                    "pk", "customer_name", "start_date"
                )
            }
            replaced = [
                record.engagement_id
                for record in arriving
                if record.engagement_id in before
                and before[record.engagement_id][0] != record.customer_name
                and before[record.engagement_id][1] != record.start_date
            ]
            forget_history(replaced)


def forget_history(engagement_ids: Collection[str] | None = None) -> None:
    """Drop the readings and events of these engagements, or of all."""
    for model in (HealthReading, HealthEvent):
        if engagement_ids is None:
            model._default_manager.all()._raw_delete(connection.alias)
            continue
        for batch in batches(engagement_ids):
            model._default_manager.filter(engagement__in=batch).delete()


def mark_unassessed(engagement_ids: Collection[str]) -> None:
    """Something these engagements' health rests on has changed."""
    for batch in batches(engagement_ids):
        Engagement.objects.filter(pk__in=batch).update(unassessed=True)


def mark_unread(engagement_ids: Collection[str]) -> None:
    """Notes of these engagements have changed since they were read for findings."""
    for batch in batches(engagement_ids):
        Engagement.objects.filter(pk__in=batch).update(unread=True, unassessed=True)


def give_standing(day: date) -> None:
    """A standing "not scored yet" for engagements that are new, so that every page can join it."""
    missing = Engagement.objects.filter(standing=None).values_list("pk", flat=True)
    blank = Standing(as_of=day, band="unknown", state="unknown", reason="Not assessed yet.")
    fields = [field for field in Standing._meta.concrete_fields if not field.primary_key]
    columns = ["engagement_id", *(field.attname for field in fields)]
    values = [
        bound(getattr(blank, field.attname))
        if not isinstance(field, models.JSONField)
        else bound(field.get_default())
        for field in fields
    ]
    upsert(Standing, columns, ([key, *values] for key in missing), unique=["engagement_id"])


ENGAGEMENTS = EngagementIntake(Engagement, records.EngagementRecord)
TASKS = RowIntake(Task, records.TaskRecord)
NOTES = RowIntake(DeliveryNote, records.NoteRecord, ours=Q(written_here=True))
USAGE = RowIntake(NotebookUsage, records.UsageRecord)
PEOPLE = RowIntake(TeamMember, records.TeamMember)

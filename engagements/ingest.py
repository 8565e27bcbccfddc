"""Checked records become rows: upserted by key, within the caller's transaction.

Rows go in as values and not by ``bulk_create``, which spends several times the database's own work
on building model instances: a portfolio of ten thousand engagements is 300,000 rows.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from itertools import chain, islice
from typing import Any, TypeVar

import msgspec
from django.db import connection, models
from django.db.models import Q

from engagements import assignments, records
from engagements.membership import Assignment
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
VALUES = 3000  # bound in one INSERT: more is no faster
Item = TypeVar("Item")


def batches(items: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """The items in lists of at most ``size``."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


@contextmanager
def without_cycles() -> Iterator[None]:
    """No cyclic garbage is made of rows, and looking for it costs a sixth of a large load."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def row_hash(record: msgspec.Struct) -> str:
    """Tells two versions of a row apart: 128 bits of its canonical encoding, as hex."""
    return blake2b(_encoded(record), digest_size=16).hexdigest()


_encoded = msgspec.msgpack.Encoder().encode


def upsert(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    unique: Sequence[str],
) -> None:
    """Insert rows of bound values, or update those whose ``unique`` columns are already there.

    One statement for many rows: half the work of a statement for each. The cursor is the driver's:
    Django's would go through every placeholder, and under DEBUG keep every row in its log.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, closing(connection.connection.cursor()) as cursor:
        for batch in batches(rows, VALUES // len(columns)):
            statement = _upsert_statement(model, tuple(columns), tuple(unique), len(batch))
            cursor.execute(statement, list(chain.from_iterable(batch)))


@lru_cache(maxsize=64)
def _upsert_statement(
    model: type[models.Model], columns: tuple[str, ...], unique: tuple[str, ...], rows: int
) -> str:
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    mark = "?" if connection.vendor == "sqlite" else "%s"
    marks = "(" + ", ".join([mark] * len(columns)) + ")"
    sets = ", ".join(f"{quote(c)} = excluded.{quote(c)}" for c in columns if c not in unique)
    keys = ", ".join(quote(column) for column in unique)
    otherwise = f"UPDATE SET {sets}" if sets else "NOTHING"
    return (
        f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES {', '.join([marks] * rows)} "
        f"ON CONFLICT ({keys}) DO {otherwise}"
    )


_TAKEN_AS_IS = (str, int, float, bool)


def bound(value: Any) -> Any:
    """A value as the database driver takes it: SQLite keeps dates as text, as Django does."""
    if value is None or type(value) in _TAKEN_AS_IS:
        return value
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
    return at.astimezone(UTC).isoformat(" ")[: -len("+00:00")]


def values_of(record: msgspec.Struct, places: _Places) -> list[Any]:
    """A record's fields as the driver takes them, in their order."""
    values = list(msgspec.to_builtins(record, builtin_types=places.native).values())
    for index in places.moments:
        if (at := values[index]) is not None:
            values[index] = f"{at[:10]} {at[11:-1]}"  # in UTC, as Django writes it
    for index in places.lists:
        values[index] = msgspec.json.encode(values[index]).decode()
    return values


@dataclass(frozen=True)
class _Places:
    """Which fields of a record, by number, the driver does not take as they are."""

    moments: tuple[int, ...]  # points in time, for a database that keeps them as text
    lists: tuple[int, ...]
    native: tuple[type, ...]  # types that the driver takes


def _places(record: type[msgspec.Struct]) -> _Places:
    plan, as_text = plan_of(record), connection.vendor == "sqlite"
    names = list(plan.types)
    return _Places(
        moments=tuple(names.index(name) for name in plan.datetimes) if as_text else (),
        lists=tuple(names.index(name) for name in plan.lists),
        native=() if as_text else (datetime, date),
    )


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

    row_hash = staticmethod(row_hash)

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
        places, constants = _places(self.record), list(self.constants.values())
        for record, digest in rows:
            values = values_of(record, places)
            values.append(digest)
            values += constants
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
        arriving = [record for record, _ in rows]
        self._forget_replaced(arriving, changed)
        touched = super().write(rows, changed)
        assign(arriving)
        return touched

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


def assign(arriving: Sequence[Any]) -> None:
    """Note who is on the engagements of these records, and who no longer is."""
    for batch in batches(record.engagement_id for record in arriving):
        assignments.forget(batch)
    rows = assignments.rows_of(arriving)
    upsert(Assignment, assignments.COLUMNS, rows, unique=assignments.COLUMNS)


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

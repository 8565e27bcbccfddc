"""Counts that the database keeps itself: a portfolio's pages read sums and never add up its rows.

Triggers add and subtract as rows come, change and go, in the statement that does it, so that no sum
can be older than its rows, whoever writes them. They are put in place after every ``migrate``, when
everything is counted anew: SQLite forgets a table's triggers when a migration rebuilds the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.db import connections, transaction
from django.db.models.signals import post_migrate

Expressions = Mapping[str, str]  # SQL by column; "{row}" stands for the counted row


@dataclass(frozen=True, kw_only=True)
class Rollup:
    """Sums of ``table`` by ``words`` in the table ``into``, which has a column ``count`` besides.

    Every expression of ``words`` and ``sums`` gives a value, never NULL.
    """

    table: str
    into: str
    reads: tuple[str, ...]  # columns that the expressions look at
    words: Mapping[str, Expressions]  # by vendor
    sums: Mapping[str, Expressions]

    def counted(self, vendor: str, rows: str) -> str:
        """The statement that counts all rows of a table of the same columns."""
        words = self._said(self.words[vendor], rows)
        columns = ", ".join(map(str, range(1, len(words) + 1)))
        sums = ", ".join(f"SUM({sql}) AS {name}" for name, sql in self._summed(vendor, rows))
        named = ", ".join(f"{sql} AS {name}" for name, sql in words.items())
        return f"SELECT {named}, {sums} FROM {rows} GROUP BY {columns} ORDER BY {columns}"  # noqa: S608 - our names

    def statements(self, vendor: str) -> Iterator[str]:
        """What puts the triggers in place, whether they were there or not."""
        return self._sqlite() if vendor == "sqlite" else self._postgresql()

    def columns(self, vendor: str) -> str:
        return ", ".join([*self.words[vendor], *self._sums(vendor)])

    def _sums(self, vendor: str) -> list[str]:
        return ["count", *self.sums[vendor]]

    def _summed(self, vendor: str, row: str) -> list[tuple[str, str]]:
        return list(({"count": "1"} | self._said(self.sums[vendor], row)).items())

    def _said(self, expressions: Expressions, row: str) -> dict[str, str]:
        return {name: sql.format(row=row) for name, sql in expressions.items()}

    def _sqlite(self) -> Iterator[str]:
        changed = " OR ".join(f"old.{name} IS NOT new.{name}" for name in self.reads)
        comes, goes = self._comes(), self._changed_by("-", "old")
        events = {
            "come": ("AFTER INSERT", comes),
            "gone": ("AFTER DELETE", goes),
            "turned": (
                f"AFTER UPDATE OF {', '.join(self.reads)}",
                f"{goes}; {comes}",
            ),
        }
        for name, (event, body) in events.items():
            when = f"WHEN {changed} " if name == "turned" else ""
            yield f"DROP TRIGGER IF EXISTS {self.into}_{name}"
            yield f"CREATE TRIGGER {self.into}_{name} {event} ON {self.table} {when}BEGIN {body}; END"

    def _comes(self) -> str:
        """A new row counted. A line of noughts first where there is none: the conflict policy of

        the statement outside, such as OR IGNORE, would decide over an upsert in here.
        """
        words = self._said(self.words["sqlite"], "new")
        noughts = ", ".join("0" for _ in self._sums("sqlite"))
        line = f"SELECT {', '.join(words.values())}, {noughts}"
        absent = f"NOT EXISTS (SELECT 1 FROM {self.into} WHERE {self._same(words)})"
        first = f"INSERT INTO {self.into} ({self.columns('sqlite')}) {line} WHERE {absent}"  # noqa: S608 - our names
        return f"{first}; {self._changed_by('+', 'new')}"

    def _changed_by(self, sign: str, row: str) -> str:
        sums = ", ".join(
            f"{name} = {name} {sign} {sql}" for name, sql in self._summed("sqlite", row)
        )
        same = self._same(self._said(self.words["sqlite"], row))
        return f"UPDATE {self.into} SET {sums} WHERE {same}"  # noqa: S608 - our names

    def _same(self, words: Expressions) -> str:
        return " AND ".join(f"{self.into}.{name} = {sql}" for name, sql in words.items())

    def _postgresql(self) -> Iterator[str]:
        """A statement at a time, so that ten thousand rows change a line of the sums once."""
        vendor, function = "postgresql", f"{self.into}_counted"
        words, sums = ", ".join(self.words[vendor]), self._sums(vendor)
        added = ", ".join(f"{name} = {self.into}.{name} + excluded.{name}" for name in sums)
        taken = ", ".join(f"{name} = {self.into}.{name} - gone.{name}" for name in sums)
        same = self._same({name: f"gone.{name}" for name in self.words[vendor]})
        yield (
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "  # noqa: S608 - our names
            f"IF TG_OP <> 'INSERT' THEN UPDATE {self.into} SET {taken} "
            f"FROM ({self.counted(vendor, 'old_rows')}) gone WHERE {same}; END IF; "
            f"IF TG_OP <> 'DELETE' THEN INSERT INTO {self.into} ({self.columns(vendor)}) "
            f"{self.counted(vendor, 'new_rows')} ON CONFLICT ({words}) DO UPDATE SET {added}; "
            "END IF; RETURN NULL; END $$"
        )
        old, new = "OLD TABLE AS old_rows", "NEW TABLE AS new_rows"
        seen = {"INSERT": new, "DELETE": old, "UPDATE": f"{old} {new}"}
        for event, tables in seen.items():
            name = f"{self.into}_{event.lower()}"
            yield f"DROP TRIGGER IF EXISTS {name} ON {self.table}"
            yield (
                f"CREATE TRIGGER {name} AFTER {event} ON {self.table} REFERENCING {tables} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
            )


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A row in ``into`` for every change of the column ``of`` in ``table`` of which ``when`` is so."""

    table: str
    into: str
    of: str
    when: str
    columns: Mapping[str, Expressions]  # by vendor

    def statements(self, vendor: str) -> Iterator[str]:
        """What puts the trigger in place, whether it was there or not."""
        name, columns = f"{self.into}_written", self.columns[vendor]
        row = (
            f"INSERT INTO {self.into} ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"  # noqa: S608 - our names
        )
        event = f"AFTER UPDATE OF {self.of} ON {self.table}"
        if vendor == "sqlite":
            yield f"DROP TRIGGER IF EXISTS {name}"
            yield f"CREATE TRIGGER {name} {event} WHEN {self.when} BEGIN {row}; END"
            return
        yield (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {row}; RETURN NULL; END $$"
        )
        yield f"DROP TRIGGER IF EXISTS {name} ON {self.table}"
        yield (
            f"CREATE TRIGGER {name} {event} FOR EACH ROW WHEN ({self.when}) "
            f"EXECUTE FUNCTION {name}()"
        )


def install(kept: Rollup | Trace, using: str) -> None:
    """Put the triggers in place, and count everything anew where something is counted."""
    if isinstance(kept, Rollup):
        _count_anew(kept, using)
        return
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        for statement in kept.statements(connections[using].vendor):
            cursor.execute(statement)


def _count_anew(rollup: Rollup, using: str) -> None:
    connection = connections[using]
    vendor = connection.vendor
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if vendor == "postgresql":  # nobody writes between the counting and the triggers
            cursor.execute(f"LOCK TABLE {rollup.table} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(f"DELETE FROM {rollup.into}")  # noqa: S608 - our names
        cursor.execute(
            f"INSERT INTO {rollup.into} ({rollup.columns(vendor)}) "  # noqa: S608 - our names
            f"{rollup.counted(vendor, rollup.table)}"
        )
        for statement in rollup.statements(vendor):
            cursor.execute(statement)


def remove(kept: Rollup | Trace, using: str) -> None:
    """Take the triggers away: before the table that they write goes."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in kept.statements(connection.vendor):
            if statement.startswith("DROP TRIGGER"):
                cursor.execute(statement)
        if connection.vendor == "postgresql":
            function = "counted" if isinstance(kept, Rollup) else "written"
            cursor.execute(f"DROP FUNCTION {kept.into}_{function}()")


def kept_by_the_database(sender: AppConfig, rollups: Iterable[Rollup | Trace]) -> None:
    """Install these after every ``migrate`` of an app; called when Django starts."""
    found = tuple(rollups)

    def put_in_place(using: str, **_: Any) -> None:
        tables = set(connections[using].introspection.table_names())
        for rollup in found:
            if {rollup.table, rollup.into} <= tables:  # migrated back to before there was one
                install(rollup, using)

    post_migrate.connect(
        put_in_place, sender=sender, weak=False, dispatch_uid=f"rollups of {sender.label}"
    )

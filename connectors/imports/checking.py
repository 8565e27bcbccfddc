"""What each row of a file would come to, by the rules of a load. Nothing is written here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from connectors.imports.faults import Fault, refusal, shown
from connectors.imports.heading import Heading, match
from connectors.imports.here import Here, Key, gathered, key_of
from connectors.imports.reading import Given, Sheet
from connectors.imports.vocabulary import Column, columns
from connectors.tables import MADE_HERE, Table
from engagements.parse import parse
from engagements.records import Problem
from psinsights.lib.sheets import harmless

MOST_REJECTED = 5000  # rows kept and listed; a file with more has one mistake many times
PREVIEW = 20  # rows
PREVIEW_COLUMNS = 6
NOUN = {"created": "new", "changed": "changed", "unchanged": "unchanged"}


@dataclass(frozen=True)
class Ready:
    """A row that can be taken: as the source would have it, and what it comes to."""

    row: int
    key: str
    values: Mapping[str, Any]
    came_to: str  # created, changed or unchanged
    digest: str
    stamp: datetime | None = None
    given: Given | None = None


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be taken, and everything that is wrong with it."""

    given: Given
    faults: tuple[Fault, ...]


@dataclass
class Checked:
    """The outcome of a check: what is ready, what is not, and how the columns were read."""

    table: Table
    sheet: Sheet
    heading: Heading
    ready: dict[str, Ready] = field(default_factory=dict)  # by key
    rejected: list[Rejected] = field(default_factory=list)
    before: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict)

    def number(self, came_to: str) -> int:
        return sum(row.came_to == came_to for row in self.ready.values())

    @property
    def to_write(self) -> list[Ready]:
        """The rows that are new or different."""
        return [row for row in self.ready.values() if row.came_to != "unchanged"]

    @property
    def digest(self) -> str:
        """The same for two checks that come to the same rows with the same outcome."""
        ready = sorted((row.key, row.came_to, row.digest) for row in self.ready.values())
        rejected = [(row.given.row, [f.reason for f in row.faults]) for row in self.rejected]
        return blake2b(msgspec.json.encode((ready, rejected)), digest_size=16).hexdigest()

    def preview(self) -> list[dict[str, Any]]:
        """The first rows that would change something: their fields before and after."""
        return [_told(row, self) for row in self.to_write[:PREVIEW]]


def check(sheet: Sheet, table: Table) -> Checked:
    """Check every row; raises Refused for the file as a whole, SourceError for the source."""
    heading = match(sheet.names, table)
    if not sheet.rows:
        raise refusal("no_rows", "The file has a header and no rows.", advice="Add rows below it.")
    known = columns(table)
    given = [(row, _values(row, sheet, heading, known)) for row in sheet.rows]
    here = gathered(table, {key for _, values in given if (key := key_of(table, values))})
    checking = _Checking(Checked(table, sheet, heading, before=here.rows), here, known)
    for row, values in given:
        checking.take(row, values)
    return checking.checked


def _values(
    row: Given, sheet: Sheet, heading: Heading, known: Mapping[str, Column]
) -> dict[str, Any]:
    """A row by the columns of the table. Columns that the file lacks are not in it."""
    named = {heading.reads[n]: value for n, value in row.values.items() if n in heading.reads}
    if sheet.form != "CSV":
        return {n: None if value == "" else value for n, value in named.items()}
    return {
        name: known[name].value(as_it_was(cell) if heading.comes_back else cell)
        for name, cell in named.items()
    }


def as_it_was(cell: str) -> str:
    """A cell of a file of rejects without the mark that kept a spreadsheet from computing it."""
    bare = cell[1:]
    return bare if cell[:1] == "'" and harmless(bare) != bare else cell


@dataclass
class _Checking:
    checked: Checked
    here: Here
    known: Mapping[str, Column]

    def take(self, row: Given, values: Mapping[str, Any]) -> None:
        """Put a row where it belongs: ready, or rejected with everything that is wrong."""
        table = self.checked.table
        if row.fault:
            self._reject(row, row.fault)
            return
        before = self.here.rows.get(key_of(table, values) or (), {})
        merged = {**before, **values}
        record = parse(table.record, merged)
        if isinstance(record, tuple):
            self._reject(row, *(self._fault(problem, merged) for problem in record))
            return
        key = table.intake.key(record)
        if fault := self._stands_in_the_way(key, record):
            self._reject(row, fault)
            return
        merged |= {name: str(getattr(record, name)) for name in table.key}
        self._ready(row, key, merged, record)

    def _ready(self, row: Given, key: str, values: Mapping[str, Any], record: Any) -> None:
        digest = self.checked.table.intake.row_hash(record)
        before = self.here.known.get(key)
        came_to = "created" if before is None else "changed" if before != digest else "unchanged"
        stamp = getattr(record, "updated_at", None)
        ready = Ready(row.row, key, values, came_to, digest, stamp, row)
        earlier = self.checked.ready.get(key)
        if earlier and stamp and earlier.stamp and stamp < earlier.stamp:
            self._reject(row, self._duplicate(key, earlier.row))
            return
        if earlier and earlier.given:
            self._reject(earlier.given, self._duplicate(key, row.row))
        self.checked.ready[key] = ready

    def _reject(self, row: Given, *faults: Fault) -> None:
        if len(self.checked.rejected) >= MOST_REJECTED:
            first = Counter(row.faults[0].message for row in self.checked.rejected).most_common(1)
            raise refusal(
                "too_many_rejected",
                f"More than {MOST_REJECTED:,} rows cannot be taken. "
                f"Most often: {first[0][0] if first else ''}",
                advice="Correct that in the whole file, then check it again.",
            )
        self.checked.rejected.append(Rejected(row, faults))

    def _stands_in_the_way(self, key: str, record: Any) -> Fault | None:
        """What a load would hold against a good row: no engagement, or a row of our own."""
        name = self.checked.table.key[0]
        if self.here.known.get(key) == MADE_HERE:
            message = "This row was made here, and no import replaces it."
            advice = "Leave it out, or give yours another id."
            return Fault(
                reason="made_here", column=name, value=shown(key), message=message, advice=advice
            )
        if key in self.here.waiting:
            message = "A newer version of this row, made here, waits to go to the source."
            advice = "Send the outbox in Settings, then check again."
            return Fault(
                reason="waiting", column=name, value=shown(key), message=message, advice=advice
            )
        return self._orphan(record)

    def _orphan(self, record: Any) -> Fault | None:
        parent = self.checked.table.parent
        given = getattr(record, parent) if parent else ""
        if not parent or given in self.here.engagements:
            return None
        near = self.here.nearest_engagement(given)
        return Fault(
            reason="orphan",
            column=parent,
            value=shown(given),
            message="There is no engagement with this id.",
            accepted="the id of an engagement that is here",
            advice=f"Write {shown(near)}." if near else "Import that engagement first.",
        )

    def _duplicate(self, key: str, winner: int) -> Fault:
        return Fault(
            reason="duplicate",
            column=self.checked.table.key[0],
            value=shown(key),
            message=f"Row {winner} has the same id, and is newer or later: that one is taken.",
            accepted="each id once",
            advice="Leave one of them out.",
        )

    def _fault(self, problem: Problem, values: Mapping[str, Any]) -> Fault:
        """A problem that parsing found, in the words of this page."""
        column, value = self.known.get(problem.field), values.get(problem.field)
        return Fault(
            reason=problem.reason,
            column=problem.field,
            value="" if value is None else shown(value),
            message=WHAT.get(problem.reason) or _sentence(problem, value, column),
            accepted=column.accepted if column else "",
            advice=column.advice(value) if column else "",
        )


WHAT = {
    "missing": "It is empty, and every row needs one.",
    "unknown_value": "This is none of the known words.",
    "not_a_date": "This cannot be read as a date.",
    "not_finite": "This is not a number that can be kept.",
    "out_of_range": "This is outside the range.",
    "nul": "It contains a NUL character, which no database can hold.",
    "lone_surrogate": "It contains half a character, which no database can hold.",
}


def _sentence(problem: Problem, value: Any, column: Column | None) -> str:
    if problem.reason == "wrong_type" and column:
        return f"This is not {column.noun}."
    if problem.reason == "too_long" and isinstance(value, str):
        return f"This has {len(value):,} characters."
    return shown(problem.message, 300)


def _told(row: Ready, checked: Checked) -> dict[str, Any]:
    """A row of the preview: its key, what it comes to, and its first fields that differ."""
    table = checked.table
    before = checked.before.get(tuple(str(row.values[name]) for name in table.key), {})
    differing = [
        {"column": name, "before": shown(before.get(name)), "after": shown(row.values[name])}
        for name in columns(table)
        if name not in table.key
        and name in row.values
        and row.values[name] != before.get(name)
        and not (row.values[name] in (None, "") and before.get(name) in (None, ""))
    ]
    return {
        "row": row.row,
        "key": shown(row.key),
        "came_to": NOUN[row.came_to],
        "fields": differing[:PREVIEW_COLUMNS],
        "more": max(0, len(differing) - PREVIEW_COLUMNS),
    }

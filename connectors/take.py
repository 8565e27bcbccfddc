"""Taking in one table: rows are parsed, deduplicated, matched with what is here, and written.

All of it in the caller's transaction and in bounded memory: of a row that was taken only its key
and stamp are remembered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from connectors.quarantine import Quarantine, key_of
from connectors.sources import Reading, Row, Source, SourceError
from connectors.tables import MADE_HERE, Table
from engagements.parse import columns_of, parse
from engagements.records import Problem

WRITE_EVERY = 2000  # rows
Progress = Callable[[str, int], None]


@dataclass
class Outcome:
    """What became of the rows of one table."""

    read: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    returned: int = 0  # orphans whose engagement has come
    quarantined: dict[str, int] = field(default_factory=dict)  # by reason
    extra_columns: list[str] = field(default_factory=list)
    note: str = ""  # a sentence, where there is something to say
    stopped: bool = False  # the table differs from its contract: nothing of it was read

    @property
    def did_nothing(self) -> bool:
        return not (self.created or self.changed or self.removed or self.returned)


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A key that this reading has brought: where, how new, and what its row came to."""

    position: int
    stamp: datetime | None
    came_to: str


@dataclass
class Taking:
    """One table on its way in. ``parents`` are the engagement ids that rows may name."""

    table: Table
    parents: Collection[str]
    protected: Collection[str] = ()  # keys whose newer version waits here to go out
    progress: Progress | None = None
    outcome: Outcome = field(default_factory=Outcome)
    touched: set[str] = field(default_factory=set)  # engagement ids
    seen: dict[str, Seen] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.known = self.table.intake.known()
        self.quarantine = Quarantine(self.table)
        self.key, self.hash = self.table.intake.key, self.table.intake.row_hash
        self.record, self.parent = self.table.record, self.table.parent
        self.columns = columns_of(self.record)
        self.last_columns: tuple[str, ...] = ()
        self.stamped = "updated_at" in self.table.record.__struct_fields__
        self.counts: Counter[str] = Counter()
        self.extra: set[str] = set()
        self.missing: Counter[str] = Counter()
        self.bad_keys: set[str] = set()
        self.losers: set[int] = set()
        self.pending: dict[str, tuple[Any, str]] = {}  # by key: PostgreSQL takes each once
        self.changed: list[str] = []

    def take(self, reading: Reading, source: Source | None = None) -> None:
        """Take all rows of a reading. ``gone`` then holds the keys that are to be removed."""
        for row in reading.rows:
            self._row(row)
            if self.progress and not row.position % WRITE_EVERY:
                self.progress(self.table.name, WRITE_EVERY)
        self._flush()
        for came_to, number in self.counts.items():
            setattr(self.outcome, came_to, number)
        self._refuse_if_useless()
        if self.losers and source is not None:
            self._keep_losers(source, reading.known_version)
        if reading.complete:
            here_to_stay = self.table.intake.ours() | set(self.protected) | self.bad_keys
            self.gone = self.known.keys() - self.seen.keys() - here_to_stay
        self.quarantine.finish(complete=reading.complete, gone_keys=self.seen.keys() | self.gone)
        self.outcome.quarantined = dict(sorted(self.quarantine.counts.items()))
        self.outcome.extra_columns = sorted({*self.extra, *reading.extra})

    def remove_gone(self) -> None:
        """Delete what the source no longer has."""
        self.gone &= self.known.keys()
        self.touched |= self.table.intake.remove(self.gone)
        self.outcome.removed = len(self.gone)

    def _row(self, row: Row) -> None:
        self.outcome.read += 1
        if row.deleted or row.problem:
            self._no_row(row)
            return
        values = row.values
        if (columns := tuple(values)) != self.last_columns:
            self.last_columns = columns
            self.extra |= {str(name) for name in columns} - self.columns
        record = parse(self.record, values, storable=row.storable)
        if isinstance(record, tuple):
            self._bad(row, record)
            return
        key = self.key(record)
        before = self.known.get(key)
        if before == MADE_HERE:
            self._ours(row, key)
        elif self.parent and (parent := getattr(record, self.parent)) not in self.parents:
            self._orphan(row, parent)
        else:
            self._good(row, key, record, before)

    def _no_row(self, row: Row) -> None:
        """The source says that it is gone, or cannot read it."""
        if row.deleted:
            self.gone.add(key_of(self.table, row))
        else:
            self.quarantine.add(row, Problem(field="", reason=row.reason, message=row.problem))

    def _bad(self, row: Row, problems: tuple[Problem, ...]) -> None:
        """Set it aside. What is here of an earlier, good version of the row stays."""
        self.missing.update(p.field for p in problems if p.reason == "missing")
        self.bad_keys.add(key_of(self.table, row))
        self.quarantine.add(row, problems[0])

    def _orphan(self, row: Row, engagement_id: str) -> None:
        message = f"There is no engagement {engagement_id}. The row comes in when it appears."
        problem = Problem(field="engagement_id", reason="orphan", message=message)
        self.quarantine.add(row, problem, engagement_id=engagement_id)

    def _ours(self, row: Row, key: str) -> None:
        """What we made has come back to us."""
        self.counts["unchanged"] += key not in self.seen
        self.seen[key] = Seen(row.position, None, "unchanged")

    def _good(self, row: Row, key: str, record: Any, before: str | None) -> None:
        stamp = record.updated_at if self.stamped else None
        earlier = self.seen.get(key)
        if earlier is not None and not self._replaces(row, key, stamp, earlier):
            return
        if before is not None and key in self.protected:
            came_to = "unchanged"
        else:
            digest = self.hash(record)
            came_to = _compared(before, digest)
            if came_to != "unchanged" or earlier is not None:
                self._write(key, record, digest, before)
        self.counts[came_to] += 1
        self.seen[key] = Seen(row.position, stamp, came_to)

    def _replaces(self, row: Row, key: str, stamp: datetime | None, earlier: Seen) -> bool:
        """Of two rows of one id the newer is taken, or the later; the other is kept aside."""
        if stamp is not None and earlier.stamp is not None and stamp < earlier.stamp:
            self.quarantine.add(row, duplicate(self.table, key, earlier.position))
            return False
        self.losers.add(earlier.position)
        self.counts[earlier.came_to] -= 1
        return True

    def _write(self, key: str, record: Any, digest: str, before: str | None) -> None:
        self.pending[key] = (record, digest)
        if before is not None:
            self.changed.append(key)
        if len(self.pending) >= WRITE_EVERY:
            self._flush()

    def _flush(self) -> None:
        if self.pending:
            self.touched |= self.table.intake.write(list(self.pending.values()), self.changed)
            self.pending, self.changed = {}, []

    def _refuse_if_useless(self) -> None:
        """A required column that no row has is a wrong file, not a file of bad rows."""
        name, read = self.table.file, self.outcome.read
        for column in self.table.required:
            if read and self.missing[column] == read:
                raise SourceError(
                    f"{name}: none of its {read} rows has the required column {column}. "
                    "Export it with that column."
                )

    def _keep_losers(self, source: Source, known_version: str) -> None:
        """Rows that a later one of the same id replaced: read again, as they were not kept."""
        for row in source.read(self.table, known_version=known_version).rows:
            if row.position in self.losers:
                key = key_of(self.table, row)
                winner = self.seen.get(key)
                position = winner.position if winner else row.position
                self.quarantine.add(row, duplicate(self.table, key, position))


def _compared(before: str | None, digest: str) -> str:
    if before is None:
        return "created"
    return "unchanged" if before == digest else "changed"


def duplicate(table: Table, key: str, winner: int) -> Problem:
    """Another row with that id was newer, or came later."""
    message = f"Another row has the id {key}; row {winner} is newer and was taken."
    return Problem(field=table.key[0], reason="duplicate", message=message[:500])


def encodable(outcome: Outcome) -> dict[str, Any]:
    """The outcome as plain values, for the run's row and ``--json``."""
    return msgspec.to_builtins(outcome)

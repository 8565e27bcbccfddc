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

    @property
    def did_nothing(self) -> bool:
        return not (self.created or self.changed or self.removed or self.returned)


@dataclass
class Seen:
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
        self.columns = columns_of(self.table.record)
        self.extra: set[str] = set()
        self.missing: Counter[str] = Counter()
        self.bad_keys: set[str] = set()
        self.losers: set[int] = set()
        self.pending: list[tuple[Any, str]] = []
        self.changed: list[str] = []

    def take(self, reading: Reading, source: Source | None = None) -> None:
        """Take all rows of a reading. ``gone`` then holds the keys that are to be removed."""
        for row in reading.rows:
            self._row(row)
        self._flush()
        self._refuse_if_useless()
        if self.losers and source is not None:
            self._keep_losers(source)
        if reading.complete:
            here_to_stay = self.table.intake.ours() | set(self.protected) | self.bad_keys
            self.gone = self.known.keys() - self.seen.keys() - here_to_stay
        self.quarantine.finish(complete=reading.complete, gone_keys=self.seen.keys() | self.gone)
        self.outcome.quarantined = dict(sorted(self.quarantine.counts.items()))
        self.outcome.extra_columns = sorted(self.extra)

    def remove_gone(self) -> None:
        """Delete what the source no longer has."""
        self.gone &= self.known.keys()
        self.touched |= self.table.intake.remove(self.gone)
        self.outcome.removed = len(self.gone)

    def _row(self, row: Row) -> None:
        self.outcome.read += 1
        if self.progress and self.outcome.read % WRITE_EVERY == 0:
            self.progress(self.table.name, WRITE_EVERY)
        if row.deleted:
            self.gone.add(key_of(self.table, row))
            return
        if row.problem:
            self.quarantine.add(row, Problem(field="", reason=row.reason, message=row.problem))
            return
        if not row.values.keys() <= self.columns:
            self.extra |= {str(name) for name in row.values.keys() - self.columns}
        parsed = parse(self.table.record, row.values)
        if isinstance(parsed, tuple):
            self._bad(row, parsed)
        elif self.known.get(key := self.table.intake.key(parsed)) == MADE_HERE:
            self._ours(row, key)
        elif self.table.parent and parsed.engagement_id not in self.parents:
            self._orphan(row, parsed.engagement_id)
        else:
            self._good(row, key, parsed)

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
        self.outcome.unchanged += key not in self.seen
        self.seen[key] = Seen(row.position, None, "unchanged")

    def _good(self, row: Row, key: str, record: Any) -> None:
        stamp = getattr(record, "updated_at", None)
        earlier = self.seen.get(key)
        if earlier is not None:
            if stamp is not None and earlier.stamp is not None and stamp < earlier.stamp:
                self.quarantine.add(row, duplicate(self.table, key, earlier.position))
                return
            self.losers.add(earlier.position)
            setattr(self.outcome, earlier.came_to, getattr(self.outcome, earlier.came_to) - 1)
        came_to = self._write(key, record, again=earlier is not None)
        setattr(self.outcome, came_to, getattr(self.outcome, came_to) + 1)
        self.seen[key] = Seen(row.position, stamp, came_to)

    def _write(self, key: str, record: Any, *, again: bool) -> str:
        before = self.known.get(key)
        if key in self.protected:
            return "unchanged"
        digest = self.table.intake.row_hash(record)
        if digest == before and not again:
            return "unchanged"
        self.pending.append((record, digest))
        if before is not None:
            self.changed.append(key)
        if len(self.pending) >= WRITE_EVERY:
            self._flush()
        if before is None:
            return "created"
        return "unchanged" if digest == before else "changed"

    def _flush(self) -> None:
        if self.pending:
            self.touched |= self.table.intake.write(self.pending, self.changed)
            self.pending, self.changed = [], []

    def _refuse_if_useless(self) -> None:
        """A required column that no row has is a wrong file, not a file of bad rows."""
        name, read = self.table.file, self.outcome.read
        for column in self.table.required:
            if read and self.missing[column] == read:
                raise SourceError(
                    f"{name}: none of its {read} rows has the required column {column}. "
                    "Export it with that column."
                )

    def _keep_losers(self, source: Source) -> None:
        """Rows that a later one of the same id replaced: read again, as they were not kept."""
        for row in source.read(self.table).rows:
            if row.position in self.losers:
                key = key_of(self.table, row)
                winner = self.seen.get(key)
                position = winner.position if winner else row.position
                self.quarantine.add(row, duplicate(self.table, key, position))


def duplicate(table: Table, key: str, winner: int) -> Problem:
    """Another row with that id was newer, or came later."""
    message = f"Another row has the id {key}; row {winner} is newer and was taken."
    return Problem(field=table.key[0], reason="duplicate", message=message[:500])


def encodable(outcome: Outcome) -> dict[str, Any]:
    """The outcome as plain values, for the run's row and ``--json``."""
    return msgspec.to_builtins(outcome)

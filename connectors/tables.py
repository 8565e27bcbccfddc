"""The seven tables: name, file, record, and who takes the rows in.

A room that owns rows registers its tables when it is ready, so the loader in this room never
imports a room above it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import msgspec


@dataclass
class Tally:
    """What became of the rows of one table."""

    read: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


class Intake(Protocol):
    """Takes checked records in, within the caller's transaction."""

    def __call__(self, records: Iterable[msgspec.Struct], *, complete: bool) -> Tally:
        """Upsert ``records``; with ``complete`` they are all there is, and others are removed."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of the contract."""

    name: str  # ps_tasks
    file: str  # tasks.json
    record: type[msgspec.Struct]
    key: tuple[str, ...]
    required: tuple[str, ...]
    intake: Intake
    order: int  # parents before children
    parent: str | None = None  # column that must name a known engagement
    optional: bool = False  # a source without it is whole


_tables: dict[str, Table] = {}


def register(table: Table) -> None:
    """Make a table known to the loader; called from ``AppConfig.ready``."""
    _tables[table.name] = table


def tables() -> list[Table]:
    """All tables, parents first."""
    return sorted(_tables.values(), key=lambda table: table.order)


def table(name: str) -> Table:
    """The table of that name or file stem; raises KeyError with the known names."""
    for candidate in _tables.values():
        if name in (candidate.name, candidate.file.removesuffix(".json")):
            return candidate
    raise KeyError(f"No table {name!r}. Tables: {', '.join(t.name for t in tables())}.")

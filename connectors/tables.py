"""The seven tables: name, file, record, and who takes the rows in.

A room that owns rows registers its tables when it is ready, so the loader in this room never
imports a room above it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

MADE_HERE = "made here"  # instead of a row hash: a row of ours that a source never overwrites


class Intake(Protocol):
    """Takes checked records in, within the caller's transaction. Keys are text.

    ``known`` tells what is here, so that the loader writes only what is new or changed.
    """

    def key(self, record: Any) -> str:
        """The key of a record, as ``known`` has it."""

    def row_hash(self, record: Any) -> str:
        """Tells two versions of a row apart."""

    def known(self) -> dict[str, str]:
        """Key to row hash of every row here."""

    def ours(self) -> set[str]:
        """Keys of rows that were made here: a source never removes them."""

    def write(self, rows: Sequence[tuple[Any, str]], changed: Sequence[str]) -> set[str]:
        """Upsert records with their hashes; ``changed`` are the keys that were here before.

        Returns the ids of engagements about which something may now be different.
        """

    def remove(self, keys: Collection[str]) -> set[str]:
        """Delete rows that are gone; returns the ids of the engagements they belonged to."""


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

"""Where rows come from, behind one protocol; chosen at startup from the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import msgspec

from connectors.tables import Table


class SourceError(Exception):
    """A source that cannot be read: a sentence for people with what to do; nothing was changed."""


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One raw row and where it stood: ``position`` counts from 1. ``deleted`` only in changes."""

    position: int
    values: Mapping[str, Any]
    deleted: bool = False
    problem: str = ""  # set when the row itself cannot be read: a sentence; raw is its text
    reason: str = "unreadable"  # stable code of ``problem``
    raw: str = ""
    storable: bool = False  # its text is known to hold no NUL and no half of a character


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a source has to say of a table: its version, and all rows or only what changed."""

    table: Table
    version: str
    rows: Iterator[Row]
    complete: bool  # False: only changes since the version that was asked about
    unchanged: bool = False  # nothing to read: same version
    columns: tuple[str, ...] = ()  # as the source names them, when it knows beforehand
    extra: tuple[str, ...] = ()  # columns of the source that are not read
    refused: str = ""  # why this table stops, as a sentence: what is here of it stays
    known_version: str = ""  # to be asked about once more, to read the same rows again


class Source(Protocol):
    """JSON files, Delta tables, or an import that a person gave."""

    name: str  # "JSON files", "Databricks"
    location: str  # where, for people; never a secret

    def prepare(self, known_versions: Mapping[str, str], alive: Callable[[], None]) -> None:
        """Do what is slow before any transaction begins; ``alive`` is called from time to time."""

    def tables_present(self) -> set[str]:
        """Names of the tables this source has."""

    def read(self, table: Table, *, known_version: str = "") -> Reading:
        """Read a table; raises SourceError when it cannot be read at all."""

    def is_ready(self, table: Table) -> bool:
        """Whether all rows of a table can be read without anything slow; else prepare again."""

    def frozen_on(self) -> date | None:
        """The day the data are of, for a set that does not move with the clock; else None."""

    def close(self) -> None:
        """Let go of files or connections."""

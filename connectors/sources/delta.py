"""Delta tables as a source: nothing is read that has not changed, and all of it at one version.

``prepare`` speaks to the warehouse and stages what is new on disk, before any local transaction;
``read`` hands it out. A table is read by its change feed where it has one, as a snapshot of the
version taken at the start where not, and by ``updated_at`` where history cannot be seen (a view).
"""

from __future__ import annotations

import decimal
import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import IO, Any

from connectors.sources import Reading, Row, SourceError
from connectors.sources.delta_contract import Match, compare
from connectors.tables import Table, tables
from connectors.warehouse import (
    NotFound,
    StatementRefused,
    TableVersion,
    Warehouse,
    WarehouseConfig,
    WarehouseError,
)

logger = logging.getLogger(__name__)

OVERLAP = timedelta(minutes=10)  # rows are read again that may have been committed late
RECONCILE_EVERY = timedelta(hours=24)  # deletes cannot be seen by updated_at


@dataclass(frozen=True)
class Staged:
    """Rows of one table on disk, as an Arrow stream, and what they are."""

    version: str
    complete: bool
    file: IO[bytes] | None
    found: Match


class DeltaTables:
    """The tables of one schema. Close it: it holds a connection and temporary files."""

    name = "Databricks"

    def __init__(self, config: WarehouseConfig) -> None:
        self.location = config.location
        self.warehouse = Warehouse(config)
        self._present: set[str] | None = None
        self._alive: Callable[[], None] = lambda: None
        self._versions: dict[str, str] = {}
        self._staged: dict[tuple[str, bool], Staged] = {}

    def tables_present(self) -> set[str]:
        """Names of our tables that the schema has."""
        if self._present is None:
            with _as_source_error():
                there = self.warehouse.tables()
            self._present = {table.name for table in tables()} & there
        if "ps_engagements" not in self._present:
            raise SourceError(
                f"{self.location} holds no ps_engagements. Run notebooks/01_data_ingestion.py, or "
                "grant SELECT on it. Nothing was changed."
            )
        return self._present

    def prepare(
        self, known_versions: Mapping[str, str], alive: Callable[[], None] = lambda: None
    ) -> None:
        """Take all versions first, then stage what changed since the known ones."""
        self._alive = alive
        present = [table for table in tables() if table.name in self.tables_present()]
        for table in present:
            self._version(table)
            self._alive()
        for table in present:
            known = known_versions.get(table.name, "")
            if not known or known != self._version(table):
                self._stage(table, known)

    def read(self, table: Table, *, known_version: str = "") -> Reading:
        """What ``prepare`` staged; else staged now. Reading twice gives the same positions."""
        version = self._version(table)
        if known_version and known_version == version:
            return Reading(
                table=table, version=version, rows=iter(()), complete=True, unchanged=True
            )
        staged = self._stage(table, known_version)
        return Reading(
            table=table,
            version=staged.version,
            rows=_rows(staged.file),
            complete=staged.complete,
            columns=staged.found.columns,
            extra=staged.found.extra,
            refused=" ".join(staged.found.differences),
            known_version=known_version,
        )

    def is_ready(self, table: Table) -> bool:
        """Whether all its rows are on disk, and not only the changes."""
        return (table.name, True) in self._staged

    def frozen_on(self) -> date | None:
        """A warehouse moves with the clock."""
        return None

    def close(self) -> None:
        for staged in self._staged.values():
            if staged.file:
                staged.file.close()  # twice is fine, where a file stands for both
        self._staged.clear()
        self.warehouse.close()

    def _watched(self, pages: Iterable[Any]) -> Iterator[Any]:
        for page in pages:
            self._alive()
            yield page

    def _version(self, table: Table) -> str:
        """The table's version at the first time it was asked for; empty where it cannot be seen."""
        if table.name not in self._versions:
            with _as_source_error():
                version = self.warehouse.table_version(table.name)
            self._versions[table.name] = str(version) if version else ""
        return self._versions[table.name]

    def _stage(self, table: Table, known: str) -> Staged:
        if (done := self._staged.get((table.name, not known))) is not None:
            return done
        with _as_source_error():
            found = compare(table, self.warehouse.describe(table.name))
            if found.differences:
                staged = Staged("", False, None, found)
            else:
                staged = self._changed(table, known, found) or self._whole(table, found)
        self._staged[table.name, not known] = staged
        if staged.complete:  # whatever changed is among all rows
            self._staged[table.name, True] = staged
        _log(table, staged)
        return staged

    def _changed(self, table: Table, known: str, found: Match) -> Staged | None:
        """Only what changed since ``known``; None where that cannot be told."""
        before, now = TableVersion.parse(known), TableVersion.parse(self._version(table))
        if before and now:
            return self._by_feed(table, before, now, found)
        if not now and (mark := Watermark.parse(known)):
            return self._by_watermark(table, mark, found)
        return None

    def _by_feed(
        self, table: Table, before: TableVersion, now: TableVersion, found: Match
    ) -> Staged | None:
        if before.table_id != now.table_id or before.number >= now.number:
            return None  # dropped and made anew, or restored
        pages = self.warehouse.changes(
            table.name, found.columns, table.key, since=before.number + 1, until=now.number
        )
        try:
            return Staged(str(now), False, _spool(self._watched(pages)), found)
        except (StatementRefused, NotFound) as error:
            logger.info("%s has no changes to read: %s", table.name, error.condition)
            return None

    def _by_watermark(self, table: Table, mark: Watermark, found: Match) -> Staged | None:
        now = datetime.now(UTC)
        if "updated_at" not in found.columns or now - mark.whole_at > RECONCILE_EVERY:
            return None
        pages = self.warehouse.newer(table.name, found.columns, mark.read_at - OVERLAP)
        return Staged(
            str(Watermark(now, mark.whole_at)), False, _spool(self._watched(pages)), found
        )

    def _whole(self, table: Table, found: Match) -> Staged:
        began = datetime.now(UTC)
        version = TableVersion.parse(self._version(table))
        pages = self.warehouse.snapshot(
            table.name, found.columns, version=version.number if version else None
        )
        file = _spool(self._watched(pages))
        return Staged(str(version or Watermark(began, began)), True, file, found)


@dataclass(frozen=True)
class Watermark:
    """For what has no history: when rows were last read, and when all of them were."""

    read_at: datetime
    whole_at: datetime

    def __str__(self) -> str:
        return f"read {self.read_at.isoformat()} whole {self.whole_at.isoformat()}"

    @classmethod
    def parse(cls, text: str) -> Watermark | None:
        """The watermark ``str`` gave, or None for any other text."""
        match text.split(" "):
            case ["read", read_at, "whole", whole_at]:
                return cls(datetime.fromisoformat(read_at), datetime.fromisoformat(whole_at))
        return None


def _spool(pages: Iterable[Any]) -> IO[bytes] | None:
    """Pages written to a temporary file; None when there are none. Raises as the pages do."""
    import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

    file: IO[bytes] | None = None
    writer = None
    try:
        for page in pages:
            if writer is None:
                file = tempfile.TemporaryFile()  # noqa: SIM115 - handed out, closed by close()
                writer = pa.ipc.new_stream(file, page.schema)
            writer.write_table(page)
    except WarehouseError:
        if file:
            file.close()
        raise
    if writer:
        writer.close()
    return file


def _rows(file: IO[bytes] | None) -> Iterator[Row]:
    import pyarrow as pa

    if file is None:
        return
    file.seek(0)
    position = 0
    with pa.ipc.open_stream(file) as stream:
        for batch in stream:
            for values in batch.to_pylist():
                position += 1
                change = values.pop("_change_type", "")
                yield Row(
                    position=position,
                    values={name: _plain(value) for name, value in values.items()},
                    deleted=change == "delete",
                )


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, decimal.Decimal) else value


def _log(table: Table, staged: Staged) -> None:
    if staged.found.differences:
        logger.warning("%s is not loaded: %s", table.name, " ".join(staged.found.differences))
        return
    extent = "all rows" if staged.complete else "changes"
    logger.info("%s: %s staged at %s", table.name, extent, staged.version)


@contextmanager
def _as_source_error() -> Iterator[None]:
    try:
        yield
    except WarehouseError as error:
        raise SourceError(f"{error} Nothing was changed.") from error

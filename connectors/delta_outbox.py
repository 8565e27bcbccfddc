"""What the app made goes to its Delta tables: one MERGE a batch, which may safely come twice."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.outbox import SendError
from connectors.tables import Table
from connectors.warehouse import (
    Conflict,
    NotFound,
    StatementRefused,
    Warehouse,
    WarehouseConfig,
    WarehouseError,
)
from engagements.parse import parse

logger = logging.getLogger(__name__)

STATEMENT_BYTES = 4 << 20  # of rows in one MERGE; a warehouse takes 16 MiB of statement
CONFLICT_TRIES = 5


class DeltaSender:
    """Sends rows to the tables of one schema; see ``connectors.outbox.Sender``."""

    def __init__(self, config: WarehouseConfig, *, pause: float = 1.0) -> None:
        self.warehouse = Warehouse(config)
        self.pause = pause  # seconds, about, before a conflict is tried again
        self._columns: dict[str, dict[str, str]] = {}

    def is_slow(self) -> bool:
        """A warehouse is never spoken to within a request."""
        return True

    def send(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Upsert rows by the table's key; raises SendError, permanent when a row is to blame.

        A row that is older than the table's is left out there. Columns that the table does not
        have are not sent: workspaces that were there before us have fewer.
        """
        for row in rows:
            _check(table, row)
        try:
            columns = self._columns_of(table, rows)
            for batch in _bounded(rows):
                self._merge(table, columns, batch)
        except NotFound as error:
            sentence = f"{table.name} is not there. Run notebooks/01_data_ingestion.py first."
            raise SendError(sentence) from error
        except StatementRefused as error:
            raise SendError(str(error), permanent=error.blames_the_data) from error
        except WarehouseError as error:
            raise SendError(str(error)) from error

    def close(self) -> None:
        self.warehouse.close()

    def _columns_of(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """The columns that both the rows and the table have, with the table's types."""
        if table.name not in self._columns:
            self._columns[table.name] = self.warehouse.describe(table.name)
        there = self._columns[table.name]
        ours = {name for row in rows for name in row}
        if missing := [name for name in table.required if name not in there]:
            raise SendError(f"{table.name} has no column {', '.join(missing)}.")
        return {name: kind for name, kind in there.items() if name in ours}

    def _merge(
        self, table: Table, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
    ) -> None:
        for attempt in range(1, CONFLICT_TRIES + 1):
            try:
                return self.warehouse.merge(table.name, columns, table.key, rows)
            except Conflict:
                if attempt == CONFLICT_TRIES:
                    raise
                logger.info("%s is written by another; try %s", table.name, attempt)
                # Two writers that wait the same time meet again.
                time.sleep(self.pause * attempt * random.uniform(0.5, 1.5))
        return None


def _check(table: Table, row: Mapping[str, Any]) -> None:
    """A row that could not be read back is never written."""
    problems = parse(table.record, row)
    if isinstance(problems, tuple):
        raise SendError(problems[0].message, permanent=True)


def _bounded(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """The rows in batches that one statement can carry."""
    batch: list[Mapping[str, Any]] = []
    size = 0
    for row in rows:
        weight = len(json.dumps(row, default=str))
        if batch and size + weight > STATEMENT_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += weight
    if batch:
        yield batch

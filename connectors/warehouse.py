"""The door to Databricks: statements to a SQL warehouse, rows and versions back.

This module and its neighbours ``warehouse_*``, ``jobs`` and ``sources/delta`` are the only ones
that know Databricks. Never called in a page request: an answer takes seconds, a start minutes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.warehouse_config import SettingProblem, WarehouseConfig, problems
from connectors.warehouse_errors import (
    AccessDenied,
    Conflict,
    Interrupted,
    NotFound,
    StatementRefused,
    Unavailable,
    WarehouseError,
    from_client,
    from_sign_in,
)

__all__ = [
    "AccessDenied",
    "Conflict",
    "Interrupted",
    "NotFound",
    "SettingProblem",
    "StatementRefused",
    "TableVersion",
    "Unavailable",
    "Warehouse",
    "WarehouseConfig",
    "WarehouseError",
    "problems",
]

logger = logging.getLogger(__name__)

PAGE_ROWS = 20_000
Row = dict[str, Any]


@dataclass(frozen=True)
class TableVersion:
    """What a Delta table is at: commits are counted within one table id."""

    table_id: str
    number: int

    def __str__(self) -> str:
        return f"{self.table_id}@{self.number}"

    @classmethod
    def parse(cls, text: str) -> TableVersion | None:
        """The version ``str`` gave, or None for any other text."""
        table_id, _, number = text.rpartition("@")
        return cls(table_id, int(number)) if table_id and number.isdigit() else None


class Warehouse:
    """One connection, opened when it is first needed; not for use by two threads at once."""

    def __init__(self, config: WarehouseConfig) -> None:
        self.config = config
        self._connection: Any = None

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection; the next statement opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*_client_errors()):
                connection.close()

    def pages(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """The result in Arrow tables of at most 20,000 rows; raises WarehouseError.

        A lost session or an expired token is met by one new connection, as long as nothing has
        been handed out.
        """
        cursor = self._execute(statement, parameters)
        with _our_errors(), cursor:
            while (page := cursor.fetchmany_arrow(PAGE_ROWS)).num_rows:
                yield page

    def query(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Iterator[Row]:
        """The rows of a statement, fetched a page at a time."""
        for page in self.pages(statement, parameters):
            yield from page.to_pylist()

    def run(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """All rows of a statement whose answer is small."""
        return list(self.query(statement, parameters))

    def table_version(self, name: str) -> TableVersion | None:
        """What the table is at, by two metadata statements; None where history cannot be read."""
        table = self.config.table(name)
        try:
            detail = self.run(f"DESCRIBE DETAIL {table}")[0]
            newest = self.run(f"DESCRIBE HISTORY {table} LIMIT 1")[0]
        except (AccessDenied, StatementRefused) as refused:
            if not refused.condition:  # the door itself is closed, not this table's history
                raise
            return None
        return TableVersion(str(detail["id"]), int(newest["version"]))

    def describe(self, name: str) -> dict[str, str]:
        """Columns of a table or view in their order, with their SQL types in lower case."""
        columns = {}
        for row in self.run(f"DESCRIBE TABLE {self.config.table(name)}"):
            if not row["col_name"] or row["col_name"].startswith("#"):
                break  # partitioning and other details follow
            columns[row["col_name"]] = row["data_type"].lower()
        return columns

    def tables(self) -> set[str]:
        """Names of the tables and views of our schema."""
        rows = self.run(f"SHOW TABLES IN {self.config.catalog}.{self.config.schema}")
        return {row["tableName"] for row in rows}

    def snapshot(
        self, name: str, columns: Sequence[str], *, version: int | None = None
    ) -> Iterator[Any]:
        """All rows of a table in pages, of one version where it is given."""
        pinned = "" if version is None else f" VERSION AS OF {version:d}"
        yield from self.pages(f"SELECT {_list(columns)} FROM {self.config.table(name)}{pinned}")

    def newer(self, name: str, columns: Sequence[str], since: datetime) -> Iterator[Any]:
        """Rows in pages whose ``updated_at`` is ``since`` or later, or is not known."""
        yield from self.pages(
            f"SELECT {_list(columns)} FROM {self.config.table(name)} "
            "WHERE updated_at >= :since OR updated_at IS NULL",
            {"since": since},
        )

    def changes(
        self, name: str, columns: Sequence[str], key: Sequence[str], *, since: int, until: int
    ) -> Iterator[Any]:
        """The last change of each row in versions ``since`` to ``until``, in pages.

        A column ``_change_type`` tells deletes. Raises StatementRefused where the table does not
        record changes, or not so far back.
        """
        newest = (
            f"row_number() OVER (PARTITION BY {_list(key)} ORDER BY _commit_version DESC, "
            "CASE WHEN _change_type = 'delete' THEN 1 ELSE 0 END)"
        )
        yield from self.pages(
            f"SELECT {_list(columns)}, _change_type FROM (SELECT *, {newest} AS _newest "
            f"FROM table_changes('{self.config.table(name)}', {since:d}, {until:d}) "
            "WHERE _change_type <> 'update_preimage') WHERE _newest = 1"
        )

    def merge(
        self,
        name: str,
        columns: Mapping[str, str],
        key: Sequence[str],
        rows: Iterable[Mapping[str, Any]],
    ) -> None:
        """Upsert rows by key in one statement; sent twice it changes nothing the second time.

        ``columns`` names each column's SQL type. A row whose ``updated_at`` is not newer than the
        table's is left alone. Of rows with one key the last counts.
        """
        distinct = {tuple(row.get(part) for part in key): row for row in rows}
        text = json.dumps(
            [{c: _text(row.get(c)) for c in columns} for row in distinct.values()],
            ensure_ascii=False,
        )
        if distinct:
            self.run(merge_statement(self.config.table(name), columns, key), {"rows": text})

    def _execute(self, statement: str, parameters: Mapping[str, Any] | None) -> Any:
        was_open = self._connection is not None
        try:
            return self._cursor(statement, parameters)
        except WarehouseError as error:
            if not (was_open and error.reconnect):
                raise
            logger.info("The warehouse connection is opened anew: %s", error)
            self.close()
            return self._cursor(statement, parameters)

    def _cursor(self, statement: str, parameters: Mapping[str, Any] | None) -> Any:
        with _our_errors():
            if self._connection is None:
                self._connection = self._connect()
            cursor = self._connection.cursor(arraysize=PAGE_ROWS)
            return cursor.execute(statement, dict(parameters) if parameters else None)

    def _connect(self) -> Any:
        from databricks import sql

        # Below that they log every request, and statements with what people wrote in them.
        for name in ("databricks", "databricks.sql.unsafe"):
            logging.getLogger(name).setLevel(logging.WARNING)
        return sql.connect(**self.config.connect_arguments(), **_identity(self.config))


def merge_statement(table: str, columns: Mapping[str, str], key: Sequence[str]) -> str:
    """One MERGE of the rows in the parameter ``rows``, a JSON array of objects.

    One parameter, because a warehouse takes 256 of them; the values are text there and get their
    type by CAST, so that a value that does not fit is an error and not a NULL.
    """
    shape = ", ".join(f"{column}: STRING" for column in columns)
    typed = ", ".join(f"{_typed(column, kind)} AS {column}" for column, kind in columns.items())
    same = " AND ".join(f"t.{part} = s.{part}" for part in key)
    newer = "t.updated_at IS NULL OR s.updated_at > t.updated_at"
    guard = f" AND ({newer})" if "updated_at" in columns else ""
    rest = ", ".join(f"{column} = s.{column}" for column in columns if column not in key)
    return (
        f"MERGE INTO {table} AS t USING (SELECT {typed} FROM "
        f"(SELECT inline(from_json(:rows, 'ARRAY<STRUCT<{shape}>>')))) AS s ON {same} "
        f"WHEN MATCHED{guard} THEN UPDATE SET {rest} "
        f"WHEN NOT MATCHED THEN INSERT ({', '.join(columns)}) "
        f"VALUES ({', '.join(f's.{column}' for column in columns)})"
    )


def _typed(column: str, kind: str) -> str:
    if kind.startswith(("array", "struct", "map")):
        return f"from_json({column}, '{kind}')"
    return f"CAST({column} AS {kind})"


def _identity(config: WarehouseConfig) -> dict[str, Any]:
    """The token, or a provider of OAuth tokens for the service principal."""
    if config.token:
        return {"access_token": config.token}
    headers = sign_in(config).authenticate
    return {"credentials_provider": lambda: _signing(headers)}


def sign_in(config: WarehouseConfig) -> Any:
    """The SDK's configuration; made late, because its constructor already speaks to the host."""
    from databricks.sdk.core import Config

    identity: dict[str, Any] = (
        {"token": config.token, "auth_type": "pat"}
        if config.token
        else {
            "client_id": config.client_id,
            "client_secret": config.client_secret,
            "auth_type": "oauth-m2m",
        }
    )
    patience = round(min(5, config.socket_seconds))  # five minutes when nothing is said
    with _sign_in_errors():
        return Config(
            host=config.login_url,
            retry_timeout_seconds=patience,
            http_timeout_seconds=patience,
            **identity,
        )


def _signing(headers: Callable[[], dict[str, str]]) -> Callable[[], dict[str, str]]:
    def signed() -> dict[str, str]:
        with _sign_in_errors():
            return headers()

    return signed


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except _client_errors() as error:
        raise from_client(error) from error


@contextmanager
def _sign_in_errors() -> Iterator[None]:
    from databricks.sdk.errors.base import DatabricksError

    try:
        yield
    except (DatabricksError, ValueError, OSError) as error:
        raise from_sign_in(error) from error


def _client_errors() -> tuple[type[Exception], ...]:
    """All that the connector lets out: its own errors, and urllib3's and the system's."""
    from databricks.sql.exc import Error
    from urllib3.exceptions import HTTPError

    return (Error, HTTPError, OSError)


def _list(columns: Iterable[str]) -> str:
    return ", ".join(f"`{column}`" for column in columns)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (bool, list, dict)):
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)

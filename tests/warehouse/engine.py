"""Spark SQL over Delta tables in one process: pysail, and delta-rs for the statements it lacks.

Tables live under ``root/<schema>/<table>``, views as text under ``root/<schema>/_views``; a
statement sees whatever lies there, also what another process has made since. One catalog, one
session: names are best written in full.
"""

from __future__ import annotations

import os
import re
import threading
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.warehouse import change_feed, delta_log
from tests.warehouse.errors import StatementError, from_engine
from tests.warehouse.parameters import bind

CATALOG = "main"
NOTHING = pa.table({"result": pa.array([], pa.string())})  # a table without columns miscounts rows
_NAME = r"([\w.`]+)"
_SETTINGS = {
    "RUST_LOG": "off",
    "SAIL_CATALOG__LIST": f'[{{name="{CATALOG}", type="memory", initial_database=["default"]}}]',
    "SAIL_CATALOG__DEFAULT_CATALOG": CATALOG,
    "SAIL_EXECUTION__DEFAULT_PARALLELISM": "2",
}
_TABLES = pa.schema(
    [("database", pa.string()), ("tableName", pa.string()), ("isTemporary", pa.bool_())]
)
_CHANGE_FEED = re.compile(r"(?is)'?delta\.enableChangeDataFeed'?\s*=\s*'?true'?\s*,?")
_IDENTIFIER = re.compile(r"(?i)IDENTIFIER\(\s*((?:'[^']*'\s*(?:\|\|\s*)?)+)\)")


class Engine:
    """Executes statements as a warehouse would, one at a time."""

    def __init__(self, root: Path) -> None:
        os.environ.update(_SETTINGS)
        from pysail.spark import SparkConnectServer
        from pyspark.sql import SparkSession

        self.root = root.resolve()
        self.root.mkdir(parents=True, exist_ok=True)
        self._server = SparkConnectServer(ip="127.0.0.1", port=0)
        self._server.start(background=True)
        host, port = self._server.listening_address
        with warnings.catch_warnings():  # the Spark client warns about its own dependencies
            warnings.simplefilter("ignore")
            self.spark = SparkSession.builder.remote(f"sc://{host}:{port}").create()
        self.plain_sql: Callable[[str], Any] = self.spark.sql
        self.spark.conf.set("spark.sql.session.timeZone", "UTC")
        self._lock = threading.RLock()
        self._registered: set[str] = set()

    def stop(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.spark.stop()
        self._server.stop()

    def execute(self, statement: str, parameters: Iterable[Any] | None = None) -> pa.Table:
        """The statement's result; raises StatementError worded as a warehouse would."""
        from deltalake.exceptions import DeltaError
        from pyspark.errors import PySparkException

        statement = joined_identifiers(bind(statement, parameters)).strip().rstrip(";").strip()
        with self._lock:
            try:
                return self._dispatch(statement)
            except (PySparkException, DeltaError) as error:
                raise from_engine(error) from error

    def run(self, statement: str) -> pa.Table:
        """The engine's own answer, nothing added."""
        return self.plain_sql(statement).toArrow()

    def path(self, name: str) -> Path:
        """Where the table of that name lies."""
        schema, table = self._split(name)
        return self.root / schema / table

    def register_new(self) -> None:
        """Make known what lies on disk and the engine's catalog, which is in memory, has not."""
        for schema in sorted(p for p in self.root.iterdir() if p.is_dir()):
            self._once(schema.name, f"CREATE SCHEMA IF NOT EXISTS {CATALOG}.{schema.name}")
            for table in sorted(schema.iterdir()):
                if delta_log.is_table(table):
                    name = f"{CATALOG}.{schema.name}.{table.name}"
                    self._once(
                        name,
                        f"CREATE TABLE IF NOT EXISTS {name} USING DELTA LOCATION '{table}'",
                    )
            for view in sorted(schema.glob("_views/*.sql"), key=lambda p: p.stat().st_mtime_ns):
                self._once(f"{schema.name}.{view.stem} {view.stat().st_mtime_ns}", view.read_text())

    def _once(self, name: str, statement: str) -> None:
        if name not in self._registered:
            self.run(statement)
            self._registered.add(name)

    def _dispatch(self, statement: str) -> pa.Table:
        self.register_new()
        for pattern, answer in self._special():
            if match := re.match(pattern, statement, re.IGNORECASE | re.DOTALL):
                return answer(match)
        return self.run(self._with_changes(statement))

    def _special(self) -> list[tuple[str, Callable[[re.Match[str]], pa.Table]]]:
        return [
            (rf"DESC(?:RIBE)?\s+HISTORY\s+{_NAME}(?:\s+LIMIT\s+(\d+))?$", self._history),
            (rf"DESC(?:RIBE)?\s+DETAIL\s+{_NAME}$", self._detail),
            (rf"DESC(?:RIBE)?\s+TABLE\s+(?:EXTENDED\s+)?{_NAME}$", self._describe),
            (rf"SHOW\s+TABLES\s+(?:IN|FROM)\s+{_NAME}$", self._show_tables),
            (rf"SHOW\s+TBLPROPERTIES\s+{_NAME}$", self._properties),
            (rf"ALTER\s+TABLE\s+{_NAME}\s+ADD\s+COLUMNS?\s*\(?(.*?)\)?$", self._add_columns),
            (rf"ALTER\s+TABLE\s+{_NAME}\s+SET\s+TBLPROPERTIES\s*\((.*)\)$", self._set_properties),
            (rf"CREATE\s+SCHEMA\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}$", self._create_schema),
            (rf"DROP\s+SCHEMA\s+(?:IF\s+EXISTS\s+)?{_NAME}(?:\s+CASCADE)?$", self._drop_schema),
            (rf"OPTIMIZE\s+{_NAME}", self._optimize),
            (rf"RESTORE\s+TABLE\s+{_NAME}\s+TO\s+VERSION\s+AS\s+OF\s+(\d+)$", self._restore),
            (rf"VACUUM\s+{_NAME}", self._vacuum),
            (
                rf"CREATE\s+(OR\s+REPLACE\s+)?TABLE\s+(IF\s+NOT\s+EXISTS\s+)?{_NAME}\s*(.*)$",
                self._create_table,
            ),
            (
                rf"CREATE\s+(?:OR\s+REPLACE\s+)?VIEW\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}",
                self._create_view,
            ),
            (rf"DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?{_NAME}$", self._drop_table),
            (
                r"(MERGE|INSERT|UPDATE|DELETE)\s+(?:INTO\s+|OVERWRITE\s+(?:TABLE\s+)?|FROM\s+)?"
                rf"(?:TABLE\s+)?{_NAME}",
                self._change_rows,
            ),
            (rf"USE\s+(?:SCHEMA\s+)?{_NAME}$", self._use_schema),
        ]

    def _split(self, name: str) -> tuple[str, str]:
        parts = [part.strip("`") for part in name.split(".")]
        schema = parts[-2] if len(parts) > 1 else self.spark.catalog.currentDatabase()
        return schema, parts[-1]

    def _table(self, name: str, command: str = "") -> Path:
        path = self.path(name)
        if delta_log.is_table(path):
            return path
        if command and (path.parent / "_views" / f"{path.name}.sql").exists():
            raise StatementError(
                "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
                f"'{command}' expects a table but `{name}` is a view.",
                "42809",
            )
        raise StatementError(
            "TABLE_OR_VIEW_NOT_FOUND", f"The table or view `{name}` cannot be found.", "42P01"
        )

    def _history(self, match: re.Match[str]) -> pa.Table:
        path = self._table(match[1], "DESCRIBE HISTORY")
        return delta_log.history(path, int(match[2]) if match[2] else None)

    def _detail(self, match: re.Match[str]) -> pa.Table:
        return delta_log.detail(self._table(match[1], "DESCRIBE DETAIL"), match[1])

    def _describe(self, match: re.Match[str]) -> pa.Table:
        path = self.path(match[1])
        if delta_log.is_table(path):
            return delta_log.describe(path)
        return self.run(match[0])  # a view

    def _show_tables(self, match: re.Match[str]) -> pa.Table:
        schema = match[1].split(".")[-1].strip("`")
        folder = self.root / schema
        if not folder.is_dir():
            raise StatementError("SCHEMA_NOT_FOUND", f"The schema `{schema}` cannot be found.")
        names = [p.name for p in folder.iterdir() if delta_log.is_table(p)]
        names += [p.stem for p in folder.glob("_views/*.sql")]
        rows = [{"database": schema, "tableName": n, "isTemporary": False} for n in sorted(names)]
        return pa.Table.from_pylist(rows, schema=_TABLES)

    def _properties(self, match: re.Match[str]) -> pa.Table:
        return delta_log.properties(self._table(match[1], "SHOW TBLPROPERTIES"))

    def _add_columns(self, match: re.Match[str]) -> pa.Table:
        path = self._table(match[1])
        delta_log.add_columns(path, match[2])
        self._forget(match[1])
        self.register_new()
        return NOTHING

    def _set_properties(self, match: re.Match[str]) -> pa.Table:
        rest = _CHANGE_FEED.sub("", match[2]).strip()
        if rest:
            self.run(f"ALTER TABLE {match[1]} SET TBLPROPERTIES ({rest})")
        if rest != match[2].strip():
            change_feed.enable(self._table(match[1]))
        return NOTHING

    def _optimize(self, match: re.Match[str]) -> pa.Table:
        delta_log.optimize(self._table(match[1]))
        return NOTHING

    def _restore(self, match: re.Match[str]) -> pa.Table:
        delta_log.restore(self._table(match[1]), int(match[2]))
        return NOTHING

    def _vacuum(self, match: re.Match[str]) -> pa.Table:
        delta_log.vacuum(self._table(match[1]))
        return NOTHING

    def _create_schema(self, match: re.Match[str]) -> pa.Table:
        answer = self.run(match[0])
        (self.root / match[1].split(".")[-1].strip("`")).mkdir(exist_ok=True)
        return answer

    def _drop_schema(self, match: re.Match[str]) -> pa.Table:
        schema = match[1].split(".")[-1].strip("`")
        answer = self.run(match[0])
        delta_log.drop(self.root / schema)
        whole = re.compile(rf"({CATALOG}\.)?{schema}([. ]|$)")
        self._registered = {name for name in self._registered if not whole.match(name)}
        return answer

    def _create_table(self, match: re.Match[str]) -> pa.Table:
        replace, if_absent, name, spec = match.groups()
        path = self.path(name)
        if replace:
            self._forget(name)
            delta_log.drop(path)
        there = delta_log.is_table(path)
        path.mkdir(parents=True, exist_ok=True)
        tail, has_feed = _table_spec(spec, path)
        answer = self.run(f"CREATE TABLE {if_absent or ''}{name} {tail}")
        schema, table = self._split(name)
        self._registered.add(f"{CATALOG}.{schema}.{table}")
        if has_feed and not there:
            change_feed.enable(path)
        return answer

    def _create_view(self, match: re.Match[str]) -> pa.Table:
        """Make a view that stands by itself: names of its own schema are written in full."""
        schema, view = self._split(match[1])
        folder = self.root / schema
        text = match.string.replace(match[1], f"{CATALOG}.{schema}.{view}", 1)
        for table in {p.name for p in folder.iterdir()} | {p.stem for p in folder.glob("_views/*")}:
            text = re.sub(
                rf"(?i)\b(FROM|JOIN)\s+{table}\b(?!\.)", rf"\1 {CATALOG}.{schema}.{table}", text
            )
        text = re.sub(r"(?i)^CREATE\s+(OR\s+REPLACE\s+)?", "CREATE OR REPLACE ", text)
        answer = self.run(text)
        file = folder / "_views" / f"{view}.sql"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        self._registered.add(f"{schema}.{view} {file.stat().st_mtime_ns}")
        return answer

    def _drop_table(self, match: re.Match[str]) -> pa.Table:
        answer = self._forget(match[1], match[0])
        delta_log.drop(self.path(match[1]))
        return answer

    def _forget(self, name: str, statement: str = "") -> pa.Table:
        schema, table = self._split(name)
        self._registered.discard(f"{CATALOG}.{schema}.{table}")
        return self.run(statement or f"DROP TABLE IF EXISTS {name}")

    def _change_rows(self, match: re.Match[str]) -> pa.Table:
        path = self._table(match[2])
        self.run(match.string)
        return delta_log.counts(path, match[1].upper())

    def _use_schema(self, match: re.Match[str]) -> pa.Table:
        return self.run(f"USE SCHEMA {match[1]}")

    def _with_changes(self, statement: str) -> str:
        """The statement with ``table_changes(…)`` read from a view of the changes."""
        call = re.search(
            rf"(?i)table_changes\(\s*'{_NAME}'\s*,\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", statement
        )
        if not call:
            return statement
        path = self._table(call[1])
        newest = delta_log.version(path)
        start, end = int(call[2]), min(int(call[3] or newest), newest)
        changes = change_feed.changes(self.run, call[1], path, start, end)
        self.spark.createDataFrame(changes).createOrReplaceTempView("__changes")
        return statement.replace(call[0], "__changes")


def joined_identifiers(statement: str) -> str:
    """``IDENTIFIER('a' || '.' || 'b')`` as the name it makes."""
    return _IDENTIFIER.sub(lambda m: "".join(re.findall(r"'([^']*)'", m[1])), statement)


def _table_spec(spec: str, path: Path) -> tuple[str, bool]:
    """Columns and options the engine takes, with the location; and whether changes are recorded."""
    has_feed = bool(_CHANGE_FEED.search(spec))
    head, query = spec, ""
    if as_select := re.search(r"(?is)\bAS\s+(SELECT|WITH)\b.*$", spec):
        head, query = spec[: as_select.start()], as_select[0]
    head = re.sub(r"(?is)CLUSTER\s+BY\s*(\([^)]*\)|AUTO)", "", _CHANGE_FEED.sub("", head))
    head = re.sub(r"(?is)TBLPROPERTIES\s*\(\s*\)|USING\s+DELTA", "", head)
    end = _end_of_columns(head)
    return f"{head[:end]} USING DELTA {head[end:]} LOCATION '{path}' {query}", has_feed


def _end_of_columns(spec: str) -> int:
    depth = 0
    for index, character in enumerate(spec):
        depth += (character == "(") - (character == ")")
        if character == ")" and depth == 0:
            return index + 1
        if depth == 0 and character.isalpha():
            return 0  # no column list
    return 0

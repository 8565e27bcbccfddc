"""Loading: what it costs beside writing the same rows with nothing asked of them."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import connection

from connectors import sync
from psinsights.bench.home import peak_memory

TABLES = (
    *("engagements_engagement", "engagements_task", "engagements_deliverynote"),
    *("engagements_notebookusage", "engagements_teammember"),
)


def load() -> dict[str, float]:
    """CPU and peak memory of a first load of the rows, and CPU of the next, which finds nothing."""
    source = Path(os.environ["BENCH_SOURCE"])
    order = sync.Order(rows_only=True)
    began = time.process_time()
    sync.load(source, order=order)
    first = time.process_time()
    peak = peak_memory()
    again = time.process_time()
    sync.load(source, order=order)
    return {"cpu": first - began, "peak": peak, "again": time.process_time() - again}


def floor() -> dict[str, float]:
    """CPU of one transaction of ``executemany`` into the same tables and indexes."""
    path = Path(os.environ["BENCH_HOME"]) / "floor.sqlite3"
    path.unlink(missing_ok=True)
    rows = {table: _rows(table) for table in TABLES}
    with closing(sqlite3.connect(path)) as bare:
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=NORMAL")
        for statement in _schema():
            bare.execute(statement)
        began = time.process_time()
        with bare:
            for table, found in rows.items():
                marks = ", ".join("?" * len(found[0]))
                bare.executemany(f"INSERT INTO {table} VALUES ({marks})", found)  # noqa: S608 - our names
        took = time.process_time() - began
    return {"cpu": took, "rows": sum(map(len, rows.values()))}


def _rows(table: str) -> list[tuple[object, ...]]:
    """Plain values as they lie in the file: a connection that converts nothing."""
    with closing(sqlite3.connect(settings.DATABASES["default"]["NAME"])) as plain:
        return plain.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - our names


def _schema() -> list[str]:
    marks = ", ".join(["%s"] * len(TABLES))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT sql FROM sqlite_master WHERE tbl_name IN ({marks}) AND sql IS NOT NULL "  # noqa: S608 - our names
            "ORDER BY type = 'index'",
            TABLES,
        )
        return [sql for (sql,) in cursor.fetchall()]

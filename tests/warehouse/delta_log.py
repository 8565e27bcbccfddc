"""What the SQL engine lacks, read or written through delta-rs on the same Delta tables."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, Field
from deltalake.schema import PrimitiveType

_TYPES = {
    "STRING": "string",
    "INT": "integer",
    "BIGINT": "long",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}
_WORDS = pa.map_(pa.string(), pa.string())
_HISTORY = pa.schema(
    [
        ("version", pa.int64()),
        ("timestamp", pa.timestamp("us", "UTC")),
        ("operation", pa.string()),
        ("operationParameters", _WORDS),
        ("operationMetrics", _WORDS),
    ]
)


_DESCRIPTION = pa.schema([(name, pa.string()) for name in ("col_name", "data_type", "comment")])
_SQL_NAMES = {"integer": "int", "long": "bigint", "short": "smallint", "byte": "tinyint"}


def is_table(path: Path) -> bool:
    return (path / "_delta_log").is_dir()


def history(path: Path, limit: int | None) -> pa.Table:
    """DESCRIBE HISTORY: newest first."""
    rows = [
        {
            "version": commit["version"],
            "timestamp": commit["timestamp"] * 1000,
            "operation": commit.get("operation"),
            "operationParameters": _words(commit.get("operationParameters")),
            "operationMetrics": _words(commit.get("operationMetrics")),
        }
        for commit in DeltaTable(path).history(limit)
    ]
    return pa.Table.from_pylist(rows, schema=_HISTORY)


def detail(path: Path, name: str) -> pa.Table:
    """DESCRIBE DETAIL, the columns that a client needs."""
    table = DeltaTable(path)
    row = {
        "format": "delta",
        "id": table.metadata().id,
        "name": name,
        "location": str(path),
        "numFiles": len(table.file_uris()),
    }
    return pa.Table.from_pylist([row])


def describe(path: Path) -> pa.Table:
    """DESCRIBE TABLE: a row a column, with its type in SQL's words."""
    rows = [
        {
            "col_name": field.name,
            "data_type": _type_name(json.loads(field.type.to_json())),
            "comment": field.metadata.get("comment"),
        }
        for field in DeltaTable(path).schema().fields
    ]
    return pa.Table.from_pylist(rows, schema=_DESCRIPTION)


def counts(path: Path, verb: str) -> pa.Table:
    """The row a DML statement answers with, from the metrics of its commit."""
    metrics = {
        name: int(value)
        for name, value in (DeltaTable(path).history(1)[0].get("operationMetrics") or {}).items()
        if str(value).isdigit()
    }
    inserted = _first(metrics, "numTargetRowsInserted", "numOutputRows", "num_added_rows")
    updated = _first(metrics, "numTargetRowsUpdated", "numUpdatedRows")
    deleted = _first(metrics, "numTargetRowsDeleted", "numDeletedRows")
    if verb == "MERGE":
        row = {
            "num_affected_rows": inserted + updated + deleted,
            "num_updated_rows": updated,
            "num_deleted_rows": deleted,
            "num_inserted_rows": inserted,
        }
    elif verb == "INSERT":
        row = {"num_affected_rows": inserted, "num_inserted_rows": inserted}
    else:
        row = {"num_affected_rows": updated if verb == "UPDATE" else deleted}
    return pa.Table.from_pylist([row])


def properties(path: Path) -> pa.Table:
    """SHOW TBLPROPERTIES: key and value; constraints are among them."""
    known = DeltaTable(path).metadata().configuration
    rows = [{"key": key, "value": value} for key, value in sorted(known.items())]
    return pa.Table.from_pylist(
        rows, schema=pa.schema([("key", pa.string()), ("value", pa.string())])
    )


def add_columns(path: Path, spec: str) -> None:
    """ALTER TABLE … ADD COLUMNS for the plain types."""
    fields = []
    for column in spec.split(","):
        name, kind = column.split()[:2]
        fields.append(Field(name.strip("`"), PrimitiveType(_TYPES[kind.upper()]), nullable=True))
    DeltaTable(path).alter.add_columns(fields)


def vacuum(path: Path) -> None:
    """VACUUM … RETAIN 0 HOURS: files of older versions are gone at once."""
    DeltaTable(path).vacuum(
        retention_hours=0, enforce_retention_duration=False, dry_run=False, full=True
    )


def restore(path: Path, to: int) -> None:
    DeltaTable(path).restore(to)


def optimize(path: Path) -> None:
    DeltaTable(path).optimize.compact()


def version(path: Path) -> int:
    return DeltaTable(path).version()


def columns(path: Path) -> list[str]:
    return [field.name for field in DeltaTable(path).schema().fields]


def commit_times(path: Path) -> dict[int, int]:
    """Version to milliseconds since 1970."""
    return {commit["version"]: commit["timestamp"] for commit in DeltaTable(path).history()}


def drop(path: Path) -> None:
    """A managed table's files go with it."""
    shutil.rmtree(path, ignore_errors=True)


def _type_name(kind: Any) -> str:
    if isinstance(kind, str):
        return _SQL_NAMES.get(kind, kind)
    if kind["type"] == "array":
        return f"array<{_type_name(kind['elementType'])}>"
    if kind["type"] == "map":
        return f"map<{_type_name(kind['keyType'])},{_type_name(kind['valueType'])}>"
    members = (f"{field['name']}:{_type_name(field['type'])}" for field in kind["fields"])
    return f"struct<{','.join(members)}>"


def _first(metrics: dict[str, int], *names: str) -> int:
    return next((metrics[name] for name in names if name in metrics), 0)


def _words(value: dict[str, Any] | None) -> list[tuple[str, str]]:
    return [(key, str(item)) for key, item in (value or {}).items()]

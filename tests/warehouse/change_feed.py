"""``table_changes``: what each version changed, by set difference of its two snapshots.

The engine cannot write tables that have Delta's own feature, so a mark beside the table says from
which version on changes count as recorded. Rows are told apart by the table's first column.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.warehouse import delta_log
from tests.warehouse.errors import StatementError

_MARK = "_change_feed"
_ORDER = {"insert": 0, "update_preimage": 1, "update_postimage": 2, "delete": 3}
_EXTRA = [
    pa.field("_change_type", pa.string()),
    pa.field("_commit_version", pa.int64()),
    pa.field("_commit_timestamp", pa.timestamp("us", "UTC")),
]


def enable(path: Path) -> None:
    """Note that changes are recorded from the table's present version on."""
    if not (path / _MARK).exists():
        (path / _MARK).write_text(str(delta_log.version(path)))


def changes(
    run: Callable[[str], pa.Table], name: str, path: Path, start: int, end: int
) -> pa.Table:
    """The changes of versions ``start`` to ``end``; raises what a warehouse says where it cannot."""
    _check(path, start, end)
    columns = delta_log.columns(path)
    snapshot = f"SELECT {', '.join(f'`{c}`' for c in columns)} FROM {name} VERSION AS OF %d"
    times = delta_log.commit_times(path)
    rows: list[dict[str, Any]] = []
    for version in range(max(start, 1), end + 1):
        now, before = snapshot % version, snapshot % (version - 1)
        added = run(f"{now} EXCEPT {before}").to_pylist()
        removed = run(f"{before} EXCEPT {now}").to_pylist()
        commit = {"_commit_version": version, "_commit_timestamp": times[version] * 1000}
        rows += [{**row, **commit} for row in _typed(added, removed, columns[0])]
    schema = run(f"{snapshot % end} LIMIT 0").schema
    return pa.Table.from_pylist(rows, schema=pa.schema([*schema, *_EXTRA]))


def _check(path: Path, start: int, end: int) -> None:
    mark = path / _MARK
    if not mark.exists() or start < int(mark.read_text()):
        raise StatementError(
            "DELTA_MISSING_CHANGE_DATA",
            f"Error getting change data for range [{start} , {end}] as change data was not "
            f"recorded for version [{start}].",
            "KD002",
        )
    if start > end:
        raise StatementError(
            "DELTA_INVALID_CDC_RANGE", f"CDC range from start {start} to end {end} was invalid."
        )


def _typed(
    added: list[dict[str, Any]], removed: list[dict[str, Any]], key: str
) -> list[dict[str, Any]]:
    new, old = {row[key] for row in added}, {row[key] for row in removed}
    typed = [
        {**row, "_change_type": "update_postimage" if row[key] in old else "insert"}
        for row in added
    ]
    typed += [
        {**row, "_change_type": "update_preimage" if row[key] in new else "delete"}
        for row in removed
    ]
    return sorted(typed, key=lambda row: (str(row[key]), _ORDER[row["_change_type"]]))

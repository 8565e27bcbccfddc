"""A round trip through one workspace: written, read, changed, read again. Loopback, or a real one.

``pytest -m live`` takes the workspace from ``LIVE_DATABRICKS_HOST``, ``…_WAREHOUSE_ID`` or
``…_HTTP_PATH``, ``…_TOKEN`` or ``…_CLIENT_ID`` and ``…_CLIENT_SECRET``, and ``…_CATALOG``; it works
in a schema of its own, which it drops again.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlglot

from connectors.delta_outbox import DeltaSender
from connectors.sources.delta import DeltaTables
from connectors.tables import table
from connectors.warehouse import Warehouse, WarehouseConfig, problems
from engagements.parse import parse

NOTES = table("ps_delivery_notes")
PREFIX = "LIVE_"


@pytest.fixture(autouse=True, scope="session")
def no_network() -> None:
    """Here a real workspace may be spoken to; the suite's own guard holds everywhere else."""


def _live_settings() -> dict[str, str]:
    given = {
        name.removeprefix(PREFIX): value
        for name, value in os.environ.items()
        if name.startswith(f"{PREFIX}DATABRICKS_")
    }
    wanted = given | {"DATABRICKS_SCHEMA": f"psi_live_{uuid.uuid4().hex[:8]}"}
    if missing := problems(wanted):
        names = ", ".join(sorted({f"{PREFIX}{problem.setting}" for problem in missing}))
        pytest.skip(f"No workspace to test against: set {names}.")
    return wanted


@pytest.fixture(
    params=[
        pytest.param(
            "loopback", marks=[pytest.mark.warehouse, pytest.mark.xdist_group("warehouse")]
        ),
        pytest.param("live", marks=pytest.mark.live),
    ]
)
def workspace(request: pytest.FixtureRequest) -> Iterator[tuple[WarehouseConfig, Any]]:
    """The configuration, and the loopback warehouse where it is one."""
    loopback = None
    if request.param == "live":
        settings = _live_settings()
    else:
        from tests.warehouse.fixtures import _warehouse

        loopback = _warehouse()
        loopback.reset()
        settings = loopback.settings(DATABRICKS_SCHEMA=f"round_trip_{uuid.uuid4().hex[:8]}")
    config = WarehouseConfig.from_settings(settings)
    schema = f"{config.catalog}.{config.schema}"
    with Warehouse(config) as warehouse:
        warehouse.run(f"CREATE SCHEMA {schema}")
        warehouse.run(
            f"CREATE TABLE {config.table('ps_delivery_notes')} (note_id STRING NOT NULL, engagement_id "
            "STRING, author_id STRING, created_at TIMESTAMP, content STRING, sentiment STRING, "
            "updated_at TIMESTAMP) TBLPROPERTIES (delta.enableChangeDataFeed = true)"
        )
        try:
            yield config, loopback
        finally:
            warehouse.run(f"DROP SCHEMA {schema} CASCADE")


def _note(note_id: str, hour: int, content: str) -> dict[str, Any]:
    stamp = f"2026-11-20T{hour:02}:00:00Z"
    return {
        "note_id": note_id, "engagement_id": "e1", "created_at": stamp,
        "content": content, "updated_at": stamp,
    }  # fmt: skip


def _read(config: WarehouseConfig, known: str = "") -> tuple[str, bool, dict[str, str]]:
    source = DeltaTables(config)
    try:
        reading = source.read(NOTES, known_version=known)
        notes = [parse(NOTES.record, row.values) for row in reading.rows]
        return reading.version, reading.complete, {note.note_id: note.content for note in notes}
    finally:
        source.close()


def test_what_is_written_is_read_and_then_only_what_changed(workspace: Any) -> None:
    config, loopback = workspace
    sender = DeltaSender(config)
    content = 'It\'s "blocked": naïve \\ :rows ? 漢\n- a list'
    sender.send(NOTES, [_note("n1", 8, content), _note("n2", 8, "second")])
    version, complete, notes = _read(config)
    assert complete
    assert notes == {"n1": content, "n2": "second"}
    sender.send(NOTES, [_note("n1", 7, "too late"), _note("n2", 9, "newer")])
    sender.close()
    _, complete, notes = _read(config, version)
    assert not complete
    assert notes == {"n2": "newer"}
    for statement in loopback.statements() if loopback else ():
        if not statement.startswith(
            ("DESCRIBE DETAIL", "DESCRIBE HISTORY", "SHOW")
        ):  # sqlglot does not know them
            parsed = sqlglot.parse_one(statement, read="databricks")
            assert not isinstance(parsed, sqlglot.exp.Command)

"""Pushes killed at any moment: every row reaches its Delta table, none twice, and the newest wins.

``PSI_KILLS`` says how often (3). Where a push was when it was killed is left to chance.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.models import OutboxEntry
from connectors.outbox import enqueue
from tests.processes import manage
from tests.waiting import until
from tests.warehouse.fixtures import engine, schema, warehouse

if TYPE_CHECKING:
    from tests.warehouse.engine import Engine
    from tests.warehouse.server import Warehouse

__all__ = ["engine", "schema", "warehouse"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.warehouse,
    pytest.mark.xdist_group("warehouse"),
    pytest.mark.django_db(transaction=True),
]

KILLS = int(os.environ.get("PSI_KILLS", "3"))
NEW = 40  # rows before each push
REQUESTS = 5  # of a push: a session, what the table has, one MERGE, the end of the session
JITTER = 0.15  # seconds: the mark comes after the answer, and no request tells of it
BEGAN = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture
def given(warehouse: Warehouse, schema: str, engine: Engine, settings: Any) -> dict[str, str]:
    """The settings of a push, and an empty table for it to fill."""
    settings.DATA_MODE = "databricks"
    engine.execute(
        f"CREATE TABLE main.{schema}.ps_delivery_notes (note_id STRING NOT NULL, engagement_id "
        "STRING, created_at TIMESTAMP, content STRING, updated_at TIMESTAMP)"
    )
    return {"DATA_MODE": "databricks", **warehouse.settings(DATABRICKS_SCHEMA=schema)}


def _write(turn: int) -> None:
    """New rows, and newer versions of a few that may be on their way or there already."""
    moment = (BEGAN + timedelta(minutes=turn)).isoformat()
    again = range(max(0, (turn - 1) * NEW), turn * NEW, 4)
    for number in (*again, *range(turn * NEW, (turn + 1) * NEW)):
        row = {
            "note_id": f"n{number}",
            "engagement_id": "e1",
            "created_at": BEGAN.isoformat(),
            "content": f"written in turn {turn}",
            "updated_at": moment,
        }
        enqueue("ps_delivery_notes", f"n{number}", row)


def _push_and_kill(given: dict[str, str], asked: Callable[[], int], chance: random.Random) -> bool:
    """Kill a push after so many of its requests; whether it was still at it."""
    enough = asked() + chance.randint(1, REQUESTS)
    process = manage("push_outbox", **given)
    until(lambda: asked() >= enough or process.poll() is not None, what="a push")
    with suppress(subprocess.TimeoutExpired):
        process.wait(chance.random() * JITTER)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def _push_to_the_end(given: dict[str, str]) -> None:
    def nothing_waits() -> bool:
        OutboxEntry.objects.update(next_attempt_at=None)
        process = manage("push_outbox", **given)
        output, _ = process.communicate()
        assert process.returncode == 0, output
        return not OutboxEntry.objects.exclude(state=OutboxEntry.State.SENT).exists()

    until(nothing_waits, what="the last push")


def test_pushes_killed_at_any_moment_leave_every_row_once(
    given: dict[str, str], warehouse: Warehouse, engine: Engine, schema: str
) -> None:
    chance = random.Random()
    killed = turns = 0
    while killed < KILLS:
        _write(turns)
        turns += 1
        killed += _push_and_kill(given, lambda: len(warehouse.requests), chance)
    _push_to_the_end(given)
    rows = engine.execute(
        f"SELECT note_id, content FROM main.{schema}.ps_delivery_notes"
    ).to_pylist()
    expected = {entry.key: entry.payload["content"] for entry in OutboxEntry.objects.all()}
    assert len(rows) == len(expected) == turns * NEW
    assert {row["note_id"]: row["content"] for row in rows} == expected

"""Rows of ours reach their Delta table once, whatever happens on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connectors.delta_outbox import DeltaSender
from connectors.models import OutboxEntry
from connectors.outbox import SendError, enqueue, push
from connectors.tables import table
from connectors.warehouse import WarehouseConfig
from tests.warehouse.errors import StatementError
from tests.warehouse.faults import Fault
from tests.warehouse.fixtures import engine, schema, warehouse

if TYPE_CHECKING:
    from tests.warehouse.engine import Engine
    from tests.warehouse.server import Warehouse

__all__ = ["engine", "schema", "warehouse"]
pytestmark = [pytest.mark.warehouse, pytest.mark.xdist_group("warehouse")]

NOTES = table("ps_delivery_notes")
MORNING, NOON = "2026-11-20T08:00:00Z", "2026-11-20T12:00:00Z"
CONFLICT = StatementError("DELTA_CONCURRENT_APPEND", "Files were added by another.", "2D521")
Rows = Callable[[], list[dict[str, Any]]]


def _note(note_id: str = "n1", **given: Any) -> dict[str, Any]:
    row = {
        "note_id": note_id,
        "engagement_id": "e1",
        "created_at": MORNING,
        "content": 'It\'s "blocked": naïve \\ :rows ? 漢',
        "sentiment": None,
        "updated_at": MORNING,
    }
    return row | given


@pytest.fixture
def rows(engine: Engine, schema: str) -> Rows:
    """The rows of the table of notes, which this makes, as they are now."""
    name = f"main.{schema}.ps_delivery_notes"
    engine.execute(
        f"CREATE TABLE {name} (note_id STRING NOT NULL, engagement_id STRING, author_id STRING, "
        "created_at TIMESTAMP, content STRING, sentiment STRING, updated_at TIMESTAMP)"
    )
    return lambda: engine.execute(f"SELECT * FROM {name} ORDER BY note_id").to_pylist()


@pytest.fixture
def sender(warehouse: Warehouse, schema: str) -> Iterator[DeltaSender]:
    config = WarehouseConfig.from_settings(warehouse.settings(DATABRICKS_SCHEMA=schema))
    sender = DeltaSender(config, pause=0)
    yield sender
    warehouse.faults.clear()
    sender.close()


def test_rows_arrive_with_their_types_and_every_character(sender: DeltaSender, rows: Rows) -> None:
    sender.send(NOTES, [_note()])
    assert rows() == [
        {
            "note_id": "n1",
            "engagement_id": "e1",
            "author_id": None,
            "created_at": datetime(2026, 11, 20, 8, tzinfo=UTC),
            "content": 'It\'s "blocked": naïve \\ :rows ? 漢',
            "sentiment": None,
            "updated_at": datetime(2026, 11, 20, 8, tzinfo=UTC),
        }
    ]


def test_a_batch_is_one_statement(sender: DeltaSender, rows: Rows, warehouse: Warehouse) -> None:
    sender.send(NOTES, [_note(f"n{number}") for number in range(300)])
    assert len(rows()) == 300
    assert len(warehouse.statements("MERGE")) == 1


def test_sending_twice_changes_nothing(sender: DeltaSender, rows: Rows) -> None:
    sender.send(NOTES, [_note(), _note("n2")])
    before = rows()
    sender.send(NOTES, [_note(), _note("n2")])
    assert rows() == before


def test_the_newer_row_wins_whichever_comes_first(sender: DeltaSender, rows: Rows) -> None:
    newer, older = _note(content="new", updated_at=NOON), _note(content="old")
    sender.send(NOTES, [older])
    sender.send(NOTES, [newer])
    sender.send(NOTES, [older])
    assert [row["content"] for row in rows()] == ["new"]


def test_a_row_twice_in_a_batch_is_one_row(sender: DeltaSender, rows: Rows) -> None:
    sender.send(NOTES, [_note(content="first"), _note(content="second")])
    assert [row["content"] for row in rows()] == ["second"]


def test_columns_the_table_does_not_have_are_not_sent(
    sender: DeltaSender, engine: Engine, schema: str
) -> None:
    name = f"main.{schema}.ps_delivery_notes"
    engine.execute(
        f"CREATE TABLE {name} (note_id STRING, engagement_id STRING, created_at STRING, content STRING)"
    )
    sender.send(NOTES, [_note()])
    assert engine.execute(f"SELECT created_at FROM {name}").to_pylist() == [{"created_at": MORNING}]


def test_a_conflict_with_another_writer_is_tried_again(
    sender: DeltaSender, rows: Rows, warehouse: Warehouse
) -> None:
    warehouse.faults.add(Fault("Statement", statement="MERGE", error=CONFLICT, times=2))
    sender.send(NOTES, [_note()])
    assert len(rows()) == 1


def test_a_conflict_without_end_waits_for_later(
    sender: DeltaSender, rows: Rows, warehouse: Warehouse
) -> None:
    warehouse.faults.add(Fault("Statement", statement="MERGE", error=CONFLICT, times=99))
    with pytest.raises(SendError) as error:
        sender.send(NOTES, [_note()])
    assert not error.value.permanent
    assert rows() == []


def test_a_missing_table_says_what_to_run(sender: DeltaSender, schema: str) -> None:
    with pytest.raises(SendError, match="01_data_ingestion") as error:
        sender.send(NOTES, [_note()])
    assert not error.value.permanent


@pytest.mark.django_db
def test_a_poison_row_is_parked_and_the_others_arrive(
    sender: DeltaSender, rows: Rows, engine: Engine, schema: str, warehouse: Warehouse
) -> None:
    name = f"main.{schema}.ps_delivery_notes"
    engine.execute(f"ALTER TABLE {name} ADD CONSTRAINT short CHECK (length(content) < 99)")
    for number in range(40):
        enqueue(NOTES.name, f"n{number}", _note(f"n{number}"))
    enqueue(NOTES.name, "bad", _note("bad", content="x" * 100))
    result = push(sender)
    assert (result.sent, result.parked, result.waiting) == (40, 1, 0)
    assert len(rows()) == 40
    parked = OutboxEntry.objects.get(state=OutboxEntry.State.PARKED)
    assert parked.key == "bad"
    assert "short" in parked.error
    assert len(warehouse.statements("MERGE")) < 20  # found by halves


@pytest.mark.django_db
def test_a_warehouse_that_is_away_loses_nothing(
    sender: DeltaSender, rows: Rows, warehouse: Warehouse
) -> None:
    enqueue(NOTES.name, "n1", _note())
    warehouse.faults.add(Fault("ExecuteStatement", status=500, times=9))
    assert push(sender).waiting == 1
    warehouse.faults.clear()
    OutboxEntry.objects.update(next_attempt_at=None)
    assert push(sender).sent == 1
    assert len(rows()) == 1


@pytest.mark.django_db
def test_a_write_whose_answer_is_lost_is_sent_again_and_is_one_row(
    sender: DeltaSender, rows: Rows, warehouse: Warehouse
) -> None:
    enqueue(NOTES.name, "n1", _note())
    warehouse.faults.add(Fault("ExecuteStatement", statement="MERGE", cut=10))
    assert push(sender).waiting == 1
    assert len(rows()) == 1
    OutboxEntry.objects.update(next_attempt_at=None)
    assert push(sender).sent == 1
    assert len(rows()) == 1


PUSH = """
import json, os, sys
import django
django.setup()
from connectors.delta_outbox import DeltaSender
from connectors.outbox import push
from connectors.warehouse import WarehouseConfig
result = push(DeltaSender(WarehouseConfig.from_settings(json.loads(sys.argv[1])), pause=0))
sys.stdout.write(json.dumps([result.sent, result.waiting, result.parked]))
"""
FILL = """
import django
django.setup()
from connectors.outbox import enqueue
for number in range(60):
    enqueue("ps_delivery_notes", f"n{number}", {
        "note_id": f"n{number}", "engagement_id": "e1", "created_at": "2026-11-20T08:00:00Z",
        "content": "x", "updated_at": "2026-11-20T08:00:00Z"})
"""


def test_a_push_killed_between_merge_and_mark_leaves_every_row_once(
    rows: Rows, warehouse: Warehouse, schema: str, own_database: Path, tmp_path: Path
) -> None:
    own = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "psinsights.settings",
        "DATABASE_URL": f"sqlite:///{own_database}",
        "DATA_DIR": str(tmp_path),
        "DATA_MODE": "databricks",
    }
    settings = json.dumps(warehouse.settings(DATABRICKS_SCHEMA=schema))
    push_outbox = [sys.executable, "-c", PUSH, settings]
    subprocess.run([sys.executable, "-c", FILL], env=own, check=True)
    held = Fault("ExecuteStatement", statement="MERGE", hold=threading.Event())
    warehouse.faults.add(held)
    killed = subprocess.Popen(push_outbox, env=own)
    while not held.reached.wait(0.1):  # then the rows are in, and the answer is not out
        assert killed.poll() is None
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert held.hold
    held.hold.set()
    assert len(rows()) == 60
    done = subprocess.run(push_outbox, env=own, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == [60, 0, 0]
    assert len(rows()) == 60

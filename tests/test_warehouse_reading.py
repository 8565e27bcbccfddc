"""Delta tables as a source: what is read, at which version, and what stops a table."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from connectors.sources import SourceError
from connectors.sources.delta import DeltaTables
from connectors.tables import table
from connectors.warehouse import WarehouseConfig
from engagements.parse import parse
from tests.warehouse.errors import StatementError
from tests.warehouse.faults import Fault
from tests.warehouse.fixtures import engine, schema, warehouse

if TYPE_CHECKING:
    from tests.warehouse.engine import Engine
    from tests.warehouse.server import Warehouse

__all__ = ["engine", "schema", "warehouse"]
pytestmark = [pytest.mark.warehouse, pytest.mark.xdist_group("warehouse")]

NOTES = table("ps_delivery_notes")
COLUMNS = (
    "note_id STRING, engagement_id STRING, author_id STRING, created_at TIMESTAMP, "
    "content STRING, sentiment STRING, updated_at TIMESTAMP"
)
FEED = "TBLPROPERTIES (delta.enableChangeDataFeed = true)"
Do = Callable[[str], Any]


@pytest.fixture
def do(engine: Engine, schema: str) -> Do:
    """Runs a statement in which ``notes`` stands for the table of notes."""

    def execute(statement: str) -> Any:
        name = f"main.{schema}.ps_delivery_notes"
        return engine.execute(statement.replace("notes", name, 1)).to_pylist()

    return execute


@pytest.fixture
def source(warehouse: Warehouse, schema: str) -> Iterator[Callable[[], DeltaTables]]:
    opened: list[DeltaTables] = []

    def open_source() -> DeltaTables:
        config = WarehouseConfig.from_settings(warehouse.settings(DATABRICKS_SCHEMA=schema))
        quick = dataclasses.replace(config, socket_seconds=30, retry_seconds=1)
        opened.append(DeltaTables(quick))
        return opened[-1]

    yield open_source
    warehouse.faults.clear()
    for each in opened:
        each.close()


def _fill(do: Do, rows: int, properties: str = FEED) -> None:
    do(f"CREATE TABLE notes ({COLUMNS}) {properties}")
    do(
        "INSERT INTO notes SELECT concat('n', id) AS note_id, concat('e', id % 50) AS engagement_id, "
        "'u1' AS author_id, timestamp'2026-11-01 09:00:00' AS created_at, concat('Cutover is "
        "blocked by access, note ', id) AS content, 'risk' AS sentiment, "
        f"timestamp'2026-11-01 10:00:00' AS updated_at FROM range({rows})"
    )


def _note(note_id: str, content: str = "New") -> str:
    return f"('{note_id}', 'e1', NULL, timestamp'2026-11-02 09:00:00', '{content}', NULL, NULL)"


def _ids(reading: Any) -> set[str]:
    return {row.values["note_id"] for row in reading.rows}


def test_a_first_read_brings_every_row_as_a_record(source: Any, do: Do) -> None:
    _fill(do, 3)
    reading = source().read(NOTES)
    parsed = [parse(NOTES.record, row.values) for row in reading.rows]
    assert reading.complete
    assert {note.note_id for note in parsed} == {"n0", "n1", "n2"}
    assert {str(note.created_at) for note in parsed} == {"2026-11-01 09:00:00+00:00"}


def test_an_unchanged_table_is_only_asked_for_its_version(
    source: Any, do: Do, warehouse: Warehouse
) -> None:
    _fill(do, 3)
    version = source().read(NOTES).version
    warehouse.requests.clear()
    assert source().read(NOTES, known_version=version).unchanged
    assert [s.split()[1] for s in warehouse.statements()] == ["DETAIL", "HISTORY"]


def test_ten_changes_of_200_000_rows_are_ten_rows_on_the_way(
    source: Any, do: Do, warehouse: Warehouse
) -> None:
    _fill(do, 200_000)
    before = source().warehouse.table_version(NOTES.name)
    do("UPDATE notes SET content = 'Access is granted' WHERE note_id IN ('n1', 'n2', 'n3', 'n4')")
    do("DELETE FROM notes WHERE note_id IN ('n5', 'n6', 'n7')")
    do("INSERT INTO notes VALUES " + ", ".join(_note(f"new{number}") for number in range(3)))
    warehouse.service.rows_sent = 0
    reading = source().read(NOTES, known_version=str(before))
    rows = list(reading.rows)
    assert not reading.complete
    assert {r.values["note_id"] for r in rows if r.deleted} == {"n5", "n6", "n7"}
    assert {r.values["note_id"] for r in rows if not r.deleted} == {
        *("n1", "n2", "n3", "n4"),
        *("new0", "new1", "new2"),
    }
    assert warehouse.service.rows_sent < 30  # the rows, and what describes the table


def test_the_last_of_several_changes_counts(source: Any, do: Do) -> None:
    _fill(do, 3)
    version = source().read(NOTES).version
    do("UPDATE notes SET content = 'first' WHERE note_id = 'n1'")
    do("UPDATE notes SET content = 'second' WHERE note_id = 'n1'")
    do("DELETE FROM notes WHERE note_id = 'n2'")
    do(f"INSERT INTO notes VALUES {_note('n2', 'back')}")
    rows = list(source().read(NOTES, known_version=version).rows)
    assert {row.values["note_id"]: row.values["content"] for row in rows} == {
        "n1": "second",
        "n2": "back",
    }


def test_a_table_without_a_change_feed_is_read_whole(source: Any, do: Do) -> None:
    _fill(do, 3, properties="")
    version = source().read(NOTES).version
    do("DELETE FROM notes WHERE note_id = 'n1'")
    reading = source().read(NOTES, known_version=version)
    assert reading.complete
    assert _ids(reading) == {"n0", "n2"}


def test_a_table_made_anew_is_read_whole(source: Any, do: Do) -> None:
    _fill(do, 3)
    do("DELETE FROM notes WHERE note_id = 'n1'")
    version = source().read(NOTES).version
    do("DROP TABLE notes")
    _fill(do, 5)
    reading = source().read(NOTES, known_version=version)
    assert reading.complete
    assert len(_ids(reading)) == 5


def test_vacuumed_history_is_read_whole(source: Any, do: Do) -> None:
    _fill(do, 3)
    version = source().read(NOTES).version
    do("UPDATE notes SET content = 'changed' WHERE note_id = 'n1'")
    do("UPDATE notes SET content = 'again' WHERE note_id = 'n1'")
    do("VACUUM notes RETAIN 0 HOURS")
    reading = source().read(NOTES, known_version=version)
    assert reading.complete
    assert len(_ids(reading)) == 3


def test_rows_come_from_the_version_taken_at_the_start(source: Any, do: Do) -> None:
    _fill(do, 3)
    reading_source = source()
    reading_source._version(NOTES)
    do("DELETE FROM notes WHERE note_id = 'n1'")
    assert len(_ids(reading_source.read(NOTES))) == 3


def test_all_that_is_read_is_on_disk_before_a_transaction_begins(
    source: Any, do: Do, warehouse: Warehouse, schema: str
) -> None:
    _fill(do, 3)
    do(
        f"CREATE TABLE main.{schema}.ps_engagements (engagement_id STRING, customer_name STRING, status STRING)"
    )
    prepared = source()
    prepared.prepare({})
    warehouse.requests.clear()
    assert prepared.tables_present() == {"ps_engagements", NOTES.name}
    assert len(_ids(prepared.read(NOTES))) == 3
    assert warehouse.requests == []


def test_reading_twice_gives_the_same_positions(source: Any, do: Do) -> None:
    _fill(do, 40_000)
    again = source()
    first = [row.values["note_id"] for row in again.read(NOTES).rows]
    second = [row.values["note_id"] for row in again.read(NOTES).rows]
    assert len(first) == 40_000
    assert first == second


def test_a_view_is_read_by_what_is_newer_and_once_a_day_whole(
    source: Any, engine: Engine, schema: str
) -> None:
    engine.execute(
        f"CREATE VIEW main.{schema}.ps_tasks AS SELECT concat('t', id) AS task_id, 'e1' AS "
        "engagement_id, 'Cutover' AS name, 'Blocked' AS status, "
        "current_timestamp() - make_interval(0, 0, 0, 2 * CAST(id AS INT)) AS updated_at "
        "FROM range(3)"
    )
    tasks = table("ps_tasks")
    first = source().read(tasks)
    assert first.complete
    second = source().read(tasks, known_version=first.version)
    assert not second.complete
    assert {row.values["task_id"] for row in second.rows} == {"t0"}
    long_ago = first.version.replace("2026", "2025")
    assert source().read(tasks, known_version=long_ago).complete


def test_a_missing_required_column_stops_the_table(source: Any, do: Do) -> None:
    do("CREATE TABLE notes (note_id STRING, engagement_id STRING, created_at TIMESTAMP)")
    reading = source().read(NOTES)
    assert "has no column content" in reading.refused
    assert list(reading.rows) == []


def test_a_column_of_another_type_stops_the_table(source: Any, do: Do) -> None:
    do(f"CREATE TABLE notes ({COLUMNS.replace('content STRING', 'content INT')})")
    assert "content is int, not string" in source().read(NOTES).refused


def test_an_extra_column_is_said_and_not_read(source: Any, do: Do) -> None:
    _fill(do, 1)
    do("ALTER TABLE notes ADD COLUMNS (mood STRING)")
    reading = source().read(NOTES)
    assert reading.extra == ("mood",)
    assert "mood" not in next(iter(reading.rows)).values


def test_a_missing_optional_column_is_fine(source: Any, do: Do) -> None:
    do(
        "CREATE TABLE notes (note_id STRING, engagement_id STRING, created_at STRING, content STRING)"
    )
    do("INSERT INTO notes VALUES ('n1', 'e1', '2026-11-01 09:00:00', 'x')")
    assert _ids(source().read(NOTES)) == {"n1"}


def test_nulls_and_repeated_ids_come_through_for_quarantine(source: Any, do: Do) -> None:
    do(f"CREATE TABLE notes ({COLUMNS}) {FEED}")
    nothing = f"({', '.join(['NULL'] * 7)})"
    do(f"INSERT INTO notes VALUES {nothing}, {nothing}, {_note('n1')}, {_note('n1')}")
    rows = list(source().read(NOTES).rows)
    assert sorted(str(row.values["note_id"]) for row in rows) == ["None", "None", "n1", "n1"]
    assert sorted(row.position for row in rows) == [1, 2, 3, 4]


def test_an_empty_table_is_complete(source: Any, do: Do) -> None:
    do(f"CREATE TABLE notes ({COLUMNS})")
    reading = source().read(NOTES)
    assert reading.complete
    assert list(reading.rows) == []


def test_a_table_that_is_dropped_in_between_is_a_source_error(source: Any, do: Do) -> None:
    _fill(do, 3)
    reading_source = source()
    reading_source._version(NOTES)
    do("DROP TABLE notes")
    with pytest.raises(SourceError, match="Nothing was changed"):
        reading_source.read(NOTES)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("FetchResults", status=403, skip=1),
        Fault("FetchResults", cut=900, skip=1),
        Fault("FetchResults", status=503, skip=1, times=9),
        Fault("Statement", statement="VERSION AS OF", error=StatementError("INTERNAL_ERROR", "x")),
    ],
    ids=["token expires", "cut", "busy", "engine fails"],
)
def test_a_fault_in_mid_read_hands_out_nothing(
    source: Any, do: Do, warehouse: Warehouse, fault: Fault
) -> None:
    _fill(do, 70_000)
    warehouse.faults.add(dataclasses.replace(fault))
    with pytest.raises(SourceError):
        source().read(NOTES)


def test_a_schema_without_engagements_says_what_to_run(source: Any, do: Do) -> None:
    _fill(do, 1)
    with pytest.raises(SourceError, match="01_data_ingestion"):
        source().tables_present()


def test_two_reads_at_once_do_not_disturb_each_other(source: Any, do: Do) -> None:
    _fill(do, 30_000)
    counts: list[int] = []
    sources = [source(), source()]
    threads = [
        threading.Thread(target=lambda each=each: counts.append(len(_ids(each.read(NOTES)))))
        for each in sources
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [30_000, 30_000]


READ_ALL = """
import json, sys
import django
django.setup()
from connectors.sources.delta import DeltaTables
from connectors.tables import table
from connectors.warehouse import WarehouseConfig
notes = table("ps_delivery_notes")
source = DeltaTables(WarehouseConfig.from_settings(json.loads(sys.argv[1])))
source.warehouse.run("SELECT 1")
def peak():
    # Not getrusage: there a child begins with the peak of its parent.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
before = peak()
rows = source.read(notes).rows
if sys.argv[2] == "keep":
    rows = list(rows)
count = sum(1 for _ in rows)
sys.stdout.write(json.dumps([count, (peak() - before) // 1024]))
source.close()
"""


def test_200_000_notes_are_read_in_bounded_memory(
    do: Do, warehouse: Warehouse, schema: str
) -> None:
    _fill(do, 200_000)
    settings = json.dumps(warehouse.settings(DATABRICKS_SCHEMA=schema))

    def megabytes(mode: str) -> int:
        command = [sys.executable, "-c", READ_ALL, settings, mode]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        count, growth = json.loads(done.stdout)
        assert count == 200_000
        return growth

    # Kept in a list the rows are what a careless reader would hold.
    assert megabytes("stream") < megabytes("keep") / 2

"""A table that has changed its shape stops alone, and nothing slow happens within a transaction."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.db import connection

from connectors import sync
from connectors.models import QuarantinedRow, TableState
from connectors.sources import SourceError
from engagements.models import DeliveryNote, Engagement, Task
from tests.factories import signed_in
from tests.warehouse.fixtures import engine, schema, warehouse

if TYPE_CHECKING:
    from tests.warehouse.engine import Engine
    from tests.warehouse.server import Warehouse

__all__ = ["engine", "schema", "warehouse"]
pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.xdist_group("warehouse"),
    pytest.mark.django_db(transaction=True),
]

SHAPES = {
    "ps_engagements": "engagement_id STRING, customer_name STRING, status STRING",
    "ps_tasks": "task_id STRING, engagement_id STRING, name STRING, status STRING",
    "ps_delivery_notes": "note_id STRING, engagement_id STRING, created_at TIMESTAMP, content STRING",
}
ROWS = {
    "ps_engagements": "('E1', 'Pellworth', 'Active'), ('E2', 'Gallund', 'Active')",
    "ps_tasks": "('T1', 'E1', 'Cutover', 'Blocked'), ('T2', 'E2', 'Training', 'In Progress')",
    "ps_delivery_notes": "('N1', 'E1', timestamp'2026-11-01 09:00:00', 'Access is missing.')",
}
Do = Callable[[str], Any]


@pytest.fixture
def do(engine: Engine, schema: str, warehouse: Warehouse, settings: Any) -> Do:
    """Runs a statement in which ``main.`` is the schema of this test, on three small tables."""
    settings.DATA_MODE = "databricks"
    settings.DATABRICKS = warehouse.settings(DATABRICKS_SCHEMA=schema)

    def execute(statement: str) -> Any:
        return engine.execute(statement.replace("main.", f"main.{schema}.")).to_pylist()

    feed = "TBLPROPERTIES (delta.enableChangeDataFeed = true)"
    for name, shape in SHAPES.items():
        execute(f"CREATE TABLE main.{name} ({shape}) {feed}")
        execute(f"INSERT INTO main.{name} VALUES {ROWS[name]}")
    return execute


def _load() -> str:
    out = StringIO()
    call_command("load_data", stdout=out)
    return out.getvalue()


def _spoil_notes(do: Do) -> None:
    do("DROP TABLE main.ps_delivery_notes")
    do("CREATE TABLE main.ps_delivery_notes (note_id STRING, engagement_id STRING, content INT)")


def test_a_table_of_another_shape_stops_alone_and_keeps_its_rows(do: Do) -> None:
    _load()
    _spoil_notes(do)
    do("UPDATE main.ps_tasks SET status = 'Completed' WHERE task_id = 'T1'")
    told = _load()
    assert "ps_delivery_notes: Not loaded: ps_delivery_notes has no column created_at." in told
    assert "content is int, not string. Its rows stay as they are." in told
    assert Task.objects.get(pk="T1").status == "Completed"
    assert DeliveryNote.objects.get().content == "Access is missing."


def test_the_settings_page_shows_the_difference_and_the_way_back(do: Do) -> None:
    _load()
    _spoil_notes(do)
    _load()
    page = signed_in("manager").get("/settings").content.decode()
    assert "A table was not loaded" in page
    assert "ps_delivery_notes.content is int, not string." in page
    do("DROP TABLE main.ps_delivery_notes")
    do(f"CREATE TABLE main.ps_delivery_notes ({SHAPES['ps_delivery_notes']}, mood STRING)")
    _load()
    page = signed_in("manager").get("/settings").content.decode()
    assert "A table was not loaded" not in page
    assert "Ignored: mood" in page
    assert not DeliveryNote.objects.exists()


def test_the_settings_page_shows_the_number_of_a_version(do: Do) -> None:
    _load()
    assert '<td class="lg mono t3">v1</td>' in signed_in("manager").get("/settings").text


def test_a_stopped_table_asked_for_alone_is_an_error(do: Do) -> None:
    _load()
    _spoil_notes(do)
    with pytest.raises(SourceError, match="no column created_at"):
        sync.load(order=sync.Order(table="ps_delivery_notes"))


def test_engagements_of_another_shape_stop_a_first_load_and_not_a_later_one(do: Do) -> None:
    do("DROP TABLE main.ps_engagements")
    do("CREATE TABLE main.ps_engagements (engagement_id STRING, customer_name STRING)")
    with pytest.raises(SourceError, match="no column status"):
        sync.load()
    assert not TableState.objects.filter(failed=True).exists()
    do("DROP TABLE main.ps_engagements")
    do(f"CREATE TABLE main.ps_engagements ({SHAPES['ps_engagements']})")
    do(f"INSERT INTO main.ps_engagements VALUES {ROWS['ps_engagements']}")
    _load()
    do("DROP TABLE main.ps_engagements")
    do("CREATE TABLE main.ps_engagements (engagement_id STRING, customer_name STRING)")
    do("INSERT INTO main.ps_tasks VALUES ('T3', 'E2', 'Handover', 'Blocked')")
    assert sync.load().stopped == ["ps_engagements"]
    assert Engagement.objects.count() == 2
    assert Task.objects.count() == 3


@pytest.fixture
def looks(do: Do, warehouse: Warehouse) -> Iterator[list[tuple[bool, int]]]:
    """Of each local statement: whether it is in a transaction, and how much was asked till then."""
    seen: list[tuple[bool, int]] = []

    def look(execute: Any, *given: Any) -> Any:
        seen.append((connection.in_atomic_block, len(warehouse.requests)))
        return execute(*given)

    with connection.execute_wrapper(look):
        yield seen


@pytest.mark.parametrize("full", [False, True])
def test_nothing_is_asked_of_the_warehouse_within_a_transaction(
    do: Do, looks: list[tuple[bool, int]], full: bool
) -> None:
    _load()
    do("DELETE FROM main.ps_engagements WHERE engagement_id = 'E2'")
    do("INSERT INTO main.ps_tasks VALUES ('T3', 'E1', 'Handover', 'Blocked')")
    looks.clear()
    sync.load(order=sync.Order(full=full))
    for inside, group in itertools.groupby(looks, key=lambda look: look[0]):
        if inside:
            assert len({asked for _, asked in group}) == 1
    assert set(Engagement.objects.values_list("pk", flat=True)) == {"E1"}
    assert set(Task.objects.values_list("pk", flat=True)) == {"T1", "T3"}
    assert [(row.key, row.reason) for row in QuarantinedRow.objects.all()] == [("T2", "orphan")]


def test_rows_that_an_engagement_took_with_it_return_with_it(do: Do) -> None:
    _load()
    do("DELETE FROM main.ps_engagements WHERE engagement_id = 'E2'")
    _load()
    do("INSERT INTO main.ps_engagements VALUES ('E2', 'Gallund', 'Active')")
    _load()
    assert Task.objects.get(pk="T2").engagement_id == "E2"
    assert not QuarantinedRow.objects.exists()


def test_of_two_rows_with_one_id_in_a_view_the_other_is_kept_aside_whole(
    do: Do, engine: Engine, schema: str
) -> None:
    """What is read a second time is what was read the first time: changes, not all rows."""
    _load()
    do("DROP TABLE main.ps_tasks")
    rows = "('T7', 'E1', 'Old', 'Blocked', {past}), ('T8', 'E1', '{name}', 'Blocked', {now}), ('T8', 'E1', 'Right', 'Blocked', {now})"
    view = "CREATE OR REPLACE VIEW main.ps_tasks AS SELECT * FROM VALUES {rows} AS v(task_id, engagement_id, name, status, updated_at)"
    now, past = "current_timestamp()", "timestamp'2020-01-01 00:00:00'"
    engine.execute(
        view.format(rows=rows.format(past=past, now=now, name="First")).replace(
            "main.", f"main.{schema}."
        )
    )
    _load()
    _load()
    aside = QuarantinedRow.objects.get(reason="duplicate")
    assert aside.key.startswith("T8")
    assert "First" in aside.raw or "Right" in aside.raw
    assert set(Task.objects.values_list("pk", flat=True)) == {"T7", "T8"}

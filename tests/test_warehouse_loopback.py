"""The loopback warehouse answers as a warehouse does, to the real client and to a second reader."""

from __future__ import annotations

import datetime
import decimal
from typing import TYPE_CHECKING, Any

import pytest
from databricks import sql

from tests.warehouse.fixtures import engine, schema, warehouse

if TYPE_CHECKING:
    from tests.warehouse.engine import Engine
    from tests.warehouse.server import Warehouse

__all__ = ["engine", "schema", "warehouse"]
pytestmark = [pytest.mark.warehouse, pytest.mark.xdist_group("warehouse")]


@pytest.fixture
def cursor(warehouse: Warehouse) -> Any:
    connection = sql.connect(
        server_hostname="127.0.0.1",
        http_path="/sql/1.0/warehouses/x",
        _connection_uri=warehouse.uri,
        access_token="dapi-test",
        enable_telemetry=False,
        use_cloud_fetch=False,
    )
    with connection, connection.cursor() as cursor:
        yield cursor


def _rows(cursor: Any, statement: str, parameters: Any = None) -> list[dict[str, Any]]:
    cursor.execute(statement, parameters)
    return cursor.fetchall_arrow().to_pylist()


def test_every_parameter_type_comes_back_as_it_went(cursor: Any) -> None:
    given = {
        "text": 'O\'Hara \\ "x" :not ? a marker 漢',
        "whole": 80,
        "money": decimal.Decimal("1234.50"),
        "day": datetime.date(2026, 1, 2),
        "moment": datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.UTC),
        "truth": True,
        "nothing": None,
        "many": ["a", "b'c"],
    }
    markers = ", ".join(f":{name} AS {name}" for name in given)
    assert _rows(cursor, f"SELECT {markers}", given) == [given]


def test_more_parameters_than_a_warehouse_takes_are_refused(cursor: Any) -> None:
    with pytest.raises(sql.Error, match="limit is 256"):
        cursor.execute(f"SELECT {', '.join('?' * 257)}", list(range(257)))


def test_a_merge_says_how_many_rows_it_changed(cursor: Any, schema: str) -> None:
    cursor.execute(f"CREATE TABLE main.{schema}.t (id STRING NOT NULL, n INT)")
    cursor.execute(f"INSERT INTO main.{schema}.t VALUES ('a', 1), ('b', 2)")
    cursor.execute(
        f"MERGE INTO main.{schema}.t t USING (SELECT 'b' AS id, 3 AS n UNION ALL SELECT 'c', 4) s "
        "ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )
    assert cursor.rowcount == 2
    assert _rows(cursor, f"SELECT id, n FROM main.{schema}.t VERSION AS OF 2 ORDER BY id") == [
        {"id": "a", "n": 1},
        {"id": "b", "n": 3},
        {"id": "c", "n": 4},
    ]


def test_the_change_feed_tells_inserts_updates_and_deletes(cursor: Any, schema: str) -> None:
    cursor.execute(
        f"CREATE TABLE main.{schema}.t (id STRING, n INT) "
        "TBLPROPERTIES (delta.enableChangeDataFeed = true)"
    )
    cursor.execute(f"INSERT INTO main.{schema}.t VALUES ('a', 1), ('b', 2)")
    cursor.execute(f"UPDATE main.{schema}.t SET n = 5 WHERE id = 'b'")
    cursor.execute(f"DELETE FROM main.{schema}.t WHERE id = 'a'")
    changes = _rows(
        cursor,
        f"SELECT id, n, _change_type FROM table_changes('main.{schema}.t', 2) "
        "WHERE _change_type <> 'update_preimage' ORDER BY _commit_version",
    )
    assert [tuple(row.values()) for row in changes] == [
        ("b", 5, "update_postimage"),
        ("a", 1, "delete"),
    ]


def test_a_table_without_a_change_feed_says_so(cursor: Any, schema: str) -> None:
    cursor.execute(f"CREATE TABLE main.{schema}.t (id STRING)")
    with pytest.raises(sql.Error, match="DELTA_MISSING_CHANGE_DATA"):
        cursor.execute(f"SELECT * FROM table_changes('main.{schema}.t', 0)")


def test_a_second_reader_finds_valid_delta_files(cursor: Any, schema: str, engine: Engine) -> None:
    from deltalake import DeltaTable

    cursor.execute(f"CREATE TABLE main.{schema}.t (id STRING NOT NULL, n INT)")
    cursor.execute(f"INSERT INTO main.{schema}.t VALUES ('a', 1)")
    cursor.execute(f"UPDATE main.{schema}.t SET n = 2 WHERE id = 'a'")
    table = DeltaTable(engine.path(f"main.{schema}.t"))
    assert table.to_pyarrow_table().to_pylist() == [{"id": "a", "n": 2}]


def test_tables_and_views_outlive_the_engine(tmp_path: Any) -> None:
    from tests.warehouse.engine import Engine

    first = Engine(tmp_path)
    first.execute("CREATE SCHEMA main.ps")
    first.execute("CREATE TABLE main.ps.t (id STRING COMMENT 'its name')")
    first.execute("INSERT INTO main.ps.t VALUES ('a')")
    first.execute("CREATE VIEW main.ps.v AS SELECT count(*) AS n FROM main.ps.t")
    first.stop()
    second = Engine(tmp_path)
    try:
        assert second.execute("SELECT n FROM main.ps.v").to_pylist() == [{"n": 1}]
        assert second.execute("DESCRIBE TABLE main.ps.t").to_pylist() == [
            {"col_name": "id", "data_type": "string", "comment": "its name"}
        ]
    finally:
        second.stop()


def test_constraints_are_enforced(cursor: Any, schema: str) -> None:
    cursor.execute(f"CREATE TABLE main.{schema}.t (id STRING NOT NULL, n INT)")
    cursor.execute(f"ALTER TABLE main.{schema}.t ADD CONSTRAINT n_ok CHECK (n >= 0)")
    with pytest.raises(sql.Error, match="n_ok"):
        cursor.execute(f"INSERT INTO main.{schema}.t VALUES ('a', -1)")
    with pytest.raises(sql.Error):
        cursor.execute(f"INSERT INTO main.{schema}.t VALUES (NULL, 1)")
    assert _rows(cursor, f"SELECT * FROM main.{schema}.t") == []

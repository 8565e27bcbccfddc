"""Every way a warehouse fails, through the real client: one error of ours, in bounded time."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connectors.warehouse import (
    AccessDenied,
    Interrupted,
    NotFound,
    StatementRefused,
    Unavailable,
    Warehouse,
    WarehouseConfig,
    WarehouseError,
)
from tests.warehouse.errors import StatementError
from tests.warehouse.faults import Fault
from tests.warehouse.fixtures import engine, schema, warehouse

if TYPE_CHECKING:
    from tests.warehouse import server
    from tests.warehouse.engine import Engine

__all__ = ["engine", "schema", "warehouse"]
pytestmark = [pytest.mark.warehouse, pytest.mark.xdist_group("warehouse")]

Open = Callable[..., Warehouse]


@pytest.fixture
def client(warehouse: server.Warehouse, schema: str) -> Iterator[Open]:
    """Opens clients of ours that do not wait long; settings by keyword, or fields of the config."""
    opened: list[Warehouse] = []

    def open_client(fields: dict[str, float] | None = None, **settings: str) -> Warehouse:
        given = warehouse.settings(DATABRICKS_SCHEMA=schema, **settings)
        quick = {"socket_seconds": 15.0, "retry_seconds": 1.0} | (fields or {})
        config = dataclasses.replace(WarehouseConfig.from_settings(given), **quick)
        opened.append(Warehouse(config))
        return opened[-1]

    yield open_client
    warehouse.faults.clear()
    for each in opened:
        each.close()


def _connected(client: Open, fields: dict[str, float] | None = None, **settings: str) -> Warehouse:
    connected = client(fields, **settings)
    assert connected.run("SELECT 1 AS one") == [{"one": 1}]
    return connected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, AccessDenied),
        (403, AccessDenied),
        (404, NotFound),
        (400, StatementRefused),
        (429, Unavailable),
        (500, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
    ],
)
@pytest.mark.parametrize("method", ["OpenSession", "ExecuteStatement"])
def test_a_refused_request_is_one_error_of_ours(
    warehouse: server.Warehouse,
    client: Open,
    method: str,
    status: int,
    expected: type[WarehouseError],
) -> None:
    warehouse.faults.add(Fault(method, status=status, times=9))
    with pytest.raises(expected) as refused:
        client().run("SELECT 1")
    assert refused.value.retry == (expected is Unavailable)


def test_a_busy_warehouse_is_asked_again_and_answers(
    warehouse: server.Warehouse, client: Open
) -> None:
    connected = client({"retry_seconds": 60})
    warehouse.faults.add(Fault("ExecuteStatement", status=503, headers={"Retry-After": "1"}))
    assert connected.run("SELECT 1 AS one") == [{"one": 1}]
    assert warehouse.methods().count("ExecuteStatement") == 2


def test_a_warehouse_that_asks_for_too_much_patience_is_unavailable(
    warehouse: server.Warehouse, client: Open
) -> None:
    connected = client({"retry_seconds": 10})
    warehouse.faults.add(Fault("OpenSession", status=503, headers={"Retry-After": "60"}, times=9))
    with pytest.raises(Unavailable):
        connected.run("SELECT 1")


def test_a_token_that_expired_is_met_by_a_new_connection(
    warehouse: server.Warehouse, client: Open
) -> None:
    connected = _connected(client)
    warehouse.faults.add(Fault("ExecuteStatement", status=403, reason="token expired"))
    assert connected.run("SELECT 2 AS two") == [{"two": 2}]
    assert warehouse.methods().count("OpenSession") == 2


def test_a_token_that_stays_wrong_ends_after_one_new_connection(
    warehouse: server.Warehouse, client: Open
) -> None:
    connected = _connected(client)
    warehouse.tokens = {"another"}
    with pytest.raises(AccessDenied):
        connected.run("SELECT 2")
    assert warehouse.methods().count("OpenSession") == 2


def test_a_lost_session_is_met_by_a_new_connection(
    warehouse: server.Warehouse, client: Open
) -> None:
    connected = _connected(client)
    warehouse.service.sessions.clear()
    assert connected.run("SELECT 2 AS two") == [{"two": 2}]


def test_a_result_cut_after_a_page_is_interrupted_and_not_repeated(
    warehouse: server.Warehouse, client: Open
) -> None:
    connected = _connected(client)
    warehouse.faults.add(Fault("FetchResults", cut=700, times=9, skip=1))
    rows = connected.query("SELECT id FROM range(90000)")
    with pytest.raises(Interrupted) as cut:
        sum(1 for _ in rows)
    assert cut.value.retry
    assert len(warehouse.statements("range")) == 1


def test_a_result_that_stops_coming_is_interrupted(
    warehouse: server.Warehouse, client: Open
) -> None:
    connected = _connected(client, {"socket_seconds": 3})
    warehouse.faults.add(Fault("FetchResults", hold=threading.Event(), times=9))
    with pytest.raises(Interrupted):
        connected.run("SELECT id FROM range(90000)")


def test_a_statement_slower_than_the_client_waits_is_interrupted(
    warehouse: server.Warehouse, client: Open
) -> None:
    connected = _connected(client, {"socket_seconds": 3})
    warehouse.faults.add(Fault("ExecuteStatement", hold=threading.Event(), times=9))
    with pytest.raises(Interrupted):
        connected.run("SELECT 1")


def test_a_write_whose_answer_is_cut_is_interrupted_though_it_was_done(
    warehouse: server.Warehouse, client: Open, schema: str, engine: Engine
) -> None:
    engine.execute(f"CREATE TABLE main.{schema}.t (id STRING, n INT)")
    connected = _connected(client)
    warehouse.faults.add(Fault("ExecuteStatement", statement="INSERT", cut=20))
    with pytest.raises(Interrupted):
        connected.run(f"INSERT INTO main.{schema}.t VALUES ('a', 1)")
    assert engine.execute(f"SELECT count(*) AS n FROM main.{schema}.t").to_pylist() == [{"n": 1}]


def test_nothing_listening_is_unavailable(client: Open) -> None:
    away = client(DATABRICKS_CONNECTION_URI="http://127.0.0.1:9/sql/1.0/warehouses/x")
    with pytest.raises(Unavailable, match="out of reach"):
        away.run("SELECT 1")


def test_a_long_statement_is_waited_for(warehouse: server.Warehouse, client: Open) -> None:
    connected = _connected(client)
    warehouse.service.wait = 0.01
    rows = connected.run(
        "SELECT count(*) AS n FROM range(3000000) WHERE sha2(CAST(id AS STRING), 256) LIKE '0%'"
    )
    assert rows[0]["n"] > 0
    assert "GetOperationStatus" in warehouse.methods()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELEC 1", StatementRefused),
        ("SELECT nothing FROM range(1)", StatementRefused),
        ("SELECT CAST('x' AS INT)", StatementRefused),
        ("SELECT * FROM main.default.absent", NotFound),
        ("SELECT :missing", StatementRefused),
    ],
)
def test_a_wrong_statement_is_refused(
    client: Open, statement: str, expected: type[WarehouseError]
) -> None:
    with pytest.raises(expected) as refused:
        client().run(statement, {"other": 1})
    assert not refused.value.retry


def test_a_table_we_may_not_read_is_denied(warehouse: server.Warehouse, client: Open) -> None:
    denial = StatementError("INSUFFICIENT_PERMISSIONS", "User lacks SELECT on t.", "42501")
    warehouse.faults.add(Fault("Statement", error=denial))
    with pytest.raises(AccessDenied, match="lacks SELECT"):
        client().run("SELECT 1")


def test_a_trusted_certificate_is_accepted_and_another_refused(
    engine: Engine, client: Open, tmp_path: Path
) -> None:
    from tests.warehouse.server import Warehouse as LoopbackWarehouse
    from tests.warehouse.tls import make_certificate

    certificate = make_certificate(tmp_path)
    with LoopbackWarehouse(engine, certificate=certificate) as encrypted:
        trusted = client(
            DATABRICKS_CONNECTION_URI=encrypted.uri, DATABRICKS_CA_FILE=str(certificate[0])
        )
        assert trusted.run("SELECT 1 AS one") == [{"one": 1}]
        trusted.close()
        with pytest.raises(Unavailable, match="certificate"):
            client(DATABRICKS_CONNECTION_URI=encrypted.uri).run("SELECT 1")


def test_a_service_principal_gets_its_token_from_the_workspace(
    warehouse: server.Warehouse, client: Open
) -> None:
    from tests.warehouse.oidc import Workspace

    with Workspace(client_id="cid", client_secret="canary", on_token=warehouse.tokens.add) as oidc:
        signed = client(
            DATABRICKS_HOST=oidc.url,
            DATABRICKS_TOKEN="",
            DATABRICKS_CLIENT_ID="cid",
            DATABRICKS_CLIENT_SECRET="canary",
        )
        assert signed.run("SELECT 1 AS one") == [{"one": 1}]
        warehouse.tokens.clear()  # as if it had expired at the warehouse
        assert signed.run("SELECT 2 AS two") == [{"two": 2}]
        assert len(oidc.issued) == 2


def test_a_wrong_secret_of_a_service_principal_is_denied(client: Open) -> None:
    from tests.warehouse.oidc import Workspace

    with Workspace(client_id="cid", client_secret="right") as oidc:
        wrong = client(
            DATABRICKS_HOST=oidc.url,
            DATABRICKS_TOKEN="",
            DATABRICKS_CLIENT_ID="cid",
            DATABRICKS_CLIENT_SECRET="wrong",
        )
        with pytest.raises(AccessDenied, match="service principal"):
            wrong.run("SELECT 1")


def test_a_workspace_out_of_reach_is_unavailable(client: Open) -> None:
    away = client(
        {"socket_seconds": 2},
        DATABRICKS_HOST="http://127.0.0.1:9",
        DATABRICKS_TOKEN="",
        DATABRICKS_CLIENT_ID="cid",
        DATABRICKS_CLIENT_SECRET="secret",
    )
    with pytest.raises(Unavailable):
        away.run("SELECT 1")


def test_no_log_line_holds_the_token_or_what_people_wrote(
    warehouse: server.Warehouse, client: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    warehouse.tokens = {"dapi-canary-1"}
    connected = _connected(client, DATABRICKS_TOKEN="dapi-canary-1")
    connected.run("SELECT :note AS note", {"note": "canary-2"})
    warehouse.faults.add(Fault("ExecuteStatement", status=403, times=2))
    with pytest.raises(AccessDenied) as denied:
        connected.run("SELECT 1")
    assert "canary" not in caplog.text
    assert "canary" not in str(denied.value)


def test_nothing_is_sent_but_statements(warehouse: server.Warehouse, client: Open) -> None:
    _connected(client)
    assert not {"GET", "POST"} & set(warehouse.methods())

"""The warehouse's HTTP side: one Thrift call a POST, tokens, faults and the log of requests."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
from databricks.sql.thrift_api.TCLIService import TCLIService
from databricks.sql.thrift_api.TCLIService.ttypes import TExecuteStatementReq
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TTransport import TMemoryBuffer

from tests.warehouse.engine import Engine
from tests.warehouse.faults import Fault, FaultPlan, Request
from tests.warehouse.service import Service

HTTP_PATH = "/sql/1.0/warehouses/loopback"
TOKEN = "dapi-test"
_STRICT_CALL = b"\x80\x01"  # how a strict TBinaryProtocol message begins


class Warehouse:
    """A running warehouse on 127.0.0.1. Close it with :meth:`stop`, or use it in a ``with``."""

    def __init__(
        self,
        engine: Engine,
        *,
        port: int = 0,
        tokens: tuple[str, ...] = (TOKEN,),
        certificate: tuple[Path, Path] | None = None,
        page_rows: int | None = None,
    ) -> None:
        self.engine = engine
        self.tokens = set(tokens)
        self.faults = FaultPlan()
        self.requests: list[Request] = []
        self.service = Service(self._execute, page_rows=page_rows)
        self.processor = TCLIService.Processor(self.service)
        self._http = _Server(("127.0.0.1", port), _handler_for(self))
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.port: int = self._http.server_address[1]
        self.uri = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}{HTTP_PATH}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop answering; the engine lives on."""
        self.faults.clear()
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def settings(self, **changes: str) -> dict[str, str]:
        """The product's settings that lead here."""
        settings = {
            "DATABRICKS_HOST": "127.0.0.1",
            "DATABRICKS_HTTP_PATH": HTTP_PATH,
            "DATABRICKS_TOKEN": TOKEN,
            "DATABRICKS_CATALOG": "main",
            "DATABRICKS_SCHEMA": "ps",
            "DATABRICKS_CLOUD_FETCH": "off",
            "DATABRICKS_CONNECTION_URI": self.uri,
        }
        return settings | changes

    def reset(self) -> None:
        """No faults, an empty log, no sessions."""
        self.faults.clear()
        self.requests.clear()
        self.service.rows_sent = 0
        self.service.page_rows = None
        self.service.wait = 5.0
        self.tokens = {TOKEN}

    def statements(self, containing: str = "") -> list[str]:
        """The SQL that was sent, in order."""
        return [r.statement for r in self.requests if r.statement and containing in r.statement]

    def methods(self) -> list[str]:
        return [r.method for r in self.requests]

    def _execute(self, statement: str, parameters: Any) -> pa.Table:
        fault = self.faults.take("Statement", statement)
        if fault and fault.error:
            raise fault.error
        return self.engine.execute(statement, parameters)

    def answer(self, method: str, body: bytes, fault: Fault | None) -> bytes:
        """The Thrift answer to a Thrift call, with the fault's waiting before and after."""
        if fault and fault.delay:
            fault.reached.set()
            threading.Event().wait(fault.delay)
        out = TMemoryBuffer()
        self.processor.process(TBinaryProtocol(TMemoryBuffer(body)), TBinaryProtocol(out))
        if fault and fault.hold:
            fault.reached.set()
            fault.hold.wait(60)
        return out.getvalue()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that goes away is what many tests are about."""

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, address


def _handler_for(warehouse: Warehouse) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet for head and body

        def log_message(self, *_: Any) -> None:
            """Requests are in ``warehouse.requests``."""

        def do_GET(self) -> None:
            warehouse.requests.append(Request("GET", self.path, dict(self.headers)))
            self._send(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if not self.path.startswith("/sql/") or not body.startswith(_STRICT_CALL):
                warehouse.requests.append(Request("POST", self.path, dict(self.headers)))
                return self._send(404)
            method, statement = _call(body)
            warehouse.requests.append(Request(method, self.path, dict(self.headers), statement))
            return self._thrift(method, body, warehouse.faults.take(method, statement))

        def _thrift(self, method: str, body: bytes, fault: Fault | None) -> None:
            if fault and fault.status:
                return self._refuse(fault.status, fault.reason, fault.headers)
            if (
                self.headers.get("Authorization", "").removeprefix("Bearer ")
                not in warehouse.tokens
            ):
                return self._refuse(403, "Invalid access token.")
            answer = warehouse.answer(method, body, fault)
            return self._send(200, answer, cut=fault.cut if fault else None)

        def _refuse(self, status: int, reason: str, headers: Any = ()) -> None:
            self._send(status, headers={"x-databricks-reason-phrase": reason, **dict(headers)})

        def _send(
            self, status: int, body: bytes = b"", *, headers: Any = (), cut: int | None = None
        ) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/x-thrift")
            self.send_header("Content-Length", str(len(body)))
            for name, value in dict(headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body if cut is None else body[:cut])
            self.wfile.flush()
            if cut is not None:
                self.close_connection = True
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)

    return Handler


def _call(body: bytes) -> tuple[str, str]:
    """The method of a Thrift call, and its SQL when it has one."""
    protocol = TBinaryProtocol(TMemoryBuffer(body))
    method = protocol.readMessageBegin()[0]
    if method != "ExecuteStatement":
        return method, ""
    arguments = TCLIService.ExecuteStatement_args()
    arguments.read(protocol)
    request: TExecuteStatementReq = arguments.req
    return method, request.statement

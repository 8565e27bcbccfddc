"""One request to an endpoint: a hard end, no redirect followed, and a short look at the answer."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from psinsights.webhooks.endpoints import target_of

MOST_BYTES = 4096  # of an answer that are read
SECONDS = 10.0  # for all of it, the answer included


@dataclass
class Answer:
    """What came back: a status, or ``failure``, a sentence on why none did."""

    status: int | None = None
    body: bytes = b""
    retry_after: str = ""
    failure: str = ""
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """The answer for people; no database takes NUL."""
        return self.body.decode("utf-8", "replace").replace("\x00", "\ufffd")


@dataclass
class _Exchange:
    """The request in a thread of its own, so that nothing the other end does can hold us."""

    connection: http.client.HTTPConnection
    answer: Answer = field(default_factory=Answer)
    ended: threading.Event = field(default_factory=threading.Event)
    given_up: threading.Event = field(default_factory=threading.Event)
    wire: socket.socket | None = None

    def run(self, target: str, headers: Mapping[str, str], body: bytes) -> None:
        try:
            self._connect()
            if self.given_up.is_set():
                return
            self.connection.request("POST", target, body=body, headers=dict(headers))
            response = self.connection.getresponse()
            self.answer.retry_after = response.getheader("retry-after", "")
            self.answer.status = response.status
            self._read(response)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.answer.failure = _sentence(error)
        finally:
            self.ended.set()
            self.connection.close()
            if self.wire is not None:
                self.wire.close()

    def _connect(self) -> None:
        """Open the connection so that it can be ended at any step, the handshake included."""
        given = self.connection
        self.wire = wire = socket.create_connection((given.host, given.port), given.timeout)
        if isinstance(given, http.client.HTTPSConnection):
            context = ssl.create_default_context()
            wire = context.wrap_socket(
                wire, server_hostname=given.host, do_handshake_on_connect=False
            )
            self.wire = wire
            wire.do_handshake()
        given.sock = wire

    def _read(self, response: http.client.HTTPResponse) -> None:
        while len(self.answer.body) < MOST_BYTES:
            piece = response.read1(MOST_BYTES - len(self.answer.body))
            if not piece:
                return
            self.answer.body += piece

    def give_up(self) -> None:
        """End it; shutdown wakes a thread that waits in recv, and the thread closes by itself."""
        self.given_up.set()
        if self.wire is not None:
            with contextlib.suppress(OSError, ValueError):
                socket.socket.shutdown(self.wire, socket.SHUT_RDWR)


def post(url: str, headers: Mapping[str, str], body: bytes, *, seconds: float = SECONDS) -> Answer:
    """Send ``body`` to ``url`` and give what came back within ``seconds``; never raises for it.

    A status counts as soon as it is here: what an endpoint drips after it is not waited for.
    """
    parts = urlsplit(url)
    exchange = _Exchange(_connection(parts.scheme, parts.hostname or "", parts.port, seconds))
    began = time.monotonic()
    work = (target_of(parts), headers, body)
    threading.Thread(target=exchange.run, args=work, name="webhook", daemon=True).start()
    in_time = exchange.ended.wait(seconds)
    answer = exchange.answer
    known = Answer(answer.status, answer.body, answer.retry_after, answer.failure)
    if not in_time:
        exchange.give_up()
    known.seconds = time.monotonic() - began
    if known.status is not None:
        known.failure = ""
    elif not in_time:
        known.failure = f"No answer within {seconds:g} s."
    return known


def _connection(
    scheme: str, host: str, port: int | None, seconds: float
) -> http.client.HTTPConnection:
    # http.client knows neither proxies nor redirects: what is sent goes where it was told to.
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    return kind(host, port, timeout=seconds)


def _sentence(error: Exception) -> str:
    """Why there was no answer, in words of ours: theirs may hold an address with a secret."""
    if isinstance(error, socket.gaierror | UnicodeError):  # a label too long is no name
        return "The name of the host was not found."
    if isinstance(error, ssl.SSLError):
        return "The secure connection failed: the certificate was not accepted, or it is no TLS."
    if isinstance(error, ConnectionRefusedError):
        return "The connection was refused: nobody listens there."
    if isinstance(error, TimeoutError):
        return "No answer in time."
    if isinstance(error, http.client.RemoteDisconnected | ConnectionError):
        return "The connection was closed before an answer."
    if isinstance(error, http.client.HTTPException | ValueError):
        return "What came back is no HTTP answer."
    return "The connection failed."

"""A server on a bare socket: it answers with exactly the bytes it is told, or breaks off."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple

Script = Callable[["Connection"], None]
_TICK = 0.02


class Connection(NamedTuple):
    """One client: its socket, the request it sent, and the end of the test."""

    socket: socket.socket
    request: bytes
    ended: threading.Event

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def drip(self, data: bytes) -> None:
        """One byte at a time, for as long as the client listens."""
        while not self.ended.wait(_TICK):
            self.socket.sendall(data)

    def hang(self) -> None:
        """Say nothing until the client goes away."""
        self.socket.settimeout(_TICK)
        while not self.ended.is_set():
            with contextlib.suppress(TimeoutError):
                if not self.socket.recv(1):
                    return

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class RawServer:
    """Runs ``script`` for each connection. ``left`` is set when a client has gone away."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self.requests: list[bytes] = []
        self.left = threading.Event()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/v1"

    def __enter__(self) -> RawServer:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self._start(lambda client=client: self._serve(client))  # type: ignore[misc]

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            request = _read(client)
            if request:
                self.requests.append(request)
                self._script(Connection(client, request, self._ended))
        self.left.set()


def _read(client: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(line[15:])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body


def http(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A whole response; header names with ``_`` for ``-``."""
    given = {"content-type": "application/json", "content-length": str(len(body))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status} Status\r\n{head}connection: close\r\n\r\n".encode() + body


def always(response: bytes) -> Script:
    """Answer every request alike."""
    return lambda connection: connection.send(response)


def in_turn(*responses: bytes) -> Script:
    """Answer the first request with the first response, and so on; the last one stays."""
    left = list(responses)
    lock = threading.Lock()

    def script(connection: Connection) -> None:
        with lock:
            response = left.pop(0) if len(left) > 1 else left[0]
        connection.send(response)

    return script

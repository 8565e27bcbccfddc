"""A hard end for a call to another machine, however slowly that one drips its answer.

A timeout of the HTTP client bounds one read, so a byte a second lasts for ever. Here the call runs
in a thread of its own; at the deadline its sockets are shut down and the caller goes on.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from insights.providers import TimedOut

Answer = TypeVar("Answer")


class Deadline:
    """A moment by which something is over; ``clock`` gives monotonic seconds."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self._clock = seconds, clock
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self._end - self._clock())


class Wire:
    """The sockets that one call has opened, and the host it may open them to (any if empty)."""

    def __init__(self, host: str = "") -> None:
        self.host = host
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._cut = False

    def opened(self, name: str, info: Mapping[str, Any]) -> None:
        """The HTTP client's trace hook: remember each new connection."""
        if not name.endswith(("connect_tcp.complete", "start_tls.complete")):
            return
        found = info["return_value"].get_extra_info("socket")
        if isinstance(found, socket.socket):
            with self._lock:
                self._sockets.append(found)
                if self._cut:
                    _shut(found)

    def cut(self) -> None:
        """End every connection, and any that is still being made."""
        with self._lock:
            self._cut = True
            for found in self._sockets:
                _shut(found)


def _shut(found: socket.socket) -> None:
    # shutdown wakes a thread that waits in recv; close would not.
    with contextlib.suppress(OSError, ValueError):
        socket.socket.shutdown(found, socket.SHUT_RDWR)


current_wire: ContextVar[Wire | None] = ContextVar("current_wire", default=None)


class _Call(Generic[Answer]):
    def __init__(self, work: Callable[[], Answer], host: str) -> None:
        self._work = work
        self._done = threading.Event()
        self._answer: list[Answer] = []
        self._error: BaseException | None = None
        self.wire = Wire(host)

    def run(self) -> None:
        current_wire.set(self.wire)
        try:
            self._answer.append(self._work())
        except BaseException as error:  # carried over to the waiting thread, which raises it
            self._error = error
        finally:
            self._done.set()

    def wait(self, seconds: float) -> Answer:
        if not self._done.wait(seconds):
            self.wire.cut()
            raise TimedOut
        if self._error is not None:
            raise self._error
        return self._answer[0]


def within(deadline: Deadline, work: Callable[[], Answer], host: str = "") -> Answer:
    """What ``work`` returns or raises, or :class:`TimedOut` at the deadline with its wires cut.

    ``host`` is the only one it may speak to.
    """
    if deadline.remaining() <= 0:
        raise TimedOut
    call = _Call(work, host)
    threading.Thread(target=call.run, name="model-call", daemon=True).start()
    return call.wait(deadline.remaining())

"""Faults to inject and the log of what was asked: how a test bends the warehouse and looks at it."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.warehouse.errors import StatementError


@dataclass
class Fault:
    """What goes wrong, for requests of ``method`` (any when empty) whose SQL matches ``statement``.

    ``skip`` requests pass first, then ``times`` of them fail. ``status`` answers without doing
    anything; ``error`` fails the statement; ``delay`` waits so many seconds before the work;
    ``cut`` does the work and closes the connection after so many bytes of the answer; ``hold``
    does the work and keeps the answer until the event is set (``reached`` says it got there).
    """

    method: str = ""
    statement: str = ""
    skip: int = 0
    times: int = 1
    status: int = 0
    reason: str = "injected"
    headers: Mapping[str, str] = field(default_factory=dict)
    error: StatementError | None = None
    delay: float = 0
    cut: int | None = None
    hold: threading.Event | None = None
    reached: threading.Event = field(default_factory=threading.Event)

    def concerns(self, method: str, statement: str) -> bool:
        return self.method in ("", method) and bool(
            re.search(self.statement, statement, re.IGNORECASE | re.DOTALL)
        )


class FaultPlan:
    """The faults that wait for their request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        with self._lock:
            for fault in self._faults:
                if fault.hold:
                    fault.hold.set()
            self._faults.clear()

    def take(self, method: str, statement: str) -> Fault | None:
        """The fault due for this request, counted down."""
        with self._lock:
            for fault in self._faults:
                if not fault.concerns(method, statement):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
            return None


@dataclass(frozen=True)
class Request:
    """A request as it came: the Thrift method, or GET/POST for anything else."""

    method: str
    path: str
    headers: Mapping[str, str]
    statement: str = ""

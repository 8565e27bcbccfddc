"""Stops asking a service that keeps failing, so that nobody waits for it in vain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FAILURES = 3
PAUSE_SECONDS = 60.0


class Breaker:
    """Opens after ``failures`` in a row for ``pause`` seconds, then lets one request try.

    Safe to share between threads. ``clock`` gives monotonic seconds.
    """

    def __init__(
        self,
        failures: int = FAILURES,
        pause: float = PAUSE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._pause, self._clock = failures, pause, clock
        self._lock = threading.Lock()
        self._failed = 0
        self._closed_until = 0.0

    def wait(self) -> float:
        """Seconds until a request may be made; 0 takes the right to make one now."""
        with self._lock:
            if self._failed < self._most:
                return 0.0
            left = self._closed_until - self._clock()
            if left <= 0:
                # Others wait while this one tries.
                self._closed_until = self._clock() + self._pause
                return 0.0
            return left

    def succeeded(self) -> None:
        """The service answered: count from zero again."""
        with self._lock:
            self._failed = 0

    def failed(self) -> None:
        """The service did not answer; the last of too many opens the breaker."""
        with self._lock:
            self._failed += 1
            if self._failed >= self._most:
                self._closed_until = self._clock() + self._pause

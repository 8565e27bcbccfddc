"""Doing the same again every so many seconds until somebody stops it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType

LEAST, MOST = 1, 86_400  # seconds between two looks


class Watch:
    """Looks again and again. A first Ctrl-C lets the look under way end, a second one cuts it."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self._looking = False
        self._stopped = False

    def run(self, look: Callable[[], None]) -> None:
        """Look until SIGINT or SIGTERM; the signals are what they were before afterwards."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self._stop) for number in numbers}
        try:
            self._repeat(look)
        except KeyboardInterrupt:
            return
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _repeat(self, look: Callable[[], None]) -> None:
        while not self._stopped:
            self._looking = True
            look()
            self._looking = False
            if not self._stopped:
                time.sleep(self.seconds)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self._stopped or not self._looking:
            raise KeyboardInterrupt
        self._stopped = True

"""The worker: performs waiting runs, sends what waits, loads on schedule, reads each new day."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from psinsights.jobs import JOBS
from psinsights.remote_runs import RemoteRuns

logger = logging.getLogger(__name__)
IDLE = 0.5  # seconds between looks when there was nothing to do
NICENESS = 10  # a web server on the same cores goes first: nobody watches a job as one does a page
GRACE = 12.0  # seconds that what is under way may take to end when the worker is told to stop


def give_way() -> None:
    """Lower the priority of this process, where the system knows one."""
    if hasattr(os, "setpriority"):
        mine = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, 0, max(mine, NICENESS))


class Command(BaseCommand):
    help = "Perform slow work: generations, loads on schedule, and what waits in the outbox."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when nothing is waiting")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stop = threading.Event()
        self.parent = os.getppid()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.told_to_stop)
        self.remote = RemoteRuns()
        if not options["once"]:
            give_way()
        try:
            self.loop(once=options["once"])
        finally:
            self.remote.finish(GRACE)

    def loop(self, *, once: bool) -> None:
        while not self.stop.is_set():
            busy = self.look_round((self.remote.start_next, *JOBS))
            if once and not busy and not self.remote.active:
                return
            if os.getppid() != self.parent:
                return  # the supervisor is gone: nobody would stop us
            if not busy:
                self.stop.wait(IDLE)

    def look_round(self, jobs: tuple[Callable[[], bool], ...]) -> bool:
        """Give each job one turn; a job that fails is logged and does not stop the others."""
        busy = False
        for job in jobs:
            if self.stop.is_set():
                break
            close_old_connections()
            try:
                busy = job() or busy
            except Exception:  # noqa: BLE001 - the worker outlives any one job; the trace is kept
                logger.exception("job %s failed", job.__name__)
                self.stop.wait(IDLE)
        return busy

    def told_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stop.set()

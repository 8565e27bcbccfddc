"""Remote generations of one worker: a few at once, each in a thread that mostly waits."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from django.conf import settings
from django.db import close_old_connections, connection
from django.db.models import F

from insights import generation, limits
from insights.models import Generation
from insights.providers.choose import EMBEDDED
from psinsights.lib.runs import RunQuerySet

logger = logging.getLogger(__name__)


class RemoteRuns:
    """Claims remote runs while there are slots, and hands back what is unfinished at the end."""

    def __init__(self) -> None:
        self.active: dict[threading.Thread, Generation] = {}

    def start_next(self) -> bool:
        """Begin the next waiting remote run when a slot is free."""
        self.active = {thread: run for thread, run in self.active.items() if thread.is_alive()}
        full = len(self.active) >= settings.AI_CONCURRENCY
        if full or not self.waiting().exists() or not limits.slots_free():
            return False
        seconds = settings.HF_TIMEOUT_SECONDS + settings.RUN_MARGIN_SECONDS
        run = self.waiting().claim(lease=timedelta(seconds=seconds))
        if run is None:
            return False
        run = Generation.objects.select_related("engagement").get(pk=run.pk)
        thread = threading.Thread(target=perform, args=(run,), daemon=True)
        self.active[thread] = run
        thread.start()
        return True

    @staticmethod
    def waiting() -> RunQuerySet:
        return Generation.objects.exclude(provider=EMBEDDED)

    def finish(self, seconds: float) -> None:
        """Let what is under way end; hand back the rest, so that the next worker takes it at once."""
        for thread in self.active:
            thread.join(seconds / max(1, len(self.active)))
        for thread, run in self.active.items():
            if thread.is_alive():
                hand_back(run)


def perform(run: Generation) -> None:
    """One run in its thread, with a database connection of its own."""
    try:
        generation.perform(run)
    except Exception:  # noqa: BLE001 - a thread has nobody to raise to; the lease brings it back
        logger.exception("generation %s failed", run.pk)
    finally:
        close_old_connections()
        connection.close()


def hand_back(run: Generation) -> None:
    """Make it waiting again under a new fence: whoever was at it can no longer write."""
    Generation.objects.filter(pk=run.pk, fence=run.fence, state=Generation.State.RUNNING).update(
        state=Generation.State.WAITING,
        fence=F("fence") + 1,
        attempt=F("attempt") - 1,
        lease_until=None,
    )

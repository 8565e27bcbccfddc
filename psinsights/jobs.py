"""What the worker does, in turn. Each job does one piece of work and says whether there was any."""

from __future__ import annotations

import time
from collections.abc import Callable

from connectors import schedule
from connectors.asked import perform_asked_load
from connectors.imports.kept import forget_expired
from engagements import scoring_runs
from insights import generation
from insights.briefing.sending import send_due
from insights.models import Generation
from insights.providers.choose import EMBEDDED
from metrics.rollup import roll_due
from psinsights import heartbeat
from psinsights.webhooks.work import SendWebhooks, announce_webhooks, prune_webhooks


def perform_embedded() -> bool:
    """Write the next waiting insight of the embedded engine; remote ones have threads of their own."""
    run = Generation.objects.filter(provider=EMBEDDED).claim()
    if run is None:
        return False
    generation.perform(Generation.objects.select_related("engagement").get(pk=run.pk))
    return True


class Every:
    """A job that has a turn once in so many seconds at most, and one soon after the start."""

    def __init__(self, seconds: float, job: Callable[[], bool]) -> None:
        self.job, self.seconds, self.__name__ = job, seconds, job.__name__
        self._next = 0.0

    def __call__(self) -> bool:
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + self.seconds
        return self.job()


def roll_metrics() -> bool:
    """Write the rows of the full days that have none or other ones yet."""
    return roll_due() > 0


JOBS: tuple[Callable[[], bool], ...] = (
    perform_embedded,
    perform_asked_load,
    Every(5, schedule.push_due),
    Every(20, schedule.load_due),
    scoring_runs.perform_preview,
    Every(5, schedule.score_again),
    Every(60, schedule.read_new_day),
    Every(3600, roll_metrics),
    Every(900, send_due),
    Every(heartbeat.EVERY, heartbeat.beat),
    Every(10, announce_webhooks),
    SendWebhooks(),
    Every(3600, prune_webhooks),
    Every(3600, forget_expired),
)

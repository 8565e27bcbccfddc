"""What the worker does, in turn. Each job does one piece of work and says whether there was any."""

from __future__ import annotations

from collections.abc import Callable

from connectors.asked import perform_asked_load
from insights import generation
from insights.models import Generation


def perform_generation() -> bool:
    """Take the next waiting insight and write it."""
    run = Generation.objects.claim()
    if run is None:
        return False
    generation.perform(Generation.objects.select_related("engagement").get(pk=run.pk))
    return True


JOBS: tuple[Callable[[], bool], ...] = (perform_generation, perform_asked_load)

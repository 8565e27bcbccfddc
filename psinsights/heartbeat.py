"""That a worker lives: it says so while it looks round, and pages can tell when it stopped."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

NAME = "worker"
EVERY = 20.0  # seconds
SILENT_AFTER = timedelta(minutes=3)
STARTED = timezone.now()  # of this process


class WorkerBeat(models.Model):
    """The newest beat of any worker; one row."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()
    since = models.DateTimeField()  # when the worker that beat last was started

    class Meta:
        app_label = "psinsights"

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"

    def is_silent(self, now: datetime) -> bool:
        return now - self.at > SILENT_AFTER


def beat() -> bool:
    """Say that this worker lives; no work that another round would have to follow."""
    row = {"at": timezone.now(), "since": STARTED}
    WorkerBeat.objects.update_or_create(name=NAME, defaults=row)
    return False


def last_beat() -> WorkerBeat | None:
    return WorkerBeat.objects.filter(name=NAME).first()

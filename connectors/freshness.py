"""How old the data is, for the frame of every page and the settings page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q
from django.utils import timezone

from connectors.models import Load

SOURCES = {"local": "JSON files", "databricks": "Databricks"}


@dataclass(frozen=True, kw_only=True)
class Glance:
    """The one line about data that every page shows."""

    source: str
    loaded_at: datetime | None
    failed: bool  # the newest load did not succeed

    @property
    def stale(self) -> bool:
        limit = timedelta(hours=settings.STALE_AFTER_HOURS)
        return self.loaded_at is not None and timezone.now() - self.loaded_at > limit


def glance() -> Glance:
    """Where the data comes from and when it was last loaded or checked; one query."""
    times = Load.objects.filter(dry_run=False).aggregate(
        done=Max("finished_at", filter=Q(state="done")),
        failed=Max("finished_at", filter=Q(state="failed")),
    )
    done, failed = times["done"], times["failed"]
    return Glance(
        source=SOURCES[settings.DATA_MODE],
        loaded_at=done,
        failed=failed is not None and (done is None or failed > done),
    )

"""What the doors do by the clock, for the worker: look at the source, send what waits, read a new day."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import Max, Q
from django.utils import timezone

from connectors import outbox, sync
from connectors.as_of import portfolio_day
from connectors.models import Load, OutboxEntry
from connectors.sources import SourceError
from engagements import findings, readings

logger = logging.getLogger(__name__)
TRIGGER = "schedule"


def load_due() -> bool:
    """Look at the source when the last look is SYNC_EVERY_MINUTES ago; unchanged tables cost little."""
    if not settings.SYNC_EVERY_MINUTES:
        return False
    last = Load.objects.filter(dry_run=False).aggregate(last=Max("created_at"))["last"]
    wait = timedelta(minutes=settings.SYNC_EVERY_MINUTES)
    if last is None or timezone.now() - last < wait:
        return False  # the first load is for somebody to ask for
    try:
        sync.load(order=sync.Order(trigger=TRIGGER))
    except (SourceError, sync.LoadRunning) as error:
        logger.warning("scheduled load: %s", error)
    return True


def push_due() -> bool:
    """Send what waits in the outbox and is due."""
    now = timezone.now()
    due = Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
    if not OutboxEntry.objects.filter(due, state=OutboxEntry.State.WAITING).exists():
        return False
    return outbox.push().sent > 0


def read_new_day() -> bool:
    """Read what a load left unread, and health for a day that has begun since."""
    read = sum(findings.refresh())
    return read + sum(readings.refresh(as_of=portfolio_day())) > 0


def score_again() -> bool:
    """Score by the rules in force what other rules scored."""
    return sum(readings.rescore(as_of=portfolio_day())) > 0

"""Loads that a page asks for: at once where they are short, else by the worker."""

from __future__ import annotations

import logging

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction

from connectors import sync
from connectors.models import Load
from connectors.sources import SourceError
from psinsights.lib.logs import request_id

logger = logging.getLogger(__name__)
TRIGGER = "page"
User = AbstractBaseUser | AnonymousUser


def leave_to_worker(user: User) -> Load:
    """A waiting load for the worker; raises LoadRunning when one waits or runs already."""
    with transaction.atomic():
        if Load.objects.unfinished().exists():
            raise sync.LoadRunning
        return Load.objects.create(
            trigger=TRIGGER,
            requested_by=user if user.is_authenticated else None,  # type: ignore[misc]
            request_id=request_id.get(),
        )


def perform_asked_load() -> bool:
    """The worker's part: take the oldest wish and load. Whether there was one."""
    wish = Load.objects.filter(state=Load.State.WAITING).select_related("requested_by").first()
    # The load has a row of its own, which says how it ended; the wish goes.
    if wish is None or not Load.objects.filter(pk=wish.pk, state=wish.state).delete()[0]:
        return False
    try:
        sync.load(order=sync.Order(trigger=wish.trigger, user=wish.requested_by))
    except (SourceError, sync.LoadRunning) as error:
        logger.warning("load asked for by a page: %s", error)
    return True

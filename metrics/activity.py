"""What people do here, once per person, thing and day: what adoption is measured from.

Recording is cheap on purpose. What this process has already recorded today costs no query, the rest
one INSERT, and a reader never waits for somebody else's write only to be counted.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group
from django.db import DatabaseError, connection
from django.utils import timezone

from engagements.membership import role_of
from metrics.models import Activity

logger = logging.getLogger(__name__)
Kind = Activity.Kind
Act = tuple[str, str]  # a kind and its subject
NO_ROLE = "Not stated"
MOST_REMEMBERED = 50_000
PATIENCE = 100  # milliseconds that being counted may wait for another writer
SUBJECT_LENGTH = 200


@dataclass
class _Memory:
    """What this process recorded today. Losing it costs a query, never a second row."""

    day: date | None = None
    acts: set[tuple[int, str, str]] = field(default_factory=set)
    roles: dict[int, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def turn_to(self, day: date) -> None:
        with self.lock:
            if self.day != day or len(self.acts) > MOST_REMEMBERED:
                self.day, self.acts, self.roles = day, set(), {}


_memory = _Memory()


def forget() -> None:
    """Start as a new process does: remember nothing."""
    _memory.turn_to(date.min)


def record(user: AbstractBaseUser | AnonymousUser, *acts: Act) -> None:
    """Note that ``user`` did these things today; what is already noted stays as it is.

    Subjects are ids or names of pages, never text that somebody wrote.
    """
    if not user.is_authenticated or user.pk is None:
        return
    _memory.turn_to(timezone.now().date())
    told = [(kind, subject[:SUBJECT_LENGTH]) for kind, subject in acts]
    new = [act for act in dict.fromkeys(told) if (user.pk, *act) not in _memory.acts]
    if not new:
        return
    try:
        with _without_waiting():
            _write(user, new)
    except DatabaseError as error:
        # Another write has the database, or the disk is full: the page matters more.
        logger.warning("activity not recorded: %s", type(error).__name__)
        return
    _memory.acts.update((user.pk, *act) for act in new)


def _write(user: AbstractBaseUser, acts: Sequence[Act]) -> None:
    day, role = timezone.now().date(), _role_of(user)
    Activity.objects.bulk_create(
        [
            Activity(day=day, user_id=user.pk, role=role, kind=kind, subject=subject)
            for kind, subject in acts
        ],
        ignore_conflicts=True,
    )


def _role_of(user: AbstractBaseUser) -> str:
    if user.pk not in _memory.roles:
        _memory.roles[user.pk] = role_named(user)
    return _memory.roles[user.pk]


def role_named(user: AbstractBaseUser) -> str:
    """The person's role today: the first of their groups by name, else what they may do here."""
    names = Group.objects.filter(user=user.pk).order_by("name").values_list("name", flat=True)
    held = role_of(user)
    return (names.first() or (held.label if held else NO_ROLE))[:100]


@contextmanager
def _without_waiting() -> Iterator[None]:
    """SQLite only: give up after a moment instead of waiting seconds for another writer."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    ordinary = int(connection.settings_dict["OPTIONS"].get("timeout", 5) * 1000)
    connection.connection.execute(f"PRAGMA busy_timeout = {PATIENCE}")
    try:
        yield
    finally:
        connection.connection.execute(f"PRAGMA busy_timeout = {ordinary}")

"""Rows of ours on their way to the source.

A row is put into the outbox in the transaction that makes it, so neither is ever without the other.
Sending is an upsert by key and may happen twice; an entry is done only when the version that was
sent is still the newest. A row the source will never take is parked with its reason and does not
hold up the others.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any, Protocol

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from connectors.models import OutboxEntry
from connectors.tables import Table
from connectors.tables import table as table_named

logger = logging.getLogger(__name__)
BATCH = 500
LONGEST_WAIT = timedelta(hours=1)


class SendError(Exception):
    """The source did not take the rows: a sentence. Worth trying again unless ``permanent``."""

    def __init__(self, sentence: str, *, permanent: bool = False) -> None:
        super().__init__(sentence)
        self.permanent = permanent


class Sender(Protocol):
    """Takes rows to where a table lives: JSON files, or Delta tables."""

    def send(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Upsert rows by the table's key, all or none; raises SendError."""

    def close(self) -> None:
        """Let go of files or connections."""


@dataclass
class Pushed:
    """What a push came to."""

    sent: int = 0
    waiting: int = 0
    parked: int = 0


def enqueue(table: str, key: str, row: Mapping[str, Any]) -> None:
    """Put a row of ours on its way, in the caller's transaction; the newest version counts."""
    digest = hashlib.blake2b(msgspec.json.encode(row, order="sorted"), digest_size=16).hexdigest()
    entry, created = OutboxEntry.objects.get_or_create(
        table=table, key=key, defaults={"payload": row, "payload_hash": digest}
    )
    if not created and (entry.payload_hash != digest or entry.state == OutboxEntry.State.PARKED):
        entry.payload, entry.payload_hash = dict(row), digest
        entry.version += 1
        _wait_again(entry)
        entry.save()
    if settings.DATA_MODE == "local":
        transaction.on_commit(push_now)


def _wait_again(entry: OutboxEntry) -> None:
    entry.state, entry.attempts, entry.error = OutboxEntry.State.WAITING, 0, ""
    entry.next_attempt_at = entry.sent_at = None


def push_now() -> None:
    """After a commit: send what waits, where that is a small file beside us.

    What fails stays in the outbox for the worker; nobody's request fails for it.
    """
    sender = default_sender()
    if getattr(sender, "is_slow", bool)():
        return
    try:
        push(sender)
    finally:
        sender.close()


def default_sender() -> Sender:
    """The sender of the data mode."""
    from connectors.delta_outbox import DeltaSender
    from connectors.json_outbox import JsonSender
    from connectors.warehouse import WarehouseConfig

    if settings.DATA_MODE == "databricks":
        return DeltaSender(WarehouseConfig.from_settings(settings.DATABRICKS))
    return JsonSender()


def push(sender: Sender | None = None) -> Pushed:
    """Send everything that is due, oldest first, in batches by table."""
    through = sender or default_sender()
    result = Pushed()
    try:
        while batch := _due():
            progressed = False
            for name, entries in groupby(batch, key=lambda entry: entry.table):
                progressed |= _send(through, table_named(name), list(entries), result)
            if not progressed:
                break
    finally:
        if sender is None:
            through.close()
    result.waiting = OutboxEntry.objects.filter(state=OutboxEntry.State.WAITING).count()
    return result


def _due() -> list[OutboxEntry]:
    waiting = OutboxEntry.objects.filter(state=OutboxEntry.State.WAITING)
    due = waiting.filter(Q(next_attempt_at=None) | Q(next_attempt_at__lte=timezone.now()))
    return sorted(due.order_by("created_at")[:BATCH], key=lambda entry: entry.table)


def _send(sender: Sender, table: Table, entries: list[OutboxEntry], result: Pushed) -> bool:
    """Send entries of one table; whether any of them left the queue."""
    try:
        sender.send(table, [entry.payload for entry in entries])
    except SendError as error:
        return _refused(sender, table, entries, error, result)
    for entry in entries:
        # Only if nobody has put a newer version in meanwhile.
        result.sent += OutboxEntry.objects.filter(pk=entry.pk, version=entry.version).update(
            state=OutboxEntry.State.SENT, sent_at=timezone.now(), error="", next_attempt_at=None
        )
    return True


def _refused(
    sender: Sender, table: Table, entries: list[OutboxEntry], error: SendError, result: Pushed
) -> bool:
    """One bad row spoils a batch: halves find it. A source that is away is asked later."""
    if not error.permanent:
        _put_off(entries, error)
        return False
    if len(entries) > 1:
        middle = len(entries) // 2
        halves = (entries[:middle], entries[middle:])
        return sum(_send(sender, table, half, result) for half in halves) > 0
    entry = entries[0]
    logger.warning("outbox row parked: %s %s", entry.table, entry.key)
    result.parked += OutboxEntry.objects.filter(pk=entry.pk, version=entry.version).update(
        state=OutboxEntry.State.PARKED, error=str(error)[:500], attempts=entry.attempts + 1
    )
    return True


def _put_off(entries: Iterable[OutboxEntry], error: SendError) -> None:
    for entry in entries:
        wait = min(timedelta(seconds=2**entry.attempts), LONGEST_WAIT)
        OutboxEntry.objects.filter(pk=entry.pk, version=entry.version).update(
            attempts=min(entry.attempts + 1, 20),
            error=str(error)[:500],
            next_attempt_at=timezone.now() + wait,
        )


def send_all_again() -> int:
    """Everything we ever sent waits again: the source was replaced. Returns how many."""
    return OutboxEntry.objects.filter(state=OutboxEntry.State.SENT).update(
        state=OutboxEntry.State.WAITING, attempts=0, next_attempt_at=None, sent_at=None
    )


def retry_parked() -> int:
    """Give parked rows another try, when a person has dealt with the reason. Returns how many."""
    return OutboxEntry.objects.filter(state=OutboxEntry.State.PARKED).update(
        state=OutboxEntry.State.WAITING, attempts=0, error="", next_attempt_at=None
    )

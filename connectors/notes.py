"""Writing delivery notes here: the note, what is judged from it, and its way to the source.

All in one transaction: a note is never without its place in the outbox, and no page shows a score
that has not heard of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.utils import timezone

from connectors import outbox
from connectors.as_of import portfolio_day
from engagements import findings, ingest, readings, search_index
from engagements.models import DeliveryNote, Engagement
from engagements.records import NoteRecord
from engagements.rows import COLUMNS, to_record
from psinsights.lib import audit

TABLE = "ps_delivery_notes"
LONGEST = 20_000  # characters
NAMESPACE = uuid.UUID("0b9f1c2e-6a57-4a0e-9c0e-6f3d6a1f8e21")
User = AbstractBaseUser | AnonymousUser


class NoteChanged(Exception):
    """The note is no longer the one that was opened for editing: nothing was written."""

    def __init__(self) -> None:
        super().__init__("This note has changed since you opened it. Nothing was saved.")


def note_id_of(user: User, engagement_id: str, draft: str) -> str:
    """The same draft always becomes the same note, so a form that is sent twice writes one."""
    return f"NOTE-{uuid.uuid5(NAMESPACE, f'{user.pk}:{engagement_id}:{draft}').hex[:16].upper()}"


def write_note(
    engagement: Engagement, user: User, content: str, *, sentiment: str = "", draft: str = ""
) -> DeliveryNote:
    """Add a note by ``user``. ``draft`` tells two notes from one that was sent twice."""
    note_id = note_id_of(user, engagement.pk, draft or uuid.uuid4().hex)
    with transaction.atomic():
        known = DeliveryNote.objects.filter(pk=note_id, engagement=engagement).first()
        if known is not None:
            return known
        now = _moment()
        note = DeliveryNote(
            note_id=note_id,
            engagement=engagement,
            author_id=user.get_username(),
            created_at=now,
            updated_at=now,
            content=content,
            sentiment=sentiment or None,
            written_here=True,
        )
        _keep(note, user, "note.write")
    return note


def edit_note(
    note: DeliveryNote, user: User, content: str, *, sentiment: str = "", version: str = ""
) -> bool:
    """Put other words into a note written here; False when nothing is different.

    ``version`` is the ``row_hash`` the person saw; raises :class:`NoteChanged` for another one.
    """
    with transaction.atomic():
        current = DeliveryNote.objects.select_for_update().get(pk=note.pk)
        if version and version != current.row_hash:
            raise NoteChanged
        if (current.content, current.sentiment or "") == (content, sentiment):
            return False
        current.content, current.sentiment = content, sentiment or None
        current.updated_at = max(_moment(), current.updated_at or current.created_at)
        _keep(current, user, "note.edit")
    return True


def editable_by(user: User) -> Callable[[DeliveryNote], bool]:
    """Whether a note is this person's own and was written here."""
    name = user.get_username()
    return lambda note: note.written_here and note.author_id == name


def _moment() -> datetime:
    """Now, on the day the portfolio is looked at: a note of a later day would not be seen yet."""
    now, day = timezone.now(), portfolio_day()
    return now if now.date() == day else datetime.combine(day, now.time(), tzinfo=UTC)


def _keep(note: DeliveryNote, user: User, verb: str) -> None:
    record = to_record(NoteRecord, {name: getattr(note, name) for name in COLUMNS[NoteRecord]})
    note.row_hash = ingest.row_hash(record)
    note.save()
    findings.reread([note.engagement_id])
    readings.recompute([note.engagement_id], as_of=portfolio_day())
    search_index.index(note.engagement_id)
    outbox.enqueue(TABLE, note.note_id, source_row(note))
    audit.record(user, verb, note.note_id, note.engagement_id)


def source_row(note: DeliveryNote) -> dict[str, str | None]:
    """The note as ``ps_delivery_notes`` has it."""
    updated = note.updated_at or note.created_at
    return {
        "note_id": note.note_id,
        "engagement_id": note.engagement_id,
        "author_id": note.author_id,
        "created_at": note.created_at.astimezone(UTC).isoformat(),
        "content": note.content,
        "sentiment": note.sentiment,
        "updated_at": updated.astimezone(UTC).isoformat(),
    }

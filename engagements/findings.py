"""Findings of the notes: what the reader makes of them, kept with the engagement.

The reader lives in a room above and is named by the setting ``NOTE_READER``. It is given all notes
of an engagement, because a later note may say that a problem of an earlier one is over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from engagements import records
from engagements.ingest import batches
from engagements.models import DeliveryNote, Engagement, NoteFinding

Reader = Callable[[Sequence[records.NoteRecord]], tuple[records.NoteFinding, ...]]
NOTE_COLUMNS = tuple(records.NoteRecord.__struct_fields__)


def refresh() -> Iterator[int]:
    """Read the notes of engagements whose notes have changed; yields findings as steps are done.

    Each step is a transaction of its own, so a reading that is cut short goes on where it was.
    """
    unread = list(Engagement.objects.filter(unread=True).values_list("pk", flat=True))
    if not unread:
        return
    reader: Reader = import_string(settings.NOTE_READER)
    for batch in batches(unread, 200):
        with transaction.atomic():
            yield reread(batch, reader)


def reread(engagement_ids: Sequence[str], reader: Reader | None = None) -> int:
    """Replace the findings of these engagements; their number."""
    read = reader or import_string(settings.NOTE_READER)
    rows = [
        NoteFinding(engagement_id=engagement_id, **msgspec.structs.asdict(finding))
        for engagement_id, notes in _notes_of(engagement_ids).items()
        for finding in read(notes)
    ]
    NoteFinding.objects.filter(engagement__in=engagement_ids).delete()
    NoteFinding.objects.bulk_create(rows, batch_size=500)
    Engagement.objects.filter(pk__in=engagement_ids).update(unread=False, unassessed=True)
    return len(rows)


def _notes_of(engagement_ids: Sequence[str]) -> dict[str, list[records.NoteRecord]]:
    found: dict[str, list[records.NoteRecord]] = defaultdict(list)
    notes = DeliveryNote.objects.filter(engagement__in=engagement_ids).order_by("created_at", "pk")
    for row in notes.values_list(*NOTE_COLUMNS).iterator():
        values: dict[str, Any] = dict(zip(NOTE_COLUMNS, row, strict=True))
        found[values["engagement_id"]].append(records.NoteRecord(**values))
    return found

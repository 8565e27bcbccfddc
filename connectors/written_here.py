"""Notes that were written here, when the engagement they belong to goes and comes back."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from connectors.models import OutboxEntry
from connectors.quarantine import Quarantine
from connectors.sources import Row
from connectors.tables import table as table_named
from engagements import ingest
from engagements.models import DeliveryNote
from engagements.records import Problem


def set_aside(gone: Collection[str]) -> None:
    """Notes written here outlive an engagement the source loses: they wait for it as orphans."""
    table = table_named("ps_delivery_notes")
    quarantine = Quarantine(table)
    for batch in ingest.batches(sorted(gone)):
        notes = DeliveryNote.objects.filter(engagement__in=batch, written_here=True)
        for note in notes:
            values = {name: getattr(note, name) for name in table.record.__struct_fields__}
            message = (
                f"There is no engagement {note.engagement_id} any more. The note was written here."
            )
            quarantine.add(
                Row(position=0, values={k: _plain(v) for k, v in values.items()}),
                Problem(field="engagement_id", reason="orphan", message=message[:500]),
                engagement_id=note.engagement_id,
            )
    quarantine.finish(complete=False)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def protect_again(keys: Collection[str]) -> None:
    """Notes that had waited as orphans and were written here are protected again."""
    for batch in ingest.batches(sorted(keys)):
        ours = OutboxEntry.objects.filter(table="ps_delivery_notes", key__in=batch)
        DeliveryNote.objects.filter(pk__in=ours.values("key")).update(written_here=True)

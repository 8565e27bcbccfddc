"""What the tests of the note reader share."""

from __future__ import annotations

from datetime import datetime, timedelta

from engagements.records import FindingStatus, NoteFinding, NoteRecord
from insights.engine.reader import read_notes

FIRST = datetime(2026, 5, 4, 9)


def note(content: str, day: int = 0, name: str = "N") -> NoteRecord:
    return NoteRecord(
        note_id=f"{name}{day}",
        engagement_id="E1",
        created_at=FIRST + timedelta(days=day),
        content=content,
    )


def standing(*contents: str) -> list[NoteFinding]:
    found = read_notes([note(content, day) for day, content in enumerate(contents)])
    return [f for f in found if f.status in (FindingStatus.OPEN, FindingStatus.POTENTIAL)]

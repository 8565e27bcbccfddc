"""What an insight does not cover, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from insights.engine.desk import Desk
from insights.engine.words import count


def unread(desk: Desk) -> Iterator[str]:
    """How many of the notes were read."""
    given, read = len(desk.dossier.notes), len(desk.notes)
    if not read:
        yield "No delivery notes, so nothing is known but the plan and the numbers."
    elif read < given:
        yield f"{read} of {given} notes read; the others are dated after the day of this insight."
    else:
        yield f"All {count(read, 'note')} read." if read > 1 else "The one note was read."


def gaps(desk: Desk) -> Iterator[str]:
    """What could not be read, and what the data does not hold."""
    yield from unread(desk)
    yield from (f"{sentence.rstrip('.')}." for sentence in desk.dossier.health.missing)

"""What an insight does not cover, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from insights.engine.desk import Desk
from insights.engine.words import count


def gaps(desk: Desk) -> Iterator[str]:
    """What could not be read or is not in the data."""
    given, read = len(desk.dossier.notes), len(desk.notes)
    if not read:
        yield "No delivery notes, so nothing is known but the plan and the numbers."
    elif read < given:
        yield f"{read} of {given} notes read; the others are dated after the day of this insight."
    else:
        yield f"All {count(read, 'note')} read." if read > 1 else "The one note was read."
    if not desk.dossier.tasks:
        yield "No tasks."
    yield from desk.dossier.health.missing

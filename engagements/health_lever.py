"""The biggest lever: the one record whose clearing brings back most points. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from engagements.health_model import Lever, Rules
from engagements.health_score import Change, score_of
from engagements.health_tally import Tally


def biggest_lever(tally: Tally, score: int, rules: Rules) -> Lever | None:
    """The change that raises the score most, found by scoring again with it made.

    None where no single change gains a point. Of equal ones a record goes before a conversation,
    and the earlier id before the later.
    """
    best: Change | None = None
    best_score = score
    for change in _changes(tally, rules):
        after = score_of(tally, rules, change)
        if after > best_score:
            best, best_score = change, after
    return None if best is None else _lever(best, best_score - score)


def _changes(tally: Tally, rules: Rules) -> Iterator[Change]:
    """What may be put right now; work that has not begun is no lever."""
    for task in tally.open:
        if task.stuck:
            yield Change(task=task)
    # Of the tasks in good order only the one with most work left can be the biggest lever.
    rest = [t for t in tally.open if t.under_way and not t.stuck]
    if rest:
        yield Change(task=max(rest, key=lambda task: task.rest))
    notes = {note for _, note in tally.exposures}
    notes.update(b.record for b in tally.blockers if b.basis == "note")
    for note in sorted(notes):
        yield Change(note=note)
    if tally.last_note is not None and tally.day - tally.last_note[0] > rules.contact.full_at:
        yield Change(contact=True)


def _lever(change: Change, points: int) -> Lever:
    record = change.task.id if change.task is not None else change.note
    if record is None:
        return Lever(
            record=None,
            points=points,
            sentence=f"Speak with the customer and note it: about +{points}",
        )
    return Lever(record=record, points=points, sentence=f"Clear {record}: about +{points}")

"""The biggest lever: the one record whose clearing brings back most points. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from engagements.health_model import Lever, Rules
from engagements.health_score import (
    Change,
    late_milestones,
    old_critical_blockers,
    score_of,
)
from engagements.health_tally import OpenTask, Tally


def biggest_lever(tally: Tally, score: int, rules: Rules) -> Lever | None:
    """The change that raises the score most, found by scoring again with it made.

    None where no single change gains a point. Of equal ones a task goes before a note, and a
    record before a conversation.
    """
    best: Change | None = None
    best_score = score
    for change in _changes(tally, rules):
        after = score_of(tally, rules, change)
        if after is not None and after > best_score:
            best, best_score = change, after
    return None if best is None else _lever(best, best_score - score)


def _changes(tally: Tally, rules: Rules) -> Iterator[Change]:
    """What may be put right now; work that has not begun is no lever.

    Only changes that can be the biggest: of records that differ in one value alone the largest.
    """
    decisive = _decisive(tally, rules)
    yield from (Change(task=task) for task in _tasks(tally, decisive))
    yield from (Change(note=note) for note in _notes(tally, decisive))
    if tally.last_note is not None and tally.day - tally.last_note[0] > rules.contact.full_at:
        yield Change(contact=True)


def _decisive(tally: Tally, rules: Rules) -> set[str]:
    """The records that alone hold a signal at its worst, or a cap in place."""
    records = {tally.late[0].id} if tally.late else set()
    if tally.blockers:
        records.add(tally.blockers[0].record)
        records.update(blocker.record for blocker in old_critical_blockers(tally, rules))
    records.update(task.id for task in late_milestones(tally, rules))
    return records


def _tasks(tally: Tally, decisive: set[str]) -> Iterator[OpenTask]:
    """The decisive tasks, and of the stuck and of the others the one with most work left."""
    stuck: OpenTask | None = None
    moving: OpenTask | None = None
    for task in tally.open:
        if task.id in decisive:
            yield task
        elif task.stuck:
            stuck = task if stuck is None or task.rest > stuck.rest else stuck
        elif task.under_way:
            moving = task if moving is None or task.rest > moving.rest else moving
    yield from (task for task in (stuck, moving) if task is not None)


def _notes(tally: Tally, decisive: set[str]) -> list[str]:
    """The notes with a decisive blocker, and of the others the one with the heaviest risk."""
    notes = {b.record for b in tally.blockers if b.basis == "note" and b.record in decisive}
    heaviest = next((note for _, note in tally.exposures if note not in decisive), None)
    return sorted(notes if heaviest is None else notes | {heaviest})


def _lever(change: Change, points: int) -> Lever:
    record = change.task.id if change.task is not None else change.note
    if record is None:
        return Lever(
            record=None,
            points=points,
            sentence=f"Speak with the customer and note it: about +{points}",
        )
    return Lever(record=record, points=points, sentence=f"Clear {record}: about +{points}")

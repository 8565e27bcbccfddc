"""What the composers work with: a dossier, its open risks, and a way to say only what checks.

A composer offers wordings, the best first; the first that the verifier would let through is taken.
So the engine cannot say what it could not prove, whatever a note holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

import msgspec

from engagements.records import NoteFinding, NoteRecord, TaskRecord
from insights.engine.merging import Risk, not_overtaken, open_risks
from insights.facts import known_names
from insights.grounding import Refused, check, distinct, ground_of
from insights.grounding_language import hedged, terms
from insights.schema import Certainty, Claim, Dossier, Evidence, Fact

MOST_QUOTES = 3


class Desk:
    """One dossier laid out for the composers. Everything on it is worked out once."""

    def __init__(self, dossier: Dossier) -> None:
        self.dossier = dossier
        self.as_of = dossier.as_of
        self._made: dict[str, list[Claim]] = {}
        self.ground = ground_of(
            dossier.texts(),
            dossier.facts,
            names=known_names(dossier.engagement),
            as_of=dossier.as_of,
        )

    @cached_property
    def risks(self) -> tuple[Risk, ...]:
        """The open risks of the notes, those only whose note is in the dossier."""
        known = [f for f in self.dossier.findings if f.note_id in self.ground.texts]
        return open_risks(not_overtaken(known, self.dossier.tasks), self.as_of)

    @cached_property
    def notes(self) -> tuple[NoteRecord, ...]:
        """The notes up to the day, newest first."""
        read = [n for n in self.dossier.notes if n.created_at.date() <= self.as_of]
        return tuple(sorted(read, key=lambda n: (n.created_at, n.note_id), reverse=True))

    @cached_property
    def tasks(self) -> dict[str, TaskRecord]:
        return {task.task_id: task for task in self.dossier.tasks}

    def once(self, name: str, make: Callable[[Desk], list[Claim]]) -> list[Claim]:
        """What several insights need, composed for the first that asks."""
        if name not in self._made:
            self._made[name] = make(self)
        return self._made[name]

    def fact(self, name: str) -> Fact | None:
        return self.dossier.facts.get(name)

    def number(self, name: str) -> float:
        """A fact's number; 0 where it is not known."""
        fact = self.fact(name)
        return float(fact.value) if fact and isinstance(fact.value, int | float) else 0.0

    def first_sound(self, wordings: Iterable[Claim]) -> Claim | None:
        """The first wording that the verifier lets through, as it would let it through."""
        for claim in wordings:
            try:
                return check(claim, self.ground)
            except Refused:
                continue
        return None

    def named(self, task_id: str) -> Evidence | None:
        """A task's name as evidence."""
        task = self.tasks.get(task_id)
        if task is None or not task.name.strip():
            return None
        return Evidence(source=task_id, quote=task.name, start=0, end=len(task.name))


def quoted(finding: NoteFinding) -> Evidence:
    """The words of a finding as evidence."""
    return Evidence(
        source=finding.note_id, quote=finding.quote, start=finding.start, end=finding.end
    )


def fitting(
    text: str, evidence: Iterable[Evidence], most: int = MOST_QUOTES
) -> tuple[Evidence, ...]:
    """The evidence that shares a word with a text, one per record, at most so many."""
    said = terms(text)
    chosen: dict[str, Evidence] = {}
    for piece in evidence:
        if piece.source not in chosen and said & terms(piece.quote):
            chosen[piece.source] = piece
    return tuple(chosen.values())[:most]


def certainty_of(quote: str) -> Certainty:
    """Possible where the words hedge, else observed."""
    return Certainty.POSSIBLE if hedged(quote) else Certainty.OBSERVED


def numbered(prefix: str, claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """The claims that say something new, with ids in their order: r1, r2, …"""
    named = (
        msgspec.structs.replace(claim, id=f"{prefix}{place}")
        for place, claim in enumerate(claims, 1)
    )
    return tuple(
        msgspec.structs.replace(claim, id=f"{prefix}{place}")
        for place, claim in enumerate(distinct(named), 1)
    )

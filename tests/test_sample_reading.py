"""What the reader finds in sample engagements, against the troubles they truly have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import pytest

from connectors.sources.sample import generate
from connectors.sources.sample.portfolio import Bundle
from connectors.sources.sample.troubles import Trouble
from engagements.open_findings import is_open
from engagements.records import FindingStatus, NoteFinding, NoteRecord
from insights.engine.reader import read_notes

# One worker makes what its tests share, not each of them.
pytestmark = pytest.mark.xdist_group("sample reading")

AS_OF = date(2026, 11, 16)
SEED, ENGAGEMENTS = 90_210, 200  # of no fixture


@dataclass(frozen=True)
class Case:
    """An engagement: the reasons that notes tell as open and as solved, and the findings."""

    name: str
    open: frozenset[str]
    solved: frozenset[str]
    findings: tuple[NoteFinding, ...]

    @property
    def standing(self) -> frozenset[str]:
        return frozenset(f.reason for f in self.findings if is_open(f, AS_OF))

    @property
    def said_open(self) -> frozenset[str]:
        """Reasons of what is said to be there, not only feared."""
        return frozenset(
            f.reason for f in self.findings if f.status is FindingStatus.OPEN and is_open(f, AS_OF)
        )


def note_records(bundle: Bundle) -> list[NoteRecord]:
    return [
        NoteRecord(
            note_id=row["note_id"],
            engagement_id=row["engagement_id"],
            created_at=datetime.fromisoformat(row["created_at"]),
            content=row["content"],
        )
        for row in bundle.notes
    ]


def told(troubles: tuple[Trouble, ...], days: list[date]) -> Iterator[tuple[Trouble, bool]]:
    """Each trouble that some note was there to tell, and whether a later one told its end."""
    for trouble in troubles:
        if any(trouble.open_on(day) for day in days):
            yield trouble, bool(trouble.solved and any(day >= trouble.solved for day in days))


def case(bundle: Bundle) -> Case:
    notes = note_records(bundle)
    known = list(told(bundle.troubles, [note.created_at.date() for note in notes]))
    still_open = frozenset(trouble.reason for trouble, solved in known if not solved)
    return Case(
        name=bundle.engagement["engagement_id"],
        open=still_open,
        solved=frozenset(t.reason for t, solved in known if solved) - still_open,
        findings=read_notes(notes),
    )


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    portfolio = generate(engagements=ENGAGEMENTS, seed=SEED, as_of=AS_OF, weeks=12)
    return [case(bundle) for bundle in portfolio if bundle.notes]


def confusion(cases: list[Case]) -> str:
    """The wrong pairs, the most frequent first; pytest shows it when a floor does not hold."""
    wrong: Counter[str] = Counter()
    for each in cases:
        wrong.update(f"missed {reason}" for reason in each.open - each.standing)
        wrong.update(f"unresolved {reason}" for reason in each.solved & each.standing)
        wrong.update(f"invented {reason}" for reason in each.said_open - each.open - each.solved)
    return "\n".join(f"{count:4} {what}" for what, count in wrong.most_common(30))


def share(part: int, whole: int) -> float:
    assert whole >= 100, "too few to measure"
    return part / whole


def test_open_troubles_are_found_with_their_reason(cases: list[Case]) -> None:
    found = sum(len(each.open & each.standing) for each in cases)
    assert share(found, sum(len(each.open) for each in cases)) >= 0.93, confusion(cases)


def test_what_is_said_to_be_open_is_open(cases: list[Case]) -> None:
    right = sum(len(each.open & each.said_open) for each in cases)
    assert share(right, sum(len(each.said_open) for each in cases)) >= 0.68, confusion(cases)


def test_the_reason_of_what_is_open_is_one_the_engagement_had(cases: list[Case]) -> None:
    """Found too late to be over, but found for what it is."""
    right = sum(len((each.open | each.solved) & each.said_open) for each in cases)
    assert share(right, sum(len(each.said_open) for each in cases)) >= 0.82, confusion(cases)


def test_troubles_whose_end_is_told_are_closed(cases: list[Case]) -> None:
    closed = sum(len(each.solved - each.standing) for each in cases)
    assert share(closed, sum(len(each.solved) for each in cases)) >= 0.82, confusion(cases)


def test_a_closed_finding_quotes_what_closed_it(cases: list[Case]) -> None:
    closed = [f for each in cases for f in each.findings if f.resolved_by]
    assert len(closed) >= 100
    assert all(f.resolved_quote and f.resolved_on and f.resolved_on >= f.noted_on for f in closed)

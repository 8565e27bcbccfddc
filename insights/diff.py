"""What is new, persisting, worse or resolved between two versions of an insight. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence

import msgspec

from insights.schema import Claim, Level

WORD = re.compile(r"[a-z]{4,}")
ALIKE = 0.5  # share of words two claims need in common to be the same statement
RANK = {level: at for at, level in enumerate((Level.LOW, Level.MEDIUM, Level.HIGH, Level.CRITICAL))}


class Change(enum.StrEnum):
    """What became of a statement."""

    NEW = "new"
    WORSE = "worse"
    PERSISTING = "persisting"
    RESOLVED = "resolved"


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """A statement and what became of it; ``before`` is its earlier wording where it differs."""

    change: Change
    text: str
    before: str = ""


def compare(before: Sequence[Claim], after: Sequence[Claim]) -> tuple[Changed, ...]:
    """Changes from one version to the next: new and worse first, then what stays and what is gone."""
    left = list(before)
    changes: list[Changed] = []
    for claim in after:
        match = _same(claim, left)
        if match is None:
            changes.append(Changed(change=Change.NEW, text=claim.text))
            continue
        left.remove(match)
        worse = _rank(claim) > _rank(match)
        changes.append(
            Changed(
                change=Change.WORSE if worse else Change.PERSISTING,
                text=claim.text,
                before=match.text if match.text != claim.text else "",
            )
        )
    changes += [Changed(change=Change.RESOLVED, text=claim.text) for claim in left]
    order = list(Change)
    return tuple(sorted(changes, key=lambda changed: order.index(changed.change)))


def _rank(claim: Claim) -> int:
    return RANK[claim.severity] if claim.severity else -1


def _same(claim: Claim, candidates: Sequence[Claim]) -> Claim | None:
    """The earlier claim that says the same: same kind, and the same reason or mostly the same words."""
    scored = [(likeness(claim, other), -at) for at, other in enumerate(candidates)]
    if not scored:
        return None
    best, at = max(scored)
    return candidates[-at] if best >= ALIKE else None


def likeness(one: Claim, other: Claim) -> float:
    """From 0 to 1: how much two claims are the same statement."""
    if one.kind != other.kind:
        return 0.0
    words, others = _words(one.text), _words(other.text)
    shared = len(words & others) / max(1, min(len(words), len(others)))
    if one.risk and other.risk:
        if one.risk.reason != other.risk.reason:
            return 0.0
        return max(shared, 1.0 if _sources(one) & _sources(other) else 0.0)
    return shared


def _words(text: str) -> set[str]:
    return {word[:7] for word in WORD.findall(text.lower())}


def _sources(claim: Claim) -> set[str]:
    return {evidence.source for evidence in claim.evidence} | set(claim.facts)

"""Whose problem it is: the delivery's, or that of the people a service is for."""

from __future__ import annotations

from collections.abc import Sequence

from insights.engine.lexicon import Hit

# Whatever people outside do with what is delivered is the delivery's business too.
_ALWAYS_OURS = frozenset({"usage_drop", "no_champion", "training_gap", "renewal_risk"})


def is_elsewhere(cue: Hit, hits: Sequence[Hit], words: Sequence[str]) -> bool:
    """Whether the problem at ``cue`` is that of users or of the world, not of the delivery."""
    if cue.meaning.reason in _ALWAYS_OURS:
        return False
    kinds = {h.meaning.kind for h in hits}
    outside = bool(kinds & {"outsiders", "subject_matter"})
    owner = _owner(cue, hits)
    if "research" in kinds and (outside or "guests" in kinds):
        return owner != "team" or _told(cue, hits)
    if "team" in kinds:
        return False
    return outside and (owner == "outsiders" or cue.meaning.weak)


def _told(cue: Hit, hits: Sequence[Hit]) -> bool:
    """Whether the last said before the problem is that others said it: "we heard that …"."""
    told = [h.first for h in hits if h.meaning.kind == "research" and h.last <= cue.first]
    ours = [h.first for h in hits if h.meaning.kind == "team" and h.last <= cue.first]
    return bool(told) and max(told) >= max(ours)


def _owner(cue: Hit, hits: Sequence[Hit]) -> str | None:
    """Who is named nearest before the problem."""
    named = [h for h in hits if h.meaning.kind in ("outsiders", "team") and h.last <= cue.first]
    return max(named, key=lambda h: h.first).meaning.kind if named else None

"""Whose problem it is: the delivery's, or that of the people a service is for."""

from __future__ import annotations

from insights.engine.lexicon import Hit, Hits

# Whatever people outside do with what is delivered is the delivery's business too.
_ALWAYS_OURS = frozenset({"usage_drop", "no_champion", "training_gap", "renewal_risk"})
# What only a team has: its people, its access, its dates.
_OURS_WITH_A_TEAM = frozenset(
    {"key_person", "capacity_conflict", "access_missing", "env_not_ready", "date_moved"}
    | {"waiting_customer", "waiting_vendor", "approval_pending", "milestone_slip", "low_velocity"}
)
# What only a delivery has, whether or not its team is named.
_ONLY_OURS = frozenset(
    {"overdue_task", "milestone_slip", "approval_pending", "sec_review", "payment_dispute"}
    | {"change_request", "scope_creep", "waiting_vendor", "escalation", "sponsor_absent"}
    | {"handover_gap", "env_not_ready", "access_missing", "date_moved", "key_person"}
)


def is_elsewhere(cue: Hit, hits: Hits) -> bool:
    """Whether the problem at ``cue`` is that of users or of the world, not of the delivery."""
    if cue.meaning.reason in _ALWAYS_OURS:
        return False
    outside = "outsiders" in hits or "subject_matter" in hits
    theirs, ours = _last(hits, "outsiders", cue), _last(hits, "team", cue)
    named = bool(_ours(hits))
    if not outside and cue.meaning.reason in _ONLY_OURS:
        return False
    if named and not theirs and cue.meaning.reason in _OURS_WITH_A_TEAM:
        return False
    if _last(hits, "research", cue) and (outside or "guests" in hits or not named):
        return ours <= theirs or _told(cue, hits)
    if not outside:
        return False
    if named:
        return theirs > 0 == ours and cue.meaning.reason not in _OURS_WITH_A_TEAM
    return theirs > 0 or cue.meaning.weak


def _told(cue: Hit, hits: Hits) -> bool:
    """Whether the last said before the problem is that others said it: "we heard that …"."""
    told = _last(hits, "research", cue)
    return told > 0 and told >= _last(hits, "team", cue)


def _last(hits: Hits, kind: str, cue: Hit) -> int:
    """Where the last phrase of this kind before the problem begins, counted from 1; else 0."""
    said = _ours(hits) if kind == "team" else hits.get(kind, ())
    return max((h.first + 1 for h in said if h.last <= cue.first), default=0)


def _ours(hits: Hits) -> list[Hit]:
    """Where the team is named, but for "told us" and "we heard that"."""
    frames = hits.get("research", ())
    return [
        h
        for h in hits.get("team", ())
        if not any(f.first <= h.first and h.last <= f.last for f in frames)
    ]

"""What a new insight means for the register: found again, worse, new, returned, or gone.

A risk is the same risk when the engagement and the reason code are the same and it rests on a record
it rested on before. One that is no longer found has resolved by itself and keeps its history. One
that a person dismissed or resolved comes back only when a record speaks of it that did not before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from engagements.records import InsightType
from insights.models import Action, Insight, Risk
from insights.schema import ActionDetail, Claim, Dossier, RiskDetail
from insights.search import index_actions, index_risks

MAX_PROPOSALS = 5
CLEARED = "Resolved by itself: it is no longer found in the records."


def follow(insight: Insight, dossier: Dossier, claims: Sequence[Claim]) -> None:
    """Bring the register up to date with a new insight; within the transaction that stores it."""
    if insight.insight_type == InsightType.RISK_DETECTION:
        _follow_risks(insight, dossier, [c for c in claims if c.risk is not None])
        index_risks(insight.engagement_id)
    elif insight.insight_type == InsightType.ACTION_RECOMMENDATION:
        _follow_actions(insight, dossier, [c for c in claims if c.action is not None])
        index_actions(insight.engagement_id)


def sources_of(claim: Claim, dossier: Dossier) -> list[str]:
    """Ids of the records a claim rests on, quoted or through a fact."""
    quoted = [evidence.source for evidence in claim.evidence]
    counted = [
        source
        for name in claim.facts
        if name in dossier.facts
        for source in dossier.facts[name].sources
    ]
    return sorted({*quoted, *counted})


def _follow_risks(insight: Insight, dossier: Dossier, claims: Sequence[Claim]) -> None:
    known = list(Risk.objects.filter(engagement_id=insight.engagement_id))
    found: set[int] = set()
    for claim in claims:
        sources = sources_of(claim, dossier)
        risk = _same_risk(known, claim, sources, found)
        if risk is None:
            risk = _new_risk(insight, claim, sources, dossier.as_of)
        else:
            _found_again(risk, insight, claim, sources, dossier.as_of)
        found.add(risk.pk)
    for risk in known:
        if risk.pk not in found and risk.status in Risk.OPEN:
            _cleared(risk, dossier.as_of)


def _same_risk(
    known: Iterable[Risk], claim: Claim, sources: Sequence[str], taken: set[int]
) -> Risk | None:
    """The risk this claim speaks of again: open ones before closed ones, more overlap first."""
    detail = _risk_detail(claim)
    same = [risk for risk in known if risk.reason == detail.reason and risk.pk not in taken]
    overlapping = [risk for risk in same if _shares(risk.seen, sources)]
    return max(
        overlapping,
        key=lambda risk: (risk.status in Risk.OPEN, len(set(risk.seen) & set(sources)), -risk.pk),
        default=None,
    )


def _shares(seen: Sequence[str], sources: Sequence[str]) -> bool:
    # A risk without any record (a silent engagement) is the same by its reason alone.
    return bool(set(seen) & set(sources)) or (not seen and not sources)


def _risk_detail(claim: Claim) -> RiskDetail:
    assert claim.risk is not None  # the caller chose such claims
    return claim.risk


def _new_risk(insight: Insight, claim: Claim, sources: list[str], day: date) -> Risk:
    risk = Risk(
        engagement_id=insight.engagement_id, first_seen_on=day, last_seen_on=day, seen=sources
    )
    _describe(risk, insight, claim)
    risk.occurrences = max(1, len(sources))
    risk.save()
    return risk


def _describe(risk: Risk, insight: Insight, claim: Claim) -> None:
    detail = _risk_detail(claim)
    risk.category, risk.reason = detail.category, detail.reason
    risk.severity, risk.likelihood = detail.severity, detail.likelihood
    risk.exposure = detail.exposure
    risk.level = str(claim.severity or "low")
    risk.title = claim.text[:600]
    risk.claim = msgspec.to_builtins(claim)
    risk.insight_id = insight.insight_id


def _found_again(risk: Risk, insight: Insight, claim: Claim, sources: list[str], day: date) -> None:
    fresh = sorted(set(sources) - set(risk.seen))
    before = risk.exposure
    _describe(risk, insight, claim)
    risk.last_seen_on = day
    if risk.status in Risk.OPEN:
        if risk.exposure > before:
            risk.worse_on = day
    elif fresh or risk.resolution == CLEARED:
        risk.status, risk.returned_on = Risk.Status.OPEN, day
        risk.resolved_on, risk.resolution, risk.dismissed_reason = None, "", ""
    risk.seen = sorted({*risk.seen, *sources})
    risk.occurrences += len(fresh)
    risk.save()


def _cleared(risk: Risk, day: date) -> None:
    risk.status, risk.resolved_on, risk.resolution = Risk.Status.RESOLVED, day, CLEARED
    risk.save(update_fields=["status", "resolved_on", "resolution"])


def _follow_actions(insight: Insight, dossier: Dossier, claims: Sequence[Claim]) -> None:
    known = list(Action.objects.filter(engagement_id=insight.engagement_id))
    risks = {risk.reason: risk for risk in Risk.objects.filter(
        engagement_id=insight.engagement_id, status__in=Risk.OPEN
    ).order_by("exposure")}  # fmt: skip
    kept: set[int] = set()
    for claim in claims[:MAX_PROPOSALS]:
        sources = sources_of(claim, dossier)
        action = _same_action(known, claim, sources)
        if action is None:
            action = Action(
                engagement_id=insight.engagement_id, proposed_on=dossier.as_of, seen=sources
            )
            _propose(action, insight, claim, risks)
        elif action.status == Action.Status.PROPOSED or _asks_again(action, sources):
            action.seen = sorted({*action.seen, *sources})
            _propose(action, insight, claim, risks)
        kept.add(action.pk)
    for action in known:
        if action.pk not in kept and action.status == Action.Status.PROPOSED:
            action.status = Action.Status.EXPIRED
            action.save(update_fields=["status"])


def _action_detail(claim: Claim) -> ActionDetail:
    assert claim.action is not None  # the caller chose such claims
    return claim.action


def _same_action(known: Iterable[Action], claim: Claim, sources: Sequence[str]) -> Action | None:
    """The action of the same rule for the same reason, or of the same words."""
    detail = _action_detail(claim)
    same = [
        action
        for action in known
        if action.title == claim.text[:600]
        or (
            action.rule == detail.rule
            and action.answers == (detail.answers or "")
            and _shares(action.seen, sources)
        )
    ]
    return max(same, key=lambda action: (action.status in Action.OPEN, action.pk), default=None)


def _asks_again(action: Action, sources: Sequence[str]) -> bool:
    """Whether one that is over is to be proposed anew: expired, or new records ask for it."""
    if action.status == Action.Status.EXPIRED:
        return True
    over = action.status in (Action.Status.DISMISSED, Action.Status.DONE)
    return over and bool(set(sources) - set(action.seen))


def _propose(action: Action, insight: Insight, claim: Claim, risks: dict[str, Risk]) -> None:
    detail = _action_detail(claim)
    action.title, action.why = claim.text[:600], detail.why[:600]
    action.priority, action.owner_role, action.effort = (
        detail.priority,
        detail.owner_role,
        detail.effort,
    )
    action.due_on, action.due_basis = detail.due_on, detail.due_basis[:300]
    action.done_when, action.expected_points = detail.done_when[:300], detail.expected_points
    action.rule, action.answers = detail.rule[:60], detail.answers or ""
    action.risk = risks.get(action.answers)
    action.claim = msgspec.to_builtins(claim)
    action.insight_id = insight.insight_id
    action.status, action.dismissed_reason = Action.Status.PROPOSED, ""
    action.save()

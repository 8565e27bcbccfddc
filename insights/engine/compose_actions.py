"""Action recommendation: what to do next, why, who, by when and when it is done; at most five."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from engagements.records import InsightType, TaskStatus
from insights import grounding_quantities as quantities
from insights.engine.compose_risks import POINTS_OF_EXPOSURE, matter, risk_claims
from insights.engine.desk import Desk, certainty_of, fitting, numbered
from insights.engine.gaps import unread
from insights.engine.passages import ToDo, covers, passages, to_dos
from insights.engine.playbook import CONSULTANT, PLAYBOOK, UNNAMED, Play, due, priority
from insights.engine.words import clause, count, full_day, headline, lowered
from insights.grounding_language import terms
from insights.schema import ActionDetail, Claim, Draft

MOST_ACTIONS = 5
_PACE = re.compile(
    r"\b(?:pace|velocity|slow\w*|behind|longer|estimates?|roll\w*|speed|progress|stories)\b", re.I
)
STATED_EXPOSURE = 6.0  # what a note asks for ranks with a medium risk
_SIGNALS = {
    "overdue_task": "overdue",
    "milestone_slip": "overdue",
    "low_velocity": "schedule",
    "usage_drop": "usage",
    "budget_overrun": "effort",
    "low_engagement": "contact",
}


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """An action that checks, and what ranks it."""

    claim: Claim
    exposure: float
    stated: bool


def compose_actions(desk: Desk) -> Draft:
    """At most five actions, the most urgent first."""
    proposals = sorted((*_plays(desk), *_stated(desk)), key=_urgency)
    chosen = list(_different(proposals))
    more = len(chosen) - MOST_ACTIONS
    left_out = [f"{count(more, 'less urgent action')} not listed."] if more > 0 else []
    return Draft(
        kind=InsightType.ACTION_RECOMMENDATION,
        claims=numbered("a", [p.claim for p in chosen[:MOST_ACTIONS]]),
        left_out=(*left_out, *unread(desk)),
    )


def _urgency(proposal: Proposal) -> tuple[str, float, bool, str]:
    """Priority first, then what weighs more: the exposure, or the points of health to win."""
    action = proposal.claim.action
    points = (action.expected_points or 0.0) if action else 0.0
    level = action.priority if action else "P3"
    weight = max(proposal.exposure * POINTS_OF_EXPOSURE, points)
    return level, -weight, not proposal.stated, proposal.claim.text


def _different(proposals: Iterable[Proposal]) -> Iterator[Proposal]:
    """Each proposal that asks for something the ones before it do not."""
    kept: list[Proposal] = []
    for proposal in proposals:
        if not any(_same(proposal.claim, other.claim) for other in kept):
            kept.append(proposal)
            yield proposal


def _same(one: Claim, other: Claim) -> bool:
    mine, theirs = terms(one.text), terms(other.text)
    quotes = {(e.source, e.quote) for e in one.evidence}
    shared = bool(quotes & {(e.source, e.quote) for e in other.evidence})
    alike = len(mine & theirs) / max(1, min(len(mine), len(theirs)))
    if one.risk and other.risk and one.risk.reason != other.risk.reason:
        return False  # two plays on one task ask for two things
    return alike >= 0.7 or (shared and alike >= 0.3)


def _plays(desk: Desk) -> Iterator[Proposal]:
    """The playbook's answer to each open risk."""
    capped = bool(desk.dossier.health.caps)
    done: set[str] = set()
    for claim in risk_claims(desk):
        risk = claim.risk
        if risk is None or (risk.reason in done and risk.exposure < 8):
            continue
        done.add(risk.reason)
        level = priority(risk.exposure, capped=capped and _holds_a_cap(desk, claim))
        sound = desk.first_sound(_wordings(desk, claim, level))
        if sound:
            yield Proposal(claim=sound, exposure=risk.exposure, stated=False)


def _holds_a_cap(desk: Desk, claim: Claim) -> bool:
    """Whether a risk rests on a record that a cap names, or on the passed end date."""
    records = {e.source for e in claim.evidence}
    capping = {record for cap in desk.dossier.health.caps for record in cap.records}
    return bool(records & capping) or "days_past_end" in claim.facts


def _wordings(desk: Desk, risk: Claim, level: str) -> Iterator[Claim]:
    """Ways to word the play for a risk: with its matter, with the note's words, bare."""
    if risk.risk is None:
        return
    spoken = any(name.startswith("risk_") for name in risk.facts)
    unnamed = risk.risk.reason == "low_velocity" and spoken and not _PACE.search(risk.text)
    play = UNNAMED if unnamed else PLAYBOOK[risk.risk.reason]
    due_on, basis = due(level, desk.as_of)
    detail = ActionDetail(
        why=risk.text,
        priority=level,
        owner_role=play.owner_role,
        due_on=due_on,
        due_basis=basis,
        effort=play.effort,
        done_when=play.done_when,
        rule=f"playbook:{risk.risk.reason}",
        answers=risk.risk.reason,
        expected_points=expected_points(desk, risk),
    )
    for text in _titles(desk, risk, play):
        yield Claim(
            id="a",
            text=text,
            kind="action",
            certainty=risk.certainty,
            severity=risk.severity,
            evidence=fitting(text, risk.evidence),
            facts=risk.facts,
            risk=risk.risk,
            action=detail,
        )


def _titles(desk: Desk, risk: Claim, play: Play) -> Iterator[str]:
    """A play's title with the record it is about, with what is awaited, with the note's words."""
    for piece in risk.evidence[:1]:
        if piece.source in desk.tasks:
            name = f"{piece.source} {clause(piece.quote, 80)}"
            yield play.about.format(matter=name)
        elif about := matter(piece.quote):
            yield play.about.format(matter=about)
        else:
            yield f"{play.title}: {lowered(headline(piece.quote, 90))}"
    yield play.title


def expected_points(desk: Desk, risk: Claim) -> float | None:
    """The points of health that clearing a risk would bring back, as far as the signals say."""
    lever = desk.dossier.health.lever
    if lever and lever.record and lever.record in {e.source for e in risk.evidence}:
        return float(lever.points) if lever.points > 0 else None
    spoken = any(name.startswith("risk_") for name in risk.facts)
    signal = _SIGNALS.get(risk.risk.reason) if risk.risk and not spoken else None
    if signal == "overdue":
        return None  # only the lever knows what is left when the longest overdue is gone
    return (desk.number(f"lost_{signal}") or None) if signal else _note_points(desk, risk)


def _note_points(desk: Desk, risk: Claim) -> float | None:
    """A note risk's part of what the notes cost, and what an only blocker costs."""
    matter_of = {r.fact: r for r in desk.risks}
    own = next((matter_of[f] for f in risk.facts if f in matter_of), None)
    if own is None:
        return None
    total = sum(r.exposure for r in desk.risks) or 1
    points = desk.number("lost_notes") * own.exposure / total
    if own.is_blocker and sum(r.is_blocker for r in desk.risks) == 1:
        points += desk.number("lost_blockers")
    return float(round(points)) or None


def _stated(desk: Desk) -> Iterator[Proposal]:
    """What recent notes ask to be done and no completed task covers."""
    closed = [t.name for t in desk.dossier.tasks if t.status is TaskStatus.COMPLETED]
    for to_do in to_dos(passages(desk.notes), desk.as_of):
        if any(covers(name, to_do.title) for name in closed) or _is_past(to_do, desk.as_of):
            continue
        sound = desk.first_sound(_asked(desk, to_do))
        if sound:
            yield Proposal(claim=sound, exposure=STATED_EXPOSURE, stated=True)


def _is_past(to_do: ToDo, as_of: date) -> bool:
    """Whether the one day that a request names had gone by: nobody does a thing by last week."""
    days = [d for d in quantities.read(to_do.passage.text).days if d.day]
    if len(days) != 1:
        return False
    named = _next(days[0].year, days[0].month, days[0].day or 1, to_do.passage.noted_on)
    return named is not None and named < as_of


def _asked(desk: Desk, to_do: ToDo) -> Iterator[Claim]:
    passage = to_do.passage
    named = _named_day(passage.text, desk.as_of)
    level = "P2" if named and (named - desk.as_of).days <= 7 else "P3"
    due_on, basis = (
        (named, f"The note names {full_day(named)}") if named else due(level, desk.as_of)
    )
    quote = passage.evidence()
    for text in (clause(to_do.title, 140), clause(to_do.title, 80)):
        yield Claim(
            id="a",
            text=text,
            kind="action",
            certainty=certainty_of(passage.text),
            evidence=(quote,),
            action=ActionDetail(
                why=f"A note asks for it: {lowered(clause(passage.text, 200))}",
                priority=level,
                owner_role=CONSULTANT,
                due_on=due_on,
                due_basis=basis,
                effort="S",
                done_when="A later note says that it is done",
                rule="stated",
            ),
        )


def _named_day(text: str, as_of: date) -> date | None:
    """The one day a sentence names, if it lies ahead within half a year."""
    days = [d for d in quantities.read(text).days if d.day]
    if len(days) != 1:
        return None
    found = _next(days[0].year, days[0].month, days[0].day or 1, as_of)
    return found if found and 0 <= (found - as_of).days <= 183 else None


def _next(year: int | None, month: int, day: int, as_of: date) -> date | None:
    """A day of the year named, or the next such day."""
    for candidate in [year] if year else [as_of.year, as_of.year + 1]:
        try:
            found = date(candidate, month, day)
        except ValueError:
            continue
        if year or found >= as_of:
            return found
    return None

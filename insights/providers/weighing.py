"""What a model's claim weighs: decided by our own reading of the records, never by the model.

A note may hold an instruction that a model obeys. So a claim counts only when something computed
stands behind it: a finding of our engine in the same words, a named fact, a task, or planned work
that the quote speaks of. Severity, likelihood, priority and dates come from there alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from engagements.records import (
    FindingStatus,
    InsightType,
    NoteFinding,
    NoteRecord,
    TaskRecord,
    TaskStatus,
)
from insights.grounding import hedged
from insights.grounding_language import terms
from insights.prompts_instructions import is_instruction
from insights.reasons import CATEGORY_OF, level_of
from insights.schema import (
    ActionDetail,
    Certainty,
    Claim,
    Dossier,
    Evidence,
    RiskDetail,
    ThemeDetail,
)

KINDS: dict[InsightType, tuple[str, ...]] = {
    InsightType.HEALTH_SUMMARY: ("concern", "progress"),
    InsightType.RISK_DETECTION: ("risk",),
    InsightType.THEME_EXTRACTION: ("theme",),
    InsightType.ACTION_RECOMMENDATION: ("action",),
}
# More than the verifier asks of our own engine: a model that obeys a note uses the note's words.
MIN_SHARED = 0.5
MOST_LABEL_WORDS = 4
ROLES = ("Delivery manager", "Consultant", "Sponsor")
# A verb that says how things are; an instruction has none.
_STATES = re.compile(
    r"\b(?:is|are|was|were|isn't|aren't|has|have|had|hasn't|haven't|will|won't|cannot|can't|may"
    r"|might|could|needs?|lacks?|remains?|continues?|did|does|not|went|goes|late|done|open|\w{3,}ed)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^\s.!?](?:[^.!?\n]|[.!?](?!\s))*[.!?]?")
_LIVE = (FindingStatus.OPEN, FindingStatus.POTENTIAL)
_DUE_DAYS = {"P1": 2, "P2": 5, "P3": 10}


class NotBacked(ValueError):
    """Nothing computed stands behind a claim: ``code`` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Hints(msgspec.Struct, frozen=True, kw_only=True):
    """What a model says beside a claim's text; a word out of a closed list, or not used."""

    reason: str | None = None
    label: str = ""
    effort: str | None = None
    owner_role: str | None = None


def weigh(claim: Claim, hints: Hints, kind: InsightType, dossier: Dossier) -> Claim:
    """The claim with its weight; raises :class:`NotBacked` when nothing stands behind it."""
    if claim.kind not in KINDS[kind]:
        raise NotBacked("wrong_kind")
    evidence = tuple(_one_sentence(e, claim.text) for e in claim.evidence)
    claim = msgspec.structs.replace(claim, evidence=evidence)
    if not claim.evidence:
        return _stated_by_facts(claim, dossier)
    if any(is_instruction(text) for text in (hints.label, *(e.quote for e in claim.evidence))):
        raise NotBacked("instruction_quoted")
    if claim.kind == "theme":
        return _theme(claim, hints, dossier)
    _check_words(claim, dossier)
    if claim.kind == "action":
        return _action(claim, hints, dossier)
    return _risk(claim, hints, dossier) if claim.kind != "progress" else _progress(claim, dossier)


def _one_sentence(evidence: Evidence, text: str) -> Evidence:
    """The sentence of a quote that says what the claim says.

    A longer quote could join a true sentence to an injected one and be backed by the first.
    """
    said = terms(text)
    spans = [m.span() for m in _SENTENCE.finditer(evidence.quote)]
    if len(spans) < 2:
        return evidence
    start, end = max(spans, key=lambda span: len(said & terms(evidence.quote[slice(*span)])))
    return Evidence(
        source=evidence.source,
        quote=evidence.quote[start:end],
        start=evidence.start + start,
        end=evidence.start + end,
    )


def _stated_by_facts(claim: Claim, dossier: Dossier) -> Claim:
    """A claim without a quote says what the facts say, in our words."""
    known = [dossier.facts[name] for name in claim.facts if name in dossier.facts]
    if not known or claim.kind not in KINDS[InsightType.HEALTH_SUMMARY]:
        raise NotBacked("no_evidence")
    text = " ".join(fact.sentence for fact in known)
    return msgspec.structs.replace(claim, text=text, facts=tuple(fact.name for fact in known))


def _check_words(claim: Claim, dossier: Dossier) -> None:
    """The claim speaks of what its evidence speaks of, in its words, and to nobody."""
    said = terms(claim.text)
    facts = [dossier.facts[name].sentence for name in claim.facts if name in dossier.facts]
    given = frozenset().union(*map(terms, [*(e.quote for e in claim.evidence), *facts]))
    shared = len(said & given)
    if shared < min(2, len(said)) or shared < MIN_SHARED * len(said):
        raise NotBacked("unrelated_to_evidence")
    if claim.kind != "action" and is_instruction(claim.text):
        raise NotBacked("speaks_to_the_reader")


def _risk(claim: Claim, hints: Hints, dossier: Dossier) -> Claim:
    found = _findings_of(claim, dossier)
    if found:
        return _weighed_by(max(found, key=_weight), claim)
    if any(_is_late(task, dossier.as_of) for task in _tasks_of(claim, dossier)):
        detail = RiskDetail(category="schedule", reason="overdue_task", severity=2, likelihood=0.75)
    elif all(_is_about_planned_work(e, dossier) for e in claim.evidence):
        reason = hints.reason if hints.reason in CATEGORY_OF else None
        if reason is None:
            raise NotBacked("unknown_reason")
        # The model alone sees it: the lightest weight there is.
        detail = RiskDetail(
            category=CATEGORY_OF[reason], reason=reason, severity=2, likelihood=0.25
        )
    else:
        raise NotBacked("not_corroborated")
    certainty = Certainty.POSSIBLE if detail.likelihood < 0.5 else claim.certainty
    return _with_risk(claim, detail, certainty)


def _weighed_by(finding: NoteFinding, claim: Claim) -> Claim:
    unsure = (
        claim.certainty is Certainty.POSSIBLE
        or finding.status is FindingStatus.POTENTIAL
        or all(hedged(e.quote) for e in claim.evidence)
    )
    likelihood = min(finding.likelihood, 0.75) if unsure else finding.likelihood
    detail = RiskDetail(
        category=finding.category,
        reason=finding.reason,
        severity=finding.severity,
        likelihood=likelihood,
    )
    return _with_risk(claim, detail, Certainty.POSSIBLE if unsure else Certainty.OBSERVED)


def _with_risk(claim: Claim, detail: RiskDetail, certainty: Certainty) -> Claim:
    return msgspec.structs.replace(
        claim, risk=detail, severity=level_of(detail.exposure), certainty=certainty
    )


def _progress(claim: Claim, dossier: Dossier) -> Claim:
    if any(_overlaps(f, e) for f in _live(dossier) for e in claim.evidence):
        raise NotBacked("not_progress")
    if not all(_is_about_planned_work(e, dossier) for e in claim.evidence):
        raise NotBacked("not_corroborated")
    return claim


def _theme(claim: Claim, hints: Hints, dossier: Dossier) -> Claim:
    notes = _notes_of(claim.evidence, dossier)
    label = " ".join(hints.label.split())
    wanted = terms(label)
    shared = [len(wanted & terms(e.quote)) for e in claim.evidence]
    if len(notes) < 2 or not 0 < len(wanted) <= MOST_LABEL_WORDS:
        raise NotBacked("theme_not_shared")
    if min(shared) == 0 or min(shared) < MIN_SHARED * len(wanted):
        raise NotBacked("theme_not_shared")
    days = sorted(note.created_at.date() for note in notes)
    detail = ThemeDetail(
        label=label,
        notes=len(notes),
        trend=_trend(days, dossier.as_of),
        first_on=days[0],
        last_on=days[-1],
    )
    # Our sentence, not the model's: the label is all that its notes share.
    text = f"{label[:1].upper()}{label[1:]} comes up again"
    return msgspec.structs.replace(claim, text=text, theme=detail)


def _trend(days: list[date], as_of: date) -> str:
    recent = sum((as_of - day).days <= 14 for day in days)
    if recent * 2 > len(days):
        return "rising"
    return "steady" if (as_of - days[-1]).days <= 30 else "fading"


def _action(claim: Claim, hints: Hints, dossier: Dossier) -> Claim:
    found = max(_findings_of(claim, dossier), key=_weight, default=None)
    late = [task for task in _tasks_of(claim, dossier) if _is_late(task, dossier.as_of)]
    if not (found or late):
        raise NotBacked("not_corroborated")
    said = claim.evidence[0].quote
    priority = _priority(found, dossier)
    days = _DUE_DAYS[priority]
    detail = ActionDetail(
        why=" ".join(said.split()),
        priority=priority,
        owner_role=hints.owner_role if hints.owner_role in ROLES else ROLES[0],
        due_on=_working_day(dossier.as_of, days),
        due_basis=f"{priority}: {days} working days",
        effort=hints.effort or "M",
        done_when="A later note or the task says that it is over",
        rule="model",
        answers=found.reason if found else None,
    )
    return msgspec.structs.replace(claim, action=detail)


def _priority(found: NoteFinding | None, dossier: Dossier) -> str:
    exposure = 4 * _weight(found) if found else 4.0
    if exposure >= 12 or (found and dossier.health.caps):
        return "P1"
    return "P2" if exposure >= 8 else "P3"


def _working_day(start: date, days: int) -> date:
    day = start
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day


def _weight(finding: NoteFinding) -> float:
    return finding.severity * finding.likelihood


def _live(dossier: Dossier) -> list[NoteFinding]:
    return [f for f in dossier.findings if f.status in _LIVE and f.resolved_on is None]


def _findings_of(claim: Claim, dossier: Dossier) -> list[NoteFinding]:
    """What our engine found in the very words that a claim quotes; a denial or an end refuses."""
    live = [f for f in _live(dossier) if any(_overlaps(f, e) for e in claim.evidence)]
    over = [f for f in dossier.findings if any(_overlaps(f, e) for e in claim.evidence)]
    if over and not live:
        raise NotBacked("denied_or_over")
    # Every quote has to be backed: else one true quote would carry a false one along.
    for evidence in claim.evidence:
        if live and not (
            any(_overlaps(f, evidence) for f in live) or _is_about_planned_work(evidence, dossier)
        ):
            raise NotBacked("not_corroborated")
    return live


def _overlaps(finding: NoteFinding, evidence: Evidence) -> bool:
    same = finding.note_id == evidence.source
    return same and finding.start < evidence.end and evidence.start < finding.end


def _is_about_planned_work(evidence: Evidence, dossier: Dossier) -> bool:
    """Whether a quote states something of a task: two of its words, or its only one."""
    if not _STATES.search(evidence.quote):
        return False
    said = terms(evidence.quote)
    return any(
        evidence.source == task.task_id or len(said & named) >= min(2, len(named))
        for task in dossier.tasks
        if (named := terms(task.name))
    )


def _tasks_of(claim: Claim, dossier: Dossier) -> list[TaskRecord]:
    cited = {e.source for e in claim.evidence}
    return [task for task in dossier.tasks if task.task_id in cited]


def _is_late(task: TaskRecord, as_of: date) -> bool:
    if task.status is TaskStatus.COMPLETED:
        return False
    return task.status is TaskStatus.BLOCKED or (
        task.end_date is not None and task.end_date < as_of
    )


def _notes_of(evidence: Iterable[Evidence], dossier: Dossier) -> list[NoteRecord]:
    cited = {e.source for e in evidence}
    return [note for note in dossier.notes if note.note_id in cited]

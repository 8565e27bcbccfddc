"""Findings of many notes made into risks: the same reason on the same matter is one risk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from engagements.open_findings import is_open, is_resolved
from engagements.records import NoteFinding, TaskRecord, TaskStatus
from insights.engine.lexicon import ONE_AT_A_TIME
from insights.grounding_language import terms
from insights.reasons import WORDS

MOST_PER_REASON = 3
_GENERIC = terms(
    "access issue problem risk waiting blocked delay delayed data still week weeks month today "
    "need needs work task next meeting call date get go-live golive environment"
)


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """One matter that the notes speak of: its findings, newest first, and its weight.

    ``key`` tells it from others of the same reason; the fact ``risk_<key>`` counts its notes.
    """

    key: str
    reason: str
    category: str
    severity: int
    likelihood: float
    is_blocker: bool
    findings: tuple[NoteFinding, ...]

    @property
    def exposure(self) -> float:
        return self.severity * 4 * self.likelihood

    @property
    def notes(self) -> int:
        return len({f.note_id for f in self.findings})

    @property
    def first_on(self) -> date:
        return self.findings[-1].noted_on

    @property
    def last_on(self) -> date:
        return self.findings[0].noted_on

    @property
    def fact(self) -> str:
        return f"risk_{self.key}"


def not_overtaken(
    findings: Iterable[NoteFinding], tasks: Iterable[TaskRecord]
) -> tuple[NoteFinding, ...]:
    """Without those that say a task is late which the plan shows as done."""
    done = [t.name.lower() for t in tasks if t.status is TaskStatus.COMPLETED and len(t.name) > 8]
    return tuple(
        f
        for f in findings
        if f.reason not in _OF_ONE_TASK or not any(name in f.quote.lower() for name in done)
    )


_OF_ONE_TASK = frozenset(("overdue_task", "milestone_slip"))


def resolved(findings: Iterable[NoteFinding], as_of: date) -> list[NoteFinding]:
    """The problems that were there and are over, the latest first, one per note and reason."""
    over = [f for f in findings if f.noted_on <= as_of and is_resolved(f, as_of)]
    return sorted(over, key=lambda f: (f.resolved_on or f.noted_on, f.note_id), reverse=True)


def open_risks(findings: Iterable[NoteFinding], as_of: date) -> tuple[Risk, ...]:
    """The open risks that notes speak of, gravest first."""
    by_reason: dict[str, list[NoteFinding]] = defaultdict(list)
    for finding in findings:
        if is_open(finding, as_of):
            by_reason[finding.reason].append(finding)
    risks = [
        _risk(reason, place, members)
        for reason, found in by_reason.items()
        for place, members in enumerate(_matters(found, one=reason in ONE_AT_A_TIME))
    ]
    return tuple(sorted(risks, key=rank))


def rank(risk: Risk) -> tuple[float, bool, int, int, str]:
    """Gravest first, then blockers, then the oftenest and the latest named."""
    return (-risk.exposure, not risk.is_blocker, -risk.notes, -risk.last_on.toordinal(), risk.key)


def _risk(reason: str, place: int, findings: Sequence[NoteFinding]) -> Risk:
    newest = sorted(findings, key=lambda f: (f.noted_on, f.note_id), reverse=True)
    return Risk(
        key=reason if place == 0 else f"{reason}_{place + 1}",
        reason=reason,
        category=newest[0].category,
        severity=max(f.severity for f in newest),
        likelihood=max(f.likelihood for f in newest),
        is_blocker=any(f.is_blocker for f in newest),
        findings=tuple(newest),
    )


def _matters(findings: Sequence[NoteFinding], *, one: bool) -> list[list[NoteFinding]]:
    """Findings of one reason by what they speak of, the largest matter first."""
    if one:
        return [list(findings)]
    matters: list[tuple[set[str], list[NoteFinding]]] = []
    for finding in sorted(findings, key=lambda f: (f.noted_on, f.note_id)):
        said = terms(finding.quote) - _GENERIC - terms(WORDS.get(finding.reason, ""))
        matter = _nearest(said, matters)
        if matter is None:
            matter = (set(), [])
            matters.append(matter)
        matter[0].update(said)
        matter[1].append(finding)
    return sorted((m for _, m in matters), key=len, reverse=True)


def _nearest(
    said: frozenset[str], matters: list[tuple[set[str], list[NoteFinding]]]
) -> tuple[set[str], list[NoteFinding]] | None:
    """The matter that shares most words; any, once there are enough or there is nothing to tell."""
    if not matters:
        return None
    best = max(matters, key=lambda matter: len(matter[0] & said))
    if best[0] & said or not said or not best[0] or len(matters) >= MOST_PER_REASON:
        return best
    return None

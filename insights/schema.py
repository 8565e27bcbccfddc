"""One schema for an insight, whoever made it: claims, their evidence, and what they were made from.

Pure: the notebooks import it on a cluster. A provider takes a :class:`Dossier` and gives a
:class:`Draft`; :mod:`insights.grounding` lets through only the claims that check.
"""

from __future__ import annotations

import enum
from datetime import date

import msgspec

from engagements.health import Health
from engagements.records import (
    EngagementRecord,
    InsightType,
    NoteFinding,
    NoteRecord,
    TaskRecord,
    UsageRecord,
)

FactValue = int | float | str | date


class Certainty(enum.StrEnum):
    """Whether the source says it is so, or that it may be."""

    OBSERVED = "observed"
    POSSIBLE = "possible"


class Level(enum.StrEnum):
    """Exposure in words: severity x 4 x likelihood of 12 and more, 8, 4, and below."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The very words of a record. ``quote == text[start:end]`` of a note's content or a task's name."""

    source: str
    quote: str
    start: int
    end: int


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A number, date or word computed from the records, with the records it rests on.

    ``sentence`` says it for people ("3 tasks are overdue"); ``sources`` are task or note ids.
    """

    name: str
    value: FactValue
    sentence: str
    sources: tuple[str, ...] = ()


class RiskDetail(msgspec.Struct, frozen=True, kw_only=True):
    """What a risk claim adds: its type and weight. Exposure is ``severity * 4 * likelihood``."""

    category: str
    reason: str
    severity: int
    likelihood: float

    @property
    def exposure(self) -> float:
        return self.severity * 4 * self.likelihood


class ActionDetail(msgspec.Struct, frozen=True, kw_only=True):
    """What an action claim adds. ``rule`` names the playbook rule or ``stated`` (a note asks for it)."""

    why: str
    priority: str  # P1, P2 or P3
    owner_role: str
    due_on: date
    due_basis: str
    effort: str  # S, M or L
    done_when: str
    rule: str
    answers: str | None = None  # reason code of the risk it answers
    expected_points: float | None = None


class ThemeDetail(msgspec.Struct, frozen=True, kw_only=True):
    """What a theme claim adds: its label, the notes in it, and whether it is growing."""

    label: str
    notes: int
    trend: str  # rising, steady or fading
    first_on: date
    last_on: date


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of an insight and what it rests on: quotes of records, named facts, or both."""

    id: str
    text: str
    kind: str  # verdict, concern, progress, coverage, risk, theme or action
    certainty: Certainty = Certainty.OBSERVED
    severity: Level | None = None
    evidence: tuple[Evidence, ...] = ()
    facts: tuple[str, ...] = ()
    risk: RiskDetail | None = None
    action: ActionDetail | None = None
    theme: ThemeDetail | None = None


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one engagement as of a day: what a provider may use and nothing else."""

    engagement: EngagementRecord
    as_of: date
    tasks: tuple[TaskRecord, ...]
    notes: tuple[NoteRecord, ...]  # newest first; none after as_of
    usage: tuple[UsageRecord, ...]
    findings: tuple[NoteFinding, ...]
    health: Health
    facts: dict[str, Fact]

    def texts(self) -> dict[str, str]:
        """Record id to the text that evidence quotes: a note's content, a task's name."""
        return {t.task_id: t.name for t in self.tasks} | {n.note_id: n.content for n in self.notes}


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider answers, before it is verified."""

    kind: InsightType
    claims: tuple[Claim, ...]
    used: tuple[str, ...] = ()  # ids of the records it read
    left_out: tuple[str, ...] = ()  # sentences: what it does not cover, and why
    model: str = ""
    prompt_version: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """A claim that did not check: its id, a stable code and the detail."""

    claim_id: str
    code: str
    detail: str = ""
    text: str = ""


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What the verifier let through, with the record's own characters, and what it refused."""

    kept: tuple[Claim, ...]
    rejected: tuple[Rejection, ...] = ()

"""The status report of an engagement as plain values: what is printed, and what a link shows.

Only claims whose words still stand in the records are told; those left out are counted.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

import msgspec

from engagements.records import InsightType

SUMMARY = str(InsightType.HEALTH_SUMMARY)


class Quoted(msgspec.Struct, frozen=True, kw_only=True):
    """The very words of a record."""

    record: str
    quote: str


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A claim of an insight with what it rests on."""

    text: str
    is_verdict: bool = False
    level: str = ""
    is_possible: bool = False
    label: str = ""
    detail: str = ""  # of an action: priority, role, date and reason
    quotes: tuple[Quoted, ...] = ()
    facts: tuple[str, ...] = ()
    records: tuple[str, ...] = ()  # that the facts were counted from


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """An insight. ``left_out`` are sentences on what it does not cover."""

    title: str
    icon: str
    version: int
    made_at: datetime
    written_by: str
    is_stale: bool
    said: tuple[Said, ...]
    unsupported: int  # claims that the records no longer bear out
    left_out: tuple[str, ...] = ()
    kind: str = ""  # an InsightType

    @property
    def claims(self) -> tuple[Said, ...]:
        """All but the verdict, which stands at the head of the report."""
        return tuple(said for said in self.said if not said.is_verdict)

    def without(self, told: Collection[str]) -> Section:
        """The section less the claims that are told elsewhere in the same words."""
        said = tuple(one for one in self.said if one.text.rstrip(".") not in _bare(told))
        return msgspec.structs.replace(self, said=said)


def _bare(sentences: Collection[str]) -> set[str]:
    return {sentence.rstrip(".") for sentence in sentences}


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """A signal of health in words and points."""

    title: str
    sentence: str
    value: str
    full_at: str
    earned: float
    points: float
    lost: float
    records: tuple[str, ...] = ()


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """An open risk of the register."""

    title: str
    level: str
    status: str
    since: date
    owner: str = ""
    due: date | None = None
    quotes: tuple[Quoted, ...] = ()
    is_borne_out: bool = True  # the records still say what it was found in
    records: tuple[str, ...] = ()


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """An action that is proposed, taken on or lately done."""

    title: str
    why: str
    priority: str
    status: str
    due: date
    role: str = ""
    owner: str = ""
    is_done: bool = False
    records: tuple[str, ...] = ()


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A task or milestone with its state in words."""

    record: str
    name: str
    state: str
    shade: str
    is_milestone: bool
    due: date | None = None
    owner: str = ""


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """One of the last notes, cut where it is long."""

    record: str
    at: datetime
    content: str
    sentiment: str = ""
    by: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a status report tells, in its order."""

    engagement_id: str
    customer_name: str
    engagement_type: str
    as_of: date
    source: str
    loaded_at: datetime | None
    band: str
    score: int | None
    word: str
    change_7d: int | None
    change_28d: int | None
    verdict: tuple[str, ...]
    contradiction: str
    facts: tuple[tuple[str, str], ...]
    coverage: int  # percent of the weights that have data
    signals: tuple[Signal, ...]
    caps: tuple[str, ...]
    missing: tuple[str, ...]
    sections: tuple[Section, ...]
    not_made: tuple[str, ...]  # titles of insights that there are none of
    risks: tuple[Trouble, ...]
    actions: tuple[Step, ...]
    tasks: tuple[Item, ...]
    tasks_open: int
    tasks_done: int
    notes: tuple[Noted, ...]
    notes_total: int
    is_redacted: bool = False
    rules_version: int = 1  # of the scoring rules behind the score

    @property
    def summary(self) -> tuple[Section, ...]:
        """What goes before risks and actions: the summary, less what is told at its own place."""
        told = {self.contradiction, *(risk.title for risk in self.risks)}
        leading = (section for section in self.sections if section.kind == SUMMARY)
        lean = (section.without(told) for section in leading)
        return tuple(one for one in lean if one.claims or one.unsupported or one.is_stale)

    @property
    def details(self) -> tuple[Section, ...]:
        """What goes after risks and actions."""
        return tuple(section for section in self.sections if section.kind != SUMMARY)

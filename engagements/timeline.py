"""What happened in an engagement, newest first: notes, milestones, health, insights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    F,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat

from engagements.gathered import name_of
from engagements.models import Engagement
from engagements.records import TaskStatus

SIZE = 8
CUT = 480  # characters of a note in the list; its own address shows all of it
KINDS = {
    "all": "All",
    "notes": "Notes",
    "milestones": "Milestones",
    "health": "Health",
    "insights": "Insights",
}
COLUMNS = ("entry", "key", "happened", "who", "label", "words", "writer")
GLYPHS = {
    "notes": "message-square",
    "milestones": "flag",
    "health": "heart-pulse",
    "insights": "lightbulb",
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that happened. ``shade`` is the design's status word, or empty."""

    kind: str
    key: str
    at: datetime
    who: str
    label: str
    words: str
    writer: str = ""  # of a note that was written here, its author's user name
    is_cut: bool = False

    @property
    def glyph(self) -> str:
        return GLYPHS[self.kind]

    @property
    def is_done(self) -> bool:
        return self.label == TaskStatus.COMPLETED

    @property
    def is_better(self) -> bool:
        return self.label == "better"

    @property
    def is_by_rules(self) -> bool:
        """Whether other rules moved the score, and not the records."""
        return self.label == "rules"

    @property
    def anchor(self) -> str:
        """What a citation aims at: notes and insights here, milestones in the list of tasks."""
        return self.key if self.kind in ("notes", "insights") else ""


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """A page of entries, and whether there are earlier ones."""

    kind: str
    entries: Sequence[Entry]
    number: int
    has_earlier: bool


def timeline(
    engagement: Engagement, day: date, *, kind: str = "all", number: int = 1, at: str = ""
) -> Timeline:
    """A page of what happened up to ``day``; ``at`` names a record whose page is wanted instead."""
    chosen = kind if kind in KINDS and not at else "all"
    rows = _entries(engagement, day, chosen)
    if at:
        number = _page_with(rows, at)
    found = list(rows[(number - 1) * SIZE : number * SIZE + 1])
    return Timeline(
        kind=chosen,
        entries=[_entry(row, at) for row in found[:SIZE]],
        number=number,
        has_earlier=len(found) > SIZE,
    )


def _page_with(rows: QuerySet[Any, Any], key: str) -> int:
    keys = [row[1] for row in rows]
    return keys.index(key) // SIZE + 1 if key in keys else 1


def _entry(row: tuple[str, str, datetime, str, str, str, str], at: str) -> Entry:
    kind, key, happened, who, label, words, writer = row
    is_cut = len(words) > CUT and key != at
    return Entry(
        kind=kind,
        key=key,
        at=happened,
        who=who,
        label=label,
        words=words[:CUT].rsplit(" ", 1)[0] + " …" if is_cut else words,
        writer=writer,
        is_cut=is_cut,
    )


def _entries(engagement: Engagement, day: date, chosen: str) -> QuerySet[Any, Any]:
    """The entries of the chosen kinds as one statement, so that a page reads only its own rows."""
    parts = [
        rows.order_by().values_list(*COLUMNS)
        for kind, rows in _sources(engagement, day).items()
        if chosen in ("all", kind)
    ]
    first, *others = parts
    return (first.union(*others, all=True) if others else first).order_by("-happened", "-key")


def _sources(engagement: Engagement, day: date) -> dict[str, QuerySet[Any, Any]]:
    end = datetime.combine(day, time.max, tzinfo=UTC)
    over = Q(status=TaskStatus.COMPLETED) | Q(end_date__lt=day)
    return {
        "notes": engagement.notes.filter(created_at__lte=end).annotate(
            entry=Value("notes"),
            key=F("note_id"),
            happened=F("created_at"),
            who=name_of("author_id"),
            label=_text(F("sentiment")),
            words=F("content"),
            writer=_text(Case(When(written_here=True, then=F("author_id")))),
        ),
        "milestones": engagement.tasks.filter(over, is_milestone=True)
        .exclude(completed_at=None, end_date=None)
        .annotate(
            entry=Value("milestones"),
            key=F("task_id"),
            happened=Coalesce(F("completed_at"), Cast("end_date", DateTimeField())),
            who=name_of("owner_id"),
            label=F("status"),
            words=F("name"),
            writer=_text(Value("")),
        ),
        "health": engagement.events.filter(day__lte=day).annotate(
            entry=Value("health"),
            key=Concat(Value("H-"), Cast("pk", CharField())),
            happened=Cast("day", DateTimeField()),
            who=_text(Value("")),
            label=F("kind"),
            words=F("reason"),
            writer=_text(Value("")),
        ),
        # The insights' room hangs its rows on an engagement; here they are only counted as events.
        "insights": engagement.insights.filter(generated_at__lte=end).annotate(
            entry=Value("insights"),
            key=F("insight_id"),
            happened=F("generated_at"),
            who=F("provider"),
            label=F("insight_type"),
            words=F("content"),
            writer=_text(Value("")),
        ),
    }


def _text(value: Any) -> Coalesce:
    return Coalesce(value, Value(""), output_field=TextField())

"""What a briefing tells, as plain values: each statement with the address it rests on. Pure."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, TypeVar

from insights.briefing.weeks import Week

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Few(Generic[T]):
    """The weightiest of a kind, and how many there are in all."""

    total: int = 0
    shown: Sequence[T] = ()

    @property
    def more(self) -> int:
        return self.total - len(self.shown)

    def __bool__(self) -> bool:
        return self.total > 0


@dataclass(frozen=True, kw_only=True)
class Place:
    """The engagement a statement is about, and the address of what it rests on."""

    engagement_id: str
    customer: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """A statement of a briefing."""

    place: Place


@dataclass(frozen=True, kw_only=True)
class Step:
    """One event of health: its day and its sentence."""

    day: date
    sentence: str


class Way(enum.StrEnum):
    """Where an engagement's health went over the week, first to last."""

    WORSE = "worse"  # its band
    DROPPED = "dropped"  # within its band
    BETTER = "better"
    BACK = "back"  # it changed and came back


@dataclass(frozen=True, kw_only=True)
class Moved(Told):
    """An engagement whose band changed or whose score fell by ten points, over the whole week."""

    way: Way
    before: int | None
    after: int | None
    band_before: str
    band_after: str
    steps: tuple[Step, ...]
    reason: str = ""  # what costs most now; only of the newest week

    @property
    def points(self) -> int | None:
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, kw_only=True)
class FoundRisk(Told):
    """A high or critical risk that was found, came back or grew, with the words that say so."""

    key: int
    title: str
    level: str
    how: str  # New, Back or Worse
    day: date
    quote: str = ""  # only where the record still says it
    source: str = ""
    source_href: str = ""
    changed: bool = False  # the record no longer says what was quoted
    records: tuple[tuple[str, str], ...] = ()  # what was counted, with its address


@dataclass(frozen=True, kw_only=True)
class ResolvedRisk(Told):
    """A risk that is over, and by whom or what."""

    title: str
    level: str
    day: date
    resolution: str


@dataclass(frozen=True, kw_only=True)
class Milestone(Told):
    """A milestone that slipped (its date passed) or was met, ``done`` then being the day."""

    record: str
    name: str
    due: date | None
    done: date | None = None

    @property
    def late(self) -> int:
        """Days past its date when it was met; negative when early."""
        return (self.done - self.due).days if self.done and self.due else 0


@dataclass(frozen=True, kw_only=True)
class Disputed(Told):
    """An engagement whose report the records contradict since this week."""

    sentence: str


@dataclass(frozen=True, kw_only=True)
class Todo(Told):
    """An action: taken on or done this week, or due."""

    title: str
    owner: str
    due: date
    done: date | None = None
    late: bool = False


@dataclass(frozen=True, kw_only=True)
class Caveat:
    """What a reader should know of the data, and where to look."""

    sentence: str
    href: str = ""
    graver: bool = False


@dataclass(frozen=True, kw_only=True)
class Briefing:
    """A week of one person's engagements."""

    week: Week
    as_of: date
    scope: str
    open: int  # engagements in scope that are not completed
    source: str
    loaded_at: datetime | None
    worse: Few[Moved] = field(default_factory=Few)  # worse band, and drops within one
    better: Few[Moved] = field(default_factory=Few)
    back: Few[Moved] = field(default_factory=Few)
    dropped: int = 0  # of ``worse``, those that stayed in their band
    found: Few[FoundRisk] = field(default_factory=Few)
    resolved: Few[ResolvedRisk] = field(default_factory=Few)
    slipped: Few[Milestone] = field(default_factory=Few)
    met: Few[Milestone] = field(default_factory=Few)
    disputed: Few[Disputed] = field(default_factory=Few)
    disputes: int = 0  # that stand, new or not
    accepted: Few[Todo] = field(default_factory=Few)
    done: Few[Todo] = field(default_factory=Few)
    due: Few[Todo] = field(default_factory=Few)  # next week, and late ones
    due_next: int = 0  # of ``due``, those of next week
    caveats: tuple[Caveat, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing changed and nothing falls due. What is merely still late is no news."""
        news = (self.worse, self.better, self.back, self.found, self.resolved, self.slipped)
        more = (self.met, self.disputed, self.accepted, self.done)
        return not (any(news) or any(more) or self.due_next)

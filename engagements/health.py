"""Health of an engagement as of a day: a score with its reasons. Pure; see docs/health.md.

Skeleton: the vocabulary that others build on. ``assess`` follows.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import date

import msgspec

from engagements.records import EngagementRecord, NoteFinding, NoteRecord, TaskRecord, UsageRecord


class Band(enum.StrEnum):
    """The API's word for a score; the page says On track, Watch, Critical, Not scored."""

    HEALTHY = "healthy"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One reason of a score, as value / threshold / gap, with the records behind it.

    ``value`` is None where the data does not allow the signal; ``missing`` then says why.
    ``earned`` and ``lost`` are points of the 100 after re-weighting over the available signals,
    rounded so that ``sum(lost) == 100 - raw score``.
    """

    key: str
    weight: int
    value: float | None
    full_at: float
    zero_at: float
    share: float  # 0..1, s of the model
    earned: float
    lost: float
    sentence: str  # "Oldest overdue task: T-214, 12 days (full points at 0, none at 28)"
    records: tuple[str, ...] = ()
    missing: str | None = None


class Cap(msgspec.Struct, frozen=True, kw_only=True):
    """A ceiling on the score, always named in the explanation."""

    key: str
    ceiling: int
    sentence: str
    records: tuple[str, ...] = ()


class Lever(msgspec.Struct, frozen=True, kw_only=True):
    """The single thing that would bring back most points ("clear T-214: about +11")."""

    record: str | None
    points: int
    sentence: str


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict with its working. ``score`` is None when not scored; ``state`` then says why."""

    as_of: date
    score: int | None
    raw_score: int | None  # before caps
    band: Band
    state: str  # scored, low_confidence, unknown, not_started, on_hold, completed
    coverage: float  # available weight / 100
    signals: tuple[Signal, ...]
    caps: tuple[Cap, ...] = ()
    lever: Lever | None = None
    missing: tuple[str, ...] = ()
    contradiction: str | None = None  # sentence; both sides are shown


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a reading may look at. Rows after ``as_of`` may be present and never count."""

    engagement: EngagementRecord
    tasks: Sequence[TaskRecord]
    notes: Sequence[NoteRecord]
    findings: Sequence[NoteFinding]
    usage: Sequence[UsageRecord]
    as_of: date
    is_today: bool = True  # undated progress and status count for today alone


def assess(facts: Facts, *, previous: Band | None = None) -> Health:
    """The health of an engagement as of a day; ``previous`` is yesterday's band (hysteresis)."""
    raise NotImplementedError

"""The words and the numbers of health: what a reading is made of, and the rules that make it.

Every weight and threshold stands in :class:`Rules` and nowhere else, so that other weights can be
previewed by passing another instance to ``assess``. Pure; see docs/health.md.
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

    @property
    def words(self) -> str:
        """The band as the page says it."""
        return _WORDS[self]


_WORDS = {
    Band.HEALTHY: "On track",
    Band.WARNING: "Watch",
    Band.CRITICAL: "Critical",
    Band.UNKNOWN: "Not scored",
}


class State(enum.StrEnum):
    """Why there is a score, or none."""

    SCORED = "scored"
    LOW_CONFIDENCE = "low_confidence"
    UNKNOWN = "unknown"
    NOT_STARTED = "not_started"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One reason of a score, as value / threshold / gap, with the records behind it.

    ``value`` is None where the data does not allow the signal; ``missing`` then says why.
    ``earned`` and ``lost`` are whole points of the 100 after re-weighting over the available
    signals: ``sum(lost) == 100 - raw_score`` and ``sum(earned) == raw_score``.
    """

    key: str
    weight: int
    value: float | None
    full_at: float
    zero_at: float
    share: float  # 0..1, s of the model
    earned: float
    lost: float
    sentence: str  # "T-214 is 12 days past its date; full points at 0 days, none from 28."
    records: tuple[str, ...] = ()
    missing: str | None = None
    title: str = ""
    unit: str = ""  # of value, full_at, zero_at and gap
    gap: float | None = None  # how far value is from full points; 0 at full


class Cap(msgspec.Struct, frozen=True, kw_only=True):
    """A ceiling on the score, always named in the explanation."""

    key: str
    ceiling: int
    sentence: str
    records: tuple[str, ...] = ()


class Lever(msgspec.Struct, frozen=True, kw_only=True):
    """The single thing that would bring back most points ("Clear T-214: about +11").

    ``record`` is None where the lever is a conversation and not a record.
    """

    record: str | None
    points: int
    sentence: str


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict with its working. ``score`` is None when not scored; ``state`` then says why."""

    as_of: date
    score: int | None
    raw_score: int | None  # before caps
    band: Band
    state: str  # a value of State
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


class Scale(msgspec.Struct, frozen=True):
    """A signal's weight, and the values that earn all of it and none of it."""

    weight: int
    full_at: float
    zero_at: float

    def share(self, value: float) -> float:
        """The part of the weight that a value earns, 0 to 1."""
        share = (value - self.zero_at) / (self.full_at - self.zero_at)
        return 0.0 if share <= 0 else 1.0 if share >= 1 else share

    def gap(self, value: float) -> float:
        """How far a value is from full points, in its own unit; 0 at full."""
        return max(
            0.0, self.full_at - value if self.full_at > self.zero_at else value - self.full_at
        )


SIGNALS = ("schedule", "overdue", "flow", "blockers", "notes", "contact", "usage", "effort")


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The model's every weight and threshold. No signal may weigh more than a quarter."""

    schedule: Scale = Scale(24, full_at=0.95, zero_at=0.60)  # work done / time elapsed
    overdue: Scale = Scale(18, full_at=0, zero_at=28)  # days; milestones count double
    flow: Scale = Scale(12, full_at=10, zero_at=60)  # % of tasks under way
    blockers: Scale = Scale(14, full_at=0, zero_at=21)  # days
    notes: Scale = Scale(12, full_at=0.5, zero_at=4)  # severity x likelihood, fading
    contact: Scale = Scale(8, full_at=5, zero_at=21)  # days
    usage: Scale = Scale(6, full_at=0, zero_at=-60)  # % change of runs
    effort: Scale = Scale(6, full_at=5, zero_at=30)  # points of %

    healthy_from: int = 75
    warning_from: int = 50
    hysteresis: int = 3
    least_coverage: float = 0.5
    confident_coverage: float = 0.8

    least_elapsed: float = 0.10
    least_tasks: int = 3
    undated_task_days: int = 5  # the weight of a task whose duration nobody gave
    unstated_progress: int = 50  # % of a task under way that says no progress (the 50/50 rule)
    milestone_factor: int = 2
    note_window_days: int = 45
    note_half_life_days: float = 14
    usage_window_days: int = 14

    overrun_ceiling: int = 49
    critical_exposure: float = 12  # severity x 4 x likelihood
    old_blocker_days: int = 14
    old_blocker_ceiling: int = 74
    late_milestone_days: int = 14
    late_milestones: int = 2
    late_milestones_ceiling: int = 49

    fall_points: int = 10  # a fall of so many points is an event
    shown_records: int = 10  # so many record ids per signal at most

    def __post_init__(self) -> None:
        if any(scale.full_at == scale.zero_at for scale in self.scales):
            raise ValueError("A signal needs different values for full and for no points.")
        total = self.total_weight
        if any(scale.weight < 0 or scale.weight * 4 > total for scale in self.scales):
            raise ValueError("A signal weighs at least 0 and at most a quarter of all weights.")

    @property
    def scales(self) -> tuple[Scale, ...]:
        """The eight scales in the order of ``SIGNALS``."""
        return (
            self.schedule,
            self.overdue,
            self.flow,
            self.blockers,
            self.notes,
            self.contact,
            self.usage,
            self.effort,
        )

    @property
    def total_weight(self) -> int:
        return sum(scale.weight for scale in self.scales)


RULES = Rules()


def band_of(score: int | None, previous: Band | None = None, rules: Rules = RULES) -> Band:
    """The band of a score. A band is left only when its threshold is passed by the hysteresis."""
    if score is None:
        return Band.UNKNOWN
    if score >= rules.healthy_from + _shift(previous, (Band.HEALTHY,), rules):
        return Band.HEALTHY
    if score >= rules.warning_from + _shift(previous, (Band.HEALTHY, Band.WARNING), rules):
        return Band.WARNING
    return Band.CRITICAL


def _shift(previous: Band | None, above: tuple[Band, ...], rules: Rules) -> int:
    if previous is None or previous is Band.UNKNOWN:
        return 0
    return -rules.hysteresis if previous in above else rules.hysteresis

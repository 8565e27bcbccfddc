"""Time saved: an estimate from assumptions that are written down, never a measurement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engagements.records import InsightType
from insights.panel import TITLES

LEAST_USED = 20  # insights that were used; under this no figure is shown
SOURCE = "Assumption, not surveyed here"
SET_ON = "November 2026"
REVIEW_MINUTES = (1.0, 4.0)  # to read and check one insight
BASELINES: Mapping[InsightType, tuple[float, float]] = {
    # Minutes by hand, from the quickest to the slowest that is plausible.
    InsightType.HEALTH_SUMMARY: (5.0, 20.0),
    InsightType.RISK_DETECTION: (5.0, 15.0),
    InsightType.THEME_EXTRACTION: (5.0, 30.0),
    InsightType.ACTION_RECOMMENDATION: (3.0, 10.0),
}


@dataclass(frozen=True, kw_only=True)
class TypeLine:
    """Insights of one type that were used, and the minutes each may have saved."""

    title: str
    used: int
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class TimeSaved:
    """A range in hours over the insights that were used. It may be below zero."""

    used: int
    lines: list[TypeLine]

    @property
    def is_shown(self) -> bool:
        return self.used >= LEAST_USED

    @property
    def low_hours(self) -> float:
        """By hand as quick as plausible, and slow to review."""
        minutes = sum(line.used * (line.low - REVIEW_MINUTES[1]) for line in self.lines)
        return round(minutes / 60, 1)

    @property
    def high_hours(self) -> float:
        minutes = sum(line.used * (line.high - REVIEW_MINUTES[0]) for line in self.lines)
        return round(minutes / 60, 1)


def time_saved(used: Mapping[str, int]) -> TimeSaved:
    """From the number of used insights by type: sum of used x (baseline - review)."""
    lines = [
        TypeLine(title=TITLES[kind][0], used=used.get(str(kind), 0), low=low, high=high)
        for kind, (low, high) in BASELINES.items()
    ]
    return TimeSaved(used=sum(line.used for line in lines), lines=lines)

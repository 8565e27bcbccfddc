"""Lead time: from the first flag of an engagement to the day its reported status turned At Risk."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    DateField,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
)

from engagements.health import Band
from engagements.models import EngagementQuerySet, HealthReading, StatusTurn
from engagements.records import EngagementStatus
from engagements.visibility import of_these
from insights.models import Risk
from insights.schema import Level
from metrics.period import Period

LEAST_TURNED = 5  # flagged engagements; under this a median says more about chance
LOOK_BACK = timedelta(days=84)  # before the turn; as long as a new engagement's readings go back
FLAGGING = (Band.WARNING, Band.CRITICAL)
GRAVE = (Level.HIGH, Level.CRITICAL)


@dataclass(frozen=True, kw_only=True)
class LeadTime:
    """Days from the first flag to the turn, shortest first; below zero where people were first."""

    days: Sequence[int]
    unflagged: int  # turned, and neither health nor a risk has said so

    @property
    def turned(self) -> int:
        return len(self.days) + self.unflagged

    @property
    def is_shown(self) -> bool:
        return len(self.days) >= LEAST_TURNED

    @property
    def median(self) -> float | None:
        return statistics.median(self.days) if self.is_shown else None

    @property
    def shortest(self) -> int | None:
        return self.days[0] if self.is_shown else None

    @property
    def longest(self) -> int | None:
        return self.days[-1] if self.is_shown else None

    @property
    def earlier(self) -> int:
        """How many were flagged before their status turned."""
        return sum(days > 0 for days in self.days)

    @property
    def later(self) -> int:
        """How many were flagged on the day itself or after it."""
        return len(self.days) - self.earlier


def lead_time(period: Period, visible: EngagementQuerySet) -> LeadTime:
    """Of the turns of a period in what one may see; one query."""
    turns = of_these(visible, StatusTurn.objects.filter(after=EngagementStatus.AT_RISK))
    found = (
        turns.filter(day__gte=period.history_since)
        .annotate(since=ExpressionWrapper(F("day") - LOOK_BACK, output_field=DateField()))
        .annotate(
            read=_first(HealthReading.objects.filter(band__in=FLAGGING), "day"),
            found=_first(Risk.objects.filter(level__in=GRAVE), "first_seen_on"),
        )
        .values_list("day", "read", "found")
    )
    days = [_lead(day, flags) for day, *flags in found]
    return LeadTime(
        days=sorted(lead for lead in days if lead is not None), unflagged=days.count(None)
    )


def _first(rows: QuerySet[Any], day: str) -> Subquery:
    """The first of an engagement's rows from the look-back on."""
    theirs = rows.filter(engagement=OuterRef("engagement_id"), **{f"{day}__gte": OuterRef("since")})
    return Subquery(theirs.order_by(day).values(day)[:1])


def _lead(day: date, flags: Sequence[date | None]) -> int | None:
    known = [flag for flag in flags if flag is not None]
    return (day - min(known)).days if known else None

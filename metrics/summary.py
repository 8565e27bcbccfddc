"""Counts for a period: the portfolio, insights made, and use; imported history kept apart."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce
from msgspec import Struct

from connectors.as_of import portfolio_day
from engagements.models import Engagement
from engagements.records import EngagementStatus
from insights.models import Insight, InsightCount
from metrics.models import Activity, AiMetric
from metrics.period import midnight

UNKNOWN_ROLE = "Not stated"


class RoleTally(Struct, kw_only=True):
    """What a role generated, and the minutes it is estimated to have saved."""

    insights: int = 0
    time_saved: int = 0


class TrendPoint(Struct, kw_only=True):
    """Insights made on a day."""

    date: dt.date
    insights: int


class Measured(Struct, kw_only=True):
    """What this installation saw itself in the period."""

    insights_made: int
    fallbacks: int
    claims_checked: int
    claims_kept: int
    active_people: int
    insights_viewed: int
    evidence_opened: int
    actions_taken: int


class Summary(Struct, kw_only=True):
    """Counts of the portfolio and of use over a period.

    ``at_risk_engagements`` are those whose *reported* status is At Risk. Minutes saved are an
    estimate: imported ones are the source's own; none is made up for what was measured here.
    """

    total_engagements: int
    active_engagements: int
    at_risk_engagements: int
    total_insights_generated: int
    stored_insights: int
    estimated_time_saved_minutes: int
    estimated_time_saved_hours: float
    by_role: dict[str, RoleTally]
    daily_trend: list[TrendPoint]
    measured: Measured


@dataclass(frozen=True, kw_only=True)
class _Made:
    """Insights that are stored, those made here by day (UTC), and what was measured of them."""

    stored: int
    by_day: dict[dt.date, int]
    measured: Measured


def summarise(visible: QuerySet[Engagement], days: int) -> Summary:
    """The summary of the last ``days`` days up to the portfolio's day; eight queries at most.

    Of a part of the portfolio, what was imported or done cannot be told: it is not counted.
    """
    whole = not visible.query.has_filters()
    until = portfolio_day()
    since = until - dt.timedelta(days=days - 1)
    counts = dict(visible.order_by().values_list("status").annotate(number=Count("status")))
    imported = list(
        AiMetric.objects.filter(imported=True, date__range=(since, until)) if whole else ()
    )
    made = _made(since) if whole else _made_of(visible, since)
    roles = _by_role(imported, made.by_day)
    minutes = sum(tally.time_saved for tally in roles.values())
    return Summary(
        total_engagements=sum(counts.values()),
        active_engagements=sum(counts.get(status, 0) for status in Engagement.ACTIVE),
        at_risk_engagements=counts.get(EngagementStatus.AT_RISK, 0),
        total_insights_generated=sum(tally.insights for tally in roles.values()),
        stored_insights=made.stored,
        estimated_time_saved_minutes=minutes,
        estimated_time_saved_hours=round(minutes / 60, 1),
        by_role=roles,
        daily_trend=_trend(imported, made.by_day, since, until),
        measured=made.measured,
    )


def _made(since: dt.date) -> _Made:
    stored = _sum_of(InsightCount.objects.all(), "count")["count"]
    return _Made(stored=stored, by_day=_made_by_day(since), measured=_measured(since))


def _made_of(visible: QuerySet[Engagement], since: dt.date) -> _Made:
    """The same of some engagements, from their insights themselves, which are few."""
    theirs = Insight.objects.filter(engagement__in=visible)
    here = theirs.filter(imported=False, generated_at__gte=midnight(since))
    rows = list(here.values_list("generated_at", "fallback_reason", "verification"))
    return _Made(
        stored=theirs.count(),
        by_day=Counter(at.astimezone(dt.UTC).date() for at, _, _ in rows),
        measured=Measured(
            insights_made=len(rows),
            fallbacks=sum(1 for _, reason, _ in rows if reason),
            claims_checked=sum(int(told.get("checked") or 0) for _, _, told in rows),
            claims_kept=sum(int(told.get("kept") or 0) for _, _, told in rows),
            active_people=0,
            insights_viewed=0,
            evidence_opened=0,
            actions_taken=0,
        ),
    )


def _made_by_day(since: dt.date) -> dict[dt.date, int]:
    """Insights made here per day (UTC)."""
    rows = (
        InsightCount.objects.filter(imported=False, day__gte=since, count__gt=0)
        .order_by()
        .values_list("day")
        .annotate(made=Sum("count"))
    )
    return dict(rows)


def _by_role(imported: Iterable[AiMetric], made: dict[dt.date, int]) -> dict[str, RoleTally]:
    roles: defaultdict[str, RoleTally] = defaultdict(RoleTally)
    for row in imported:
        roles[row.role].insights += row.insights_generated
        roles[row.role].time_saved += row.estimated_time_saved_minutes or 0
    if total := sum(made.values()):
        roles[UNKNOWN_ROLE].insights += total
    return dict(sorted(roles.items()))


def _trend(
    imported: Iterable[AiMetric], made: dict[dt.date, int], since: dt.date, until: dt.date
) -> list[TrendPoint]:
    per_day = Counter(made)
    for row in imported:
        per_day[row.date] += row.insights_generated
    days = (since + dt.timedelta(days=n) for n in range((until - since).days + 1))
    return [TrendPoint(date=day, insights=per_day[day]) for day in days]


def _sum_of(counts: QuerySet[InsightCount], *names: str) -> dict[str, int]:
    """The sums of these columns; 0 where there is none."""
    sums = counts.aggregate(**{f"all_{name}": Coalesce(Sum(name), 0) for name in names})
    return {name: sums[f"all_{name}"] for name in names}


def _measured(since: dt.date) -> Measured:
    here = InsightCount.objects.filter(imported=False, day__gte=since)
    made = _sum_of(here, "count", "fallbacks", "checked", "kept")
    acts = Activity.objects.filter(day__gte=since)
    kinds = dict(acts.values_list("kind").annotate(n=Count("pk")).order_by())
    return Measured(
        insights_made=made["count"],
        fallbacks=made["fallbacks"],
        claims_checked=made["checked"],
        claims_kept=made["kept"],
        active_people=acts.aggregate(n=Count("user", distinct=True))["n"],
        insights_viewed=kinds.get(Activity.Kind.INSIGHT_VIEWED, 0),
        evidence_opened=kinds.get(Activity.Kind.EVIDENCE_OPENED, 0),
        actions_taken=kinds.get(Activity.Kind.ACTION_TAKEN, 0),
    )

"""Counts for a period: the portfolio, insights made, and use; imported history kept apart."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from msgspec import Struct

from connectors.as_of import portfolio_day
from engagements.models import Engagement
from engagements.records import EngagementStatus
from insights.models import InsightCount
from metrics.models import Activity, AiMetric

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


def summarise(visible: QuerySet[Engagement], days: int) -> Summary:
    """The summary of the last ``days`` days up to the portfolio's day; eight queries at most."""
    until = portfolio_day()
    since = until - dt.timedelta(days=days - 1)
    counts = visible.aggregate(
        total=Count("engagement_id"),
        active=Count("engagement_id", filter=Q(status__in=Engagement.ACTIVE)),
        at_risk=Count("engagement_id", filter=Q(status=EngagementStatus.AT_RISK)),
    )
    imported = list(AiMetric.objects.filter(imported=True, date__range=(since, until)))
    made = _made_by_day(since)
    roles = _by_role(imported, made)
    minutes = sum(tally.time_saved for tally in roles.values())
    return Summary(
        total_engagements=counts["total"],
        active_engagements=counts["active"],
        at_risk_engagements=counts["at_risk"],
        total_insights_generated=sum(tally.insights for tally in roles.values()),
        stored_insights=_sum_of(InsightCount.objects.all(), "count")["count"],
        estimated_time_saved_minutes=minutes,
        estimated_time_saved_hours=round(minutes / 60, 1),
        by_role=roles,
        daily_trend=_trend(imported, made, since, until),
        measured=_measured(since),
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

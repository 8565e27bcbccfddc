"""Reading addresses: health of the service, the dashboard, engagements, metrics."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, F, Q
from django.db.models.expressions import OrderBy
from django.http import HttpRequest
from django.utils import timezone

from connectors import freshness
from connectors.as_of import portfolio_day
from engagements import rows
from engagements.models import Engagement, EngagementQuerySet, Standing
from engagements.visibility import of_these
from insights.models import Insight
from metrics.summary import Summary, summarise
from psinsights.api.endpoint import Answer, endpoint
from psinsights.api.paging import page_headers
from psinsights.api.problems import not_found
from psinsights.api.schemas import (
    DashboardAnswer,
    Distribution,
    EngagementDetail,
    EngagementOut,
    EngagementQuery,
    Freshness,
    HealthAnswer,
    MetricsQuery,
    NoQuery,
)
from psinsights.api.shaping import (
    engagement_columns,
    engagement_out,
    health_detail,
    insights_out,
)

DASHBOARD_ROWS, RECENT = 50, 5
PAGED = {
    "X-Total-Count": "How many there are in all.",
    "Link": "RFC 8288: first, prev, next, last.",
}
SORTS = {"health": "standing__health", "delta_28d": "standing__delta_28d"}


@endpoint(
    path="/api/health",
    method="GET",
    summary="Whether the service works. Never calls a model.",
    answer=HealthAnswer,
    public=True,
    query=NoQuery,
    statuses=[HTTPStatus.SERVICE_UNAVAILABLE],
)
def health(request: HttpRequest, query: NoQuery) -> Answer:
    data = _freshness()
    answer = HealthAnswer(
        status="ok" if data else "degraded",
        timestamp=timezone.now(),
        ai_connected=bool(data) and _provider_answers(),
        data_mode=settings.DATA_MODE,  # type: ignore[arg-type]  # checked when read
        version=settings.VERSION,
        provider=settings.AI_PROVIDER,
        data=data,
    )
    status = HTTPStatus.OK if data else HTTPStatus.SERVICE_UNAVAILABLE
    return Answer(body=answer, status=status)


def _freshness() -> Freshness | None:
    """Age of the data; None when the database is gone."""
    try:
        glance = freshness.glance()
        return Freshness(
            source=glance.source,
            loaded_at=glance.loaded_at,
            stale=glance.stale,
            as_of=portfolio_day(),
        )
    except DatabaseError:
        connection.close()
        return None


def _provider_answers() -> bool:
    """The embedded engine always does; a model is judged by the last call that was made anyway."""
    if settings.AI_PROVIDER == "embedded":
        return True
    last = (
        Insight.objects.exclude(provider="", fallback_reason="").order_by("-generated_at").first()
    )
    return last is None or not last.fallback_reason


@endpoint(
    path="/api/dashboard",
    method="GET",
    summary="The portfolio today, worst health first.",
    answer=DashboardAnswer,
    query=NoQuery,
)
def dashboard(request: HttpRequest, query: NoQuery) -> DashboardAnswer:
    visible = Engagement.objects.visible_to(request.user)
    worst = visible.for_sorted_list().order_by(
        F("standing__health").asc(nulls_last=True), "engagement_id"
    )[:DASHBOARD_ROWS]
    distribution = distribution_of(visible)
    recent = (
        Insight.objects.visible_to(request.user).with_staleness().order_by("-generated_at")[:RECENT]
    )
    return DashboardAnswer(
        engagements=[engagement_out(row) for row in worst],
        engagements_total=sum(
            getattr(distribution, band) for band in distribution.__struct_fields__
        ),
        health_distribution=distribution,
        metrics=summarise(visible, 30),
        recent_insights=insights_out(recent),
    )


def distribution_of(visible: EngagementQuerySet) -> Distribution:
    """Engagements per band; one that was not read yet is unknown, never critical."""
    # By the bands' own index, and not by way of ten thousand engagements.
    standings = of_these(visible, Standing.objects.order_by())
    counts = dict(standings.values_list("band").annotate(number=Count("band")))
    known = {band: counts.get(band, 0) for band in ("healthy", "warning", "critical")}
    return Distribution(**known, unknown=visible.count() - sum(known.values()))


@endpoint(
    path="/api/engagements",
    method="GET",
    summary="Engagements, filtered, sorted and paged.",
    answer=list[EngagementOut],
    query=EngagementQuery,
    headers=PAGED,
)
def engagements(request: HttpRequest, query: EngagementQuery) -> Answer:
    found = filtered(Engagement.objects.visible_to(request.user), query)
    total = found.count()
    page = found.for_sorted_list().order_by(*order_of(query.sort))
    body = [engagement_out(row) for row in page[query.offset : query.offset + query.limit]]
    return Answer(body=body, headers=page_headers(request, total, query.limit, query.offset))


def filtered(visible: EngagementQuerySet, query: EngagementQuery) -> EngagementQuerySet:
    if query.status:
        visible = visible.filter(status=query.status)
    if query.health:
        visible = visible.filter(_in_band(query.health))
    if query.owner:
        visible = visible.filter(Q(owner_id=query.owner) | Q(owner_name__iexact=query.owner))
    if query.type:
        visible = visible.filter(engagement_type__iexact=query.type)
    if query.q.strip():
        visible = visible.matching(query.q)
    return visible


def _in_band(band: str) -> Q:
    return Q(standing__band=band) | (Q(standing=None) if band == "unknown" else Q())


def order_of(sort: str) -> list[str | OrderBy]:
    """The order by a column; rows without a value come last, ties by id."""
    name = sort.removeprefix("-")
    column = F(SORTS.get(name, name))
    down = sort.startswith("-")
    first = column.desc(nulls_last=True) if down else column.asc(nulls_last=True)
    return [first, "engagement_id"]


@endpoint(
    path="/api/engagements/{engagement_id}",
    method="GET",
    summary="An engagement with tasks, notes, usage, health and insights.",
    answer=EngagementDetail,
    query=NoQuery,
    statuses=[HTTPStatus.NOT_FOUND],
)
def engagement(request: HttpRequest, engagement_id: str, query: NoQuery) -> EngagementDetail:
    row = Engagement.objects.visible_to(request.user).for_list().filter(pk=engagement_id).first()
    if row is None:
        raise not_found(f"No engagement {engagement_id[:80]}.")
    insights = Insight.objects.current().filter(engagement=row).with_staleness()
    return EngagementDetail(
        **engagement_columns(row),
        health=health_detail(row),
        tasks=rows.tasks_of(engagement_id),
        notes=rows.notes_of(engagement_id, until=date.max),
        usage=rows.usage_of(engagement_id, until=date.max),
        insights=insights_out(insights.order_by("insight_type")),
    )


@endpoint(
    path="/api/metrics",
    method="GET",
    summary="Counts of the portfolio, of insights and of use.",
    answer=Summary,
    query=MetricsQuery,
)
def metrics(request: HttpRequest, query: MetricsQuery) -> Summary:
    return summarise(Engagement.objects.visible_to(request.user), query.days)

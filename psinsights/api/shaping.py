"""Rows to answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engagements import rows
from engagements.health import Health
from engagements.models import Engagement, Standing
from engagements.records import EngagementRecord, InsightType, TeamMember
from insights.dossier import stored_health
from insights.models import Generation, Insight
from insights.schema import Claim
from psinsights.api.schemas import (
    EngagementOut,
    GenerateAnswer,
    HealthDetail,
    InsightOut,
    RunAnswer,
)
from psinsights.lib.typed import convert


def engagement_columns(row: Engagement) -> dict[str, Any]:
    """The columns of ``ps_engagements`` and the computed band, delta and reason."""
    standing: Standing | None = getattr(row, "standing", None)
    columns = {name: getattr(row, name) for name in rows.COLUMNS[EngagementRecord]}
    members = convert(row.team_members or [], list[TeamMember], strict=False)
    return columns | {
        "team_members": members,
        "health_band": standing.band if standing else "unknown",
        "health_delta_28d": standing.delta_28d if standing else None,
        "health_state": standing.state if standing else "unknown",
        "health_reason": standing.reason if standing else "",
    }


def engagement_out(row: Engagement) -> EngagementOut:
    standing: Standing | None = getattr(row, "standing", None)
    return EngagementOut(**engagement_columns(row), health=standing.health if standing else None)


def health_detail(row: Engagement) -> HealthDetail:
    """The working of today's score, as it is stored; "unknown" where nothing was read yet."""
    standing: Standing | None = getattr(row, "standing", None)
    health = stored_health(row.engagement_id, standing.as_of) if standing else None
    if health is None:
        return HealthDetail(
            score=None, band="unknown", state="unknown", coverage=0, as_of=None,
            signals=[], caps=[], lever=None, missing=[], contradiction=None,
            rules_version=None,
        )  # fmt: skip
    return _detail(health, standing.rules_version if standing else None)


def _detail(health: Health, rules_version: int | None) -> HealthDetail:
    return HealthDetail(
        score=health.score,
        band=str(health.band),  # type: ignore[arg-type]  # the same four words
        state=health.state,
        coverage=health.coverage,
        as_of=health.as_of,
        signals=list(health.signals),
        caps=list(health.caps),
        lever=health.lever,
        missing=list(health.missing),
        contradiction=health.contradiction,
        rules_version=rules_version,
    )


def insight_out(row: Insight) -> InsightOut:
    """An insight; needs ``with_staleness``."""
    return InsightOut(
        insight_id=row.insight_id,
        engagement_id=row.engagement_id,
        customer_name=row.customer_name,
        insight_type=InsightType(row.insight_type),
        content=row.content,
        generated_at=row.generated_at,
        provider=row.provider,
        model=row.model,
        prompt_version=row.prompt_version,
        fallback_reason=row.fallback_reason,
        stale=bool(getattr(row, "stale", False)),
        left_out=list(row.payload.get("left_out", [])),
        claims=claims_of(row),
        version=row.version,
        current=row.is_current,
    )


def insights_out(found: Iterable[Insight]) -> list[InsightOut]:
    return [insight_out(row) for row in found]


def claims_of(row: Insight) -> list[Claim]:
    return convert(row.payload.get("claims", []), list[Claim], strict=False)


def generate_answer(run: Generation) -> GenerateAnswer:
    """What came of a settled run."""
    insight = run.insight
    kind = InsightType(run.insight_type)
    if insight is None:
        return GenerateAnswer(
            success=False,
            insight_id=None,
            insight_type=kind,
            content=None,
            error=run.error or "It was cancelled.",
            generated_at=None,
        )
    return GenerateAnswer(
        success=True,
        insight_id=insight.insight_id,
        insight_type=kind,
        content=insight.content,
        error=None,
        generated_at=insight.generated_at,
        provider=insight.provider,
        model=insight.model,
        fallback_reason=insight.fallback_reason,
        left_out=list(insight.payload.get("left_out", [])),
        claims=claims_of(insight),
    )


def run_answer(run: Generation) -> RunAnswer:
    return RunAnswer(
        run_id=run.pk,
        state=run.state,
        step=run.step,
        engagement_id=run.engagement_id,
        insight_type=InsightType(run.insight_type),
        insight_id=run.insight.insight_id if run.insight else None,
        error=run.error or None,
    )

"""The shapes of the API: what it takes and what it answers. docs/api.md is for people."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from engagements.records import (
    EngagementStatus,
    InsightType,
    NoteRecord,
    TaskRecord,
    TeamMember,
    UsageRecord,
)
from insights.schema import Claim, Level
from metrics.summary import Summary

Limit = Annotated[int, Meta(ge=1, le=200, description="How many, at most.")]
Offset = Annotated[int, Meta(ge=0, le=1_000_000_000, description="How many to skip.")]
ShortText = Annotated[str, Meta(min_length=1, max_length=200)]
BandWord = Literal["healthy", "warning", "critical", "unknown"]
ProviderName = Literal["embedded", "huggingface"]
Sort = Literal[
    "health", "-health", "customer_name", "-customer_name", "end_date", "-end_date",
    "start_date", "-start_date", "status", "-status", "engagement_id", "-engagement_id",
    "delta_28d", "-delta_28d",
]  # fmt: skip


class NoQuery(Struct):
    """An address without parameters."""


class EngagementQuery(Struct, kw_only=True):
    """Filters of the list. All of them narrow."""

    status: EngagementStatus | None = None
    health: BandWord | None = None
    owner: Annotated[str, Meta(max_length=300, description="Owner's id or name.")] | None = None
    type: Annotated[str, Meta(max_length=200, description="Engagement type.")] | None = None
    q: Annotated[str, Meta(max_length=60_000, description="In customer, id, type or owner.")] = ""
    sort: Sort = "health"
    limit: Limit = 50
    offset: Offset = 0


class InsightQuery(Struct, kw_only=True):
    """Filters of the feed."""

    engagement_id: ShortText | None = None
    insight_type: InsightType | None = None
    provider: ProviderName | None = None
    severity: Level | None = None
    limit: Limit = 50
    offset: Offset = 0


class MetricsQuery(Struct, kw_only=True):
    """How far back."""

    days: Annotated[int, Meta(ge=1, le=365)] = 30


class GenerateBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """A wish for an insight."""

    engagement_id: ShortText
    insight_type: InsightType = InsightType.HEALTH_SUMMARY
    provider: ProviderName | None = None


class RegenerateBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """A wish for new sample data."""

    engagements: Annotated[int, Meta(ge=1, le=10_000)] = 60
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 7


class Freshness(Struct, kw_only=True):
    """How old the data is."""

    source: str
    loaded_at: dt.datetime | None
    stale: bool
    as_of: dt.date | None


class HealthAnswer(Struct, kw_only=True):
    """Whether the service works."""

    status: Literal["ok", "degraded"]
    timestamp: dt.datetime
    ai_connected: bool
    data_mode: Literal["local", "databricks"]
    version: str
    provider: str
    data: Freshness | None


class EngagementColumns(Struct, kw_only=True):
    """An engagement as its source has it."""

    engagement_id: str
    customer_name: str
    engagement_type: str | None
    start_date: dt.date | None
    end_date: dt.date | None
    status: str
    health_score: int | None
    owner_id: str | None
    owner_name: str | None
    team_members: list[TeamMember]
    contract_value: float | None
    created_at: dt.datetime | None
    updated_at: dt.datetime | None
    industry: str | None
    region: str | None
    planned_hours: float | None
    consumed_hours: float | None


class EngagementOut(EngagementColumns, kw_only=True):
    """An engagement as its source has it, and its computed health."""

    health: int | None
    health_band: BandWord
    health_delta_28d: int | None
    health_state: str
    health_reason: str


class InsightOut(Struct, kw_only=True):
    """A stored insight with its verified claims."""

    insight_id: str
    engagement_id: str
    customer_name: str
    insight_type: InsightType
    content: str
    generated_at: dt.datetime
    provider: str
    model: str
    prompt_version: str
    fallback_reason: str
    stale: bool
    left_out: list[str]
    claims: list[Claim]
    version: int
    current: bool


class HealthDetail(Struct, kw_only=True):
    """The score with its working."""

    score: int | None
    band: BandWord
    state: str
    coverage: float
    as_of: dt.date | None
    signals: list[Any]
    caps: list[Any]
    lever: Any | None
    missing: list[str]
    contradiction: str | None
    rules_version: int | None  # of the scoring rules behind it


class EngagementDetail(EngagementColumns, kw_only=True):
    """An engagement with everything that belongs to it."""

    health: HealthDetail
    health_band: BandWord
    health_delta_28d: int | None
    health_state: str
    health_reason: str
    tasks: list[TaskRecord]
    notes: list[NoteRecord]
    usage: list[UsageRecord]
    insights: list[InsightOut]


class Distribution(Struct, kw_only=True):
    """How many engagements stand in each band."""

    healthy: int = 0
    warning: int = 0
    critical: int = 0
    unknown: int = 0


class DashboardAnswer(Struct, kw_only=True):
    """The portfolio today: worst health first."""

    engagements: list[EngagementOut]
    engagements_total: int
    health_distribution: Distribution
    metrics: Summary
    recent_insights: list[InsightOut]


class GenerateAnswer(Struct, kw_only=True):
    """The insight that was asked for."""

    success: bool
    insight_id: str | None
    insight_type: InsightType
    content: str | None
    error: str | None
    generated_at: dt.datetime | None
    provider: str | None = None
    model: str | None = None
    fallback_reason: str | None = None
    left_out: list[str] = msgspec.field(default_factory=list)
    claims: list[Claim] = msgspec.field(default_factory=list)


class RunAnswer(Struct, kw_only=True):
    """A generation under way or over."""

    run_id: int
    state: str
    step: str
    engagement_id: str
    insight_type: InsightType
    insight_id: str | None
    error: str | None


class RegenerateAnswer(Struct, kw_only=True):
    """What was made."""

    success: bool
    message: str
    counts: dict[str, Any]

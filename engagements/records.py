"""The seven tables as pure records: what a row of a source means once it has been checked.

No Django here: the notebooks import this module on a cluster. A row is a plain ``dict`` as a JSON
file or a Delta table gives it; :func:`parse` turns it into a frozen record or says, field by field,
what is wrong. Column names are those of the source and are never renamed.
"""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

# What a column may hold at most: the same bounds as the tables here, so that a row which parses
# also fits. Numbers are finite because they are bounded.
Id = Annotated[str, Meta(min_length=1, max_length=200)]
Word = Annotated[str, Meta(max_length=100)]
Words = Annotated[str, Meta(max_length=200)]
Name = Annotated[str, Meta(min_length=1, max_length=300)]
Title = Annotated[str, Meta(min_length=1, max_length=1000)]
Text = Annotated[str, Meta(min_length=1)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Amount = Annotated[float, Meta(ge=0, le=1e15)]


class EngagementStatus(enum.StrEnum):
    """Where people say an engagement stands."""

    NOT_STARTED = "Not Started"
    ACTIVE = "Active"
    AT_RISK = "At Risk"
    ON_HOLD = "On Hold"
    COMPLETED = "Completed"


class TaskStatus(enum.StrEnum):
    """Where people say a task stands."""

    NOT_STARTED = "Not Started"
    IN_PROGRESS = "In Progress"
    BLOCKED = "Blocked"
    COMPLETED = "Completed"


class Sentiment(enum.StrEnum):
    """What a person said of a note; never overwritten by what is computed."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    RISK = "risk"


class InsightType(enum.StrEnum):
    """The four kinds of insight."""

    HEALTH_SUMMARY = "health_summary"
    RISK_DETECTION = "risk_detection"
    THEME_EXTRACTION = "theme_extraction"
    ACTION_RECOMMENDATION = "action_recommendation"


class Phase(enum.StrEnum):
    """The phases a plan usually has, in their order. Sources may use other words: a phase is text."""

    DISCOVERY = "Discovery"
    SETUP = "Setup"
    DESIGN = "Design"
    BUILD = "Build"
    TEST = "Test"
    OPTIMIZE = "Optimize"
    CLOSE = "Close"


class TeamMember(msgspec.Struct, frozen=True, kw_only=True):
    """A person of the delivery team, as ``team_members`` lists them."""

    id: Id
    name: Name
    role: Words = ""


class EngagementRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ps_engagements``. ``health_score`` is what people reported, 0-100 or null."""

    engagement_id: Id
    customer_name: Name
    status: EngagementStatus
    engagement_type: Words | None = None
    start_date: date | None = None
    end_date: date | None = None
    health_score: Percent | None = None
    owner_id: Id | None = None
    owner_name: Name | None = None
    team_members: tuple[TeamMember, ...] = ()
    contract_value: Amount | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    industry: Words | None = None
    region: Words | None = None
    planned_hours: Amount | None = None
    consumed_hours: Amount | None = None


class TaskRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ps_tasks``. ``baseline_end_date`` is the date first promised."""

    task_id: Id
    engagement_id: Id
    name: Title
    status: TaskStatus
    phase: Word | None = None
    owner_id: Id | None = None
    start_date: date | None = None
    end_date: date | None = None
    progress_percent: Percent | None = None
    is_milestone: bool | None = None
    completed_at: datetime | None = None
    updated_at: datetime | None = None
    baseline_end_date: date | None = None


class NoteRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ps_delivery_notes``."""

    note_id: Id
    engagement_id: Id
    created_at: datetime
    content: Text
    author_id: Id | None = None
    sentiment: Sentiment | None = None
    updated_at: datetime | None = None


class UsageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ps_notebook_usage``: runs of one notebook by one person on one day."""

    usage_id: Id
    engagement_id: Id
    notebook_name: Annotated[str, Meta(min_length=1, max_length=500)]
    execution_date: date
    user_id: Id | None = None
    execution_count: Count | None = None
    compute_hours: Amount | None = None


class InsightRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ps_ai_insights``. ``payload`` and ``verification`` are JSON text."""

    insight_id: Id
    engagement_id: Id
    insight_type: InsightType
    content: Text
    generated_at: datetime
    customer_name: Name | None = None
    provider: Annotated[str, Meta(max_length=40)] | None = None
    model: Words | None = None
    prompt_version: Annotated[str, Meta(max_length=60)] | None = None
    input_fingerprint: Annotated[str, Meta(max_length=64)] | None = None
    payload: str | None = None
    verification: str | None = None
    latency_ms: Count | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    requested_by: Annotated[str, Meta(max_length=150)] | None = None
    updated_at: datetime | None = None


class AiMetricRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ps_ai_metrics``: insights made for a role on a day."""

    metric_id: Id
    date: date
    role: Annotated[str, Meta(min_length=1, max_length=100)]
    insight_type: InsightType
    insights_generated: Count
    estimated_time_saved_minutes: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)] | None = None
    user_rating: Annotated[int, Meta(ge=1, le=5)] | None = None


class AdoptionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ps_adoption_metrics``: use of the product by a role on a day."""

    date: date
    role: Annotated[str, Meta(min_length=1, max_length=100)]
    unique_users: Count | None = None
    total_sessions: Count | None = None
    total_insights_viewed: Count | None = None
    total_actions_taken: Count | None = None
    avg_session_duration_minutes: Amount | None = None


Record = TypeVar("Record", bound=msgspec.Struct)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a row cannot be taken: the field, a stable reason code and a sentence for people."""

    field: str
    reason: str
    message: str


class FindingStatus(enum.StrEnum):
    """What a note says of a problem: it is there, it may come, it is not, or it is over."""

    OPEN = "open"
    POTENTIAL = "potential"
    NEGATED = "negated"
    RESOLVED = "resolved"


class NoteFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A problem that a note speaks of, with the words that say so.

    ``quote == content[start:end]`` of the note. ``severity`` is 1 (nuisance) to 4 (go-live or the
    contract); ``likelihood`` is .25, .5, .75 or 1 (it has happened). ``resolved_*`` names the later
    note that says the problem is over. ``reason`` is a reason code of ``docs/insights.md``.
    """

    note_id: str
    noted_on: date
    category: str
    reason: str
    severity: int
    likelihood: float
    status: FindingStatus
    is_blocker: bool
    quote: str
    start: int
    end: int
    resolved_on: date | None = None
    resolved_by: str | None = None
    resolved_quote: str | None = None
    resolved_start: int | None = None
    resolved_end: int | None = None

"""The seven tables as pure records: what a row of a source means once it has been checked.

No Django here: the notebooks import this module on a cluster. A row is a plain ``dict`` as a JSON
file or a Delta table gives it; :func:`parse` turns it into a frozen record or says, field by field,
what is wrong. Column names are those of the source and are never renamed.
"""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import TypeVar

import msgspec


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

    id: str
    name: str
    role: str = ""


class EngagementRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ps_engagements``. ``health_score`` is what people reported, 0-100 or null."""

    engagement_id: str
    customer_name: str
    status: EngagementStatus
    engagement_type: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    health_score: int | None = None
    owner_id: str | None = None
    owner_name: str | None = None
    team_members: tuple[TeamMember, ...] = ()
    contract_value: float | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    industry: str | None = None
    region: str | None = None
    planned_hours: float | None = None
    consumed_hours: float | None = None


class TaskRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ps_tasks``. ``baseline_end_date`` is the date first promised."""

    task_id: str
    engagement_id: str
    name: str
    status: TaskStatus
    phase: str | None = None
    owner_id: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    progress_percent: int | None = None
    is_milestone: bool | None = None
    completed_at: datetime | None = None
    updated_at: datetime | None = None
    baseline_end_date: date | None = None


class NoteRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ps_delivery_notes``."""

    note_id: str
    engagement_id: str
    created_at: datetime
    content: str
    author_id: str | None = None
    sentiment: Sentiment | None = None
    updated_at: datetime | None = None


class UsageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ps_notebook_usage``: runs of one notebook by one person on one day."""

    usage_id: str
    engagement_id: str
    notebook_name: str
    execution_date: date
    user_id: str | None = None
    execution_count: int | None = None
    compute_hours: float | None = None


class InsightRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ps_ai_insights``. ``payload`` and ``verification`` are JSON text."""

    insight_id: str
    engagement_id: str
    insight_type: InsightType
    content: str
    generated_at: datetime
    customer_name: str | None = None
    provider: str | None = None
    model: str | None = None
    prompt_version: str | None = None
    input_fingerprint: str | None = None
    payload: str | None = None
    verification: str | None = None
    latency_ms: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    requested_by: str | None = None
    updated_at: datetime | None = None


class AiMetricRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ps_ai_metrics``: insights made for a role on a day."""

    metric_id: str
    date: date
    role: str
    insight_type: InsightType
    insights_generated: int
    estimated_time_saved_minutes: int | None = None
    user_rating: int | None = None


class AdoptionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ps_adoption_metrics``: use of the product by a role on a day."""

    date: date
    role: str
    unique_users: int | None = None
    total_sessions: int | None = None
    total_insights_viewed: int | None = None
    total_actions_taken: int | None = None
    avg_session_duration_minutes: float | None = None


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

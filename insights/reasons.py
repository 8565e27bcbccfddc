"""The reason codes of risks, their categories, and exposure in words (docs/insights.md)."""

from __future__ import annotations

from insights.schema import Level

REASONS: dict[str, tuple[str, ...]] = {
    "schedule": ("overdue_task", "milestone_slip", "date_moved", "low_velocity"),
    "dependency_access": ("waiting_customer", "waiting_vendor", "access_missing", "env_not_ready"),
    "scope": ("scope_creep", "unclear_requirement", "change_request"),
    "resourcing": ("key_person", "capacity_conflict", "handover_gap"),
    "technical_data": ("data_quality", "performance", "integration", "failed_runs"),
    "stakeholder": ("sponsor_absent", "low_engagement", "sentiment_drop", "escalation"),
    "adoption": ("usage_drop", "no_champion", "training_gap"),
    "commercial": ("budget_overrun", "renewal_risk", "payment_dispute"),
    "governance_security": ("compliance", "approval_pending", "sec_review"),
}
CATEGORY_OF = {reason: category for category, reasons in REASONS.items() for reason in reasons}
CRITICAL_FROM, HIGH_FROM, MEDIUM_FROM = 12, 8, 4


def level_of(exposure: float) -> Level:
    """Exposure (severity x 4 x likelihood) in words."""
    if exposure >= CRITICAL_FROM:
        return Level.CRITICAL
    if exposure >= HIGH_FROM:
        return Level.HIGH
    return Level.MEDIUM if exposure >= MEDIUM_FROM else Level.LOW

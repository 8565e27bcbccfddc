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


WORDS: dict[str, str] = {
    "overdue_task": "Overdue work",
    "milestone_slip": "Milestone slipping",
    "date_moved": "Date moved",
    "low_velocity": "Work slower than planned",
    "waiting_customer": "Waiting on the customer",
    "waiting_vendor": "Waiting on a vendor",
    "access_missing": "Access missing",
    "env_not_ready": "Environment not ready",
    "scope_creep": "Scope growing",
    "unclear_requirement": "Requirement unclear",
    "change_request": "Change request open",
    "key_person": "Dependent on one person",
    "capacity_conflict": "Too little capacity",
    "handover_gap": "Handover gap",
    "data_quality": "Data quality problem",
    "performance": "Performance problem",
    "integration": "Integration problem",
    "failed_runs": "Runs failing",
    "sponsor_absent": "Sponsor absent",
    "low_engagement": "Low engagement",
    "sentiment_drop": "Mood dropping",
    "escalation": "Escalation",
    "usage_drop": "Usage dropping",
    "no_champion": "No champion",
    "training_gap": "Training gap",
    "budget_overrun": "Budget overrun",
    "renewal_risk": "Renewal at stake",
    "payment_dispute": "Payment dispute",
    "compliance": "Compliance question",
    "approval_pending": "Approval pending",
    "sec_review": "Security review open",
}
"""Each reason as the page says it."""

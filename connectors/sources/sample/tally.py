"""History of insights made and of use of the product, by role and day, for the whole portfolio."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from connectors.sources.sample.chance import stream
from engagements.records import InsightType

# Role: its share of the use and how often it makes each kind of insight.
_ROLES: dict[str, float] = {
    "Delivery Manager": 0.45,
    "Consultant": 0.35,
    "PS Leader": 0.2,
}
_MINUTES = {
    InsightType.HEALTH_SUMMARY: 14,
    InsightType.RISK_DETECTION: 18,
    InsightType.THEME_EXTRACTION: 22,
    InsightType.ACTION_RECOMMENDATION: 10,
}


def ai_metric_rows(
    engagements: int, seed: int, as_of: date, weeks: int
) -> Iterator[dict[str, Any]]:
    """One row per working day and role, with the kind of insight that day's was."""
    number = 0
    for day, rng, pull in _working_days(seed, as_of, weeks, "ai metrics"):
        for role, share in _ROLES.items():
            made = round(engagements * share * pull * rng.uniform(0.04, 0.16))
            if not made:
                continue
            number += 1
            kind = rng.choice(list(InsightType))
            yield {
                "metric_id": f"MET-{number:05d}",
                "date": day.isoformat(),
                "role": role,
                "insight_type": kind.value,
                "insights_generated": made,
                "estimated_time_saved_minutes": made * max(1, _MINUTES[kind] + rng.randint(-4, 4)),
                "user_rating": _rating(rng),
            }


def _rating(rng: Random) -> int | None:
    return rng.choice((2, 3, 3, 4, 4, 4, 5, 5)) if rng.random() < 0.4 else None


def adoption_rows(engagements: int, seed: int, as_of: date, weeks: int) -> Iterator[dict[str, Any]]:
    """One row per working day and role (unique together)."""
    for day, rng, pull in _working_days(seed, as_of, weeks, "adoption"):
        for role, share in _ROLES.items():
            staff = max(2, round((engagements / 4 + 6) * share))
            users = max(1, min(staff, round(staff * pull * rng.uniform(0.35, 0.75))))
            sessions = users + rng.randint(0, users)
            viewed = round(sessions * rng.uniform(0.8, 3.0))
            yield {
                "date": day.isoformat(),
                "role": role,
                "unique_users": users,
                "total_sessions": sessions,
                "total_insights_viewed": viewed,
                "total_actions_taken": round(viewed * rng.uniform(0.05, 0.3)),
                "avg_session_duration_minutes": round(rng.uniform(3.5, 11.0), 1),
            }


def _working_days(
    seed: int, as_of: date, weeks: int, what: str
) -> Iterator[tuple[date, Random, float]]:
    """Each working day with its chance and how far the product had caught on by then."""
    for back in range(weeks * 7, 0, -1):
        day = as_of - timedelta(days=back)
        if day.weekday() < 5:
            grown = 1 - back / (weeks * 7)
            yield day, stream(seed, what, day.isoformat()), 0.45 + 0.55 * grown

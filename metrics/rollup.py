"""A day's use and insights as rows of ``ps_adoption_metrics`` and ``ps_ai_metrics``.

Rolling a day up again gives the same rows, so it may be done at any time. A row that a source
brought for the same day and role is history and stays as it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from connectors import outbox
from insights.models import Insight
from metrics.activity import NO_ROLE, Kind, role_named
from metrics.models import Activity, Adoption, AiMetric

ADOPTION, AI = "ps_adoption_metrics", "ps_ai_metrics"
MEASURED = ("unique_users", "total_insights_viewed", "total_actions_taken")
LOOK_BACK = 7  # days that a worker who was away makes up for


def roll_due() -> int:
    """Roll up the full days of the last week; returns how many rows were new or changed."""
    today = timezone.now().date()
    return sum(roll(today - timedelta(days=back)) for back in range(LOOK_BACK, 0, -1))


@transaction.atomic
def roll(day: date) -> int:
    """Write a day's rows and put the new and changed ones on their way; returns their number."""
    return _roll_use(day) + _roll_insights(day)


def _roll_use(day: date) -> int:
    rows: Iterable[Any] = (
        Activity.objects.filter(day=day, user__isnull=False)
        .order_by()
        .values("role")
        .annotate(
            unique_users=Count("user", distinct=True),
            total_insights_viewed=Count("pk", filter=Q(kind=Kind.INSIGHT_VIEWED)),
            total_actions_taken=Count("pk", filter=Q(kind=Kind.ACTION_TAKEN)),
        )
    )
    return sum(
        _keep_use(day, row["role"] or NO_ROLE, {name: row[name] for name in MEASURED})
        for row in list(rows)
    )


def _keep_use(day: date, role: str, counts: Mapping[str, int]) -> bool:
    known = Adoption.objects.filter(date=day, role=role).first()
    if known and (known.imported or _same(known, counts)):
        return False
    Adoption.objects.update_or_create(
        date=day, role=role, defaults={**counts, "imported": False, "row_hash": ""}
    )
    # Sessions and their length are not measured, and so not made up.
    unmeasured = {"total_sessions": None, "avg_session_duration_minutes": None}
    row = {"date": day.isoformat(), "role": role, **counts, **unmeasured}
    outbox.enqueue(ADOPTION, f"{day}|{role}", row)
    return True


def _roll_insights(day: date) -> int:
    made = (
        Insight.objects.filter(imported=False, generated_at__date=day)
        .order_by()
        .values_list("requested_by", "insight_type")
        .annotate(number=Count("pk"))
    )
    counts: Counter[tuple[str, str]] = Counter()
    rows = list(made)
    roles = _roles({person for person, _, _ in rows})
    for person, kind, number in rows:
        counts[roles[person], kind] += number
    return sum(_keep_insights(day, role, kind, n) for (role, kind), n in counts.items())


def _roles(usernames: set[str]) -> Mapping[str, str]:
    """Role by username, as of whoever uses a page: :func:`metrics.activity.role_named`."""
    users = get_user_model().objects.filter(username__in=usernames).select_related("membership")
    roles: defaultdict[str, str] = defaultdict(lambda: NO_ROLE)
    roles.update({user.get_username(): role_named(user) for user in users})
    return roles


def _keep_insights(day: date, role: str, kind: str, number: int) -> bool:
    metric_id = f"PSI-{day}-{role}-{kind}"[:200]
    counts = {"insights_generated": number}
    known = AiMetric.objects.filter(pk=metric_id).first()
    if known and _same(known, counts):
        return False
    columns = {"date": day, "role": role, "insight_type": kind, **counts}
    AiMetric.objects.update_or_create(
        pk=metric_id, defaults={**columns, "imported": False, "row_hash": ""}
    )
    unmeasured = {"estimated_time_saved_minutes": None, "user_rating": None}
    outbox.enqueue(
        AI, metric_id, {"metric_id": metric_id, **columns, "date": day.isoformat(), **unmeasured}
    )
    return True


def _same(row: Adoption | AiMetric, counts: Mapping[str, int]) -> bool:
    return not row.imported and all(getattr(row, name) == n for name, n in counts.items())

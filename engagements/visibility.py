"""Rows of the engagements that a person may see, whichever table they are in."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import QuerySet

from engagements.models import EngagementQuerySet

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


def of_these(visible: EngagementQuerySet, rows: Rows) -> Rows:
    """Rows of the engagements that may be seen; who sees all is spared the comparison."""
    return rows.filter(engagement__in=visible) if visible.query.has_filters() else rows

"""What was done here: who did what, what was loaded and what was generated."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from connectors.models import Load
from engagements.access import managers_only
from insights.models import Generation
from psinsights.forms import LogFilter
from psinsights.lib.http import paginate, query, render_page
from psinsights.models import AuditEntry

SHOWN = 50


@require_safe
@managers_only
def log(request: HttpRequest) -> HttpResponse:
    """One of the three logs, newest first, narrowed by state, or by words for the audit log."""
    filters = LogFilter(request.GET)
    rows = filters.apply(_rows(filters.log_key))
    return render_page(
        request,
        "settings/log.html",
        {
            "here": "log",
            "filters": filters,
            "page": paginate(rows, request, size=SHOWN),
            "link": f"{query(filters.asked)}&page=",
        },
        partial="entries",
        status=200 if filters.is_valid() else 422,
    )


def _rows(key: str) -> QuerySet[Any]:
    if key == LogFilter.LOADS:
        return Load.objects.select_related("requested_by").order_by("-pk")
    if key == LogFilter.GENERATIONS:
        runs = Generation.objects.select_related("requested_by", "engagement", "insight")
        return runs.order_by("-pk")
    return AuditEntry.objects.select_related("user").order_by("-at", "-pk")

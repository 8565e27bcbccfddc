"""Versions of an insight, and what changed between them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from engagements.records import InsightType
from insights.models import Insight
from insights.panel import TITLES, changes_since
from psinsights.lib.http import page_number, wants_fragment


@require_safe
def changes(request: HttpRequest, insight_id: str) -> HttpResponse:
    """What is new, worse, persisting or gone against the version before, or the one asked for."""
    insight = get_object_or_404(Insight.objects.visible_to(request.user), pk=insight_id)
    versions = list(
        Insight.objects.filter(
            engagement_id=insight.engagement_id,
            insight_type=insight.insight_type,
            version__lt=insight.version,
        )
        .order_by("-version")
        .values_list("version", flat=True)[:20]
    )
    asked = page_number(request.GET.get("since"))
    since = asked if asked in versions and "since" in request.GET else next(iter(versions), 0)
    context = {
        "insight": insight,
        "changes": changes_since(insight, since),
        "versions": versions,
        "since": since,
        "title": TITLES[InsightType(insight.insight_type)][0],
    }
    part = "insights/diff.html" if wants_fragment(request) else "insights/diff_page.html"
    return render(request, part, context)

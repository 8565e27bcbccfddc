"""The page of search."""

from __future__ import annotations

from collections import defaultdict

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from engagements.search import MOST_TYPED, asked
from engagements.search_index import ENGAGEMENT, NOTE
from insights.search import ACTION, CUSTOMER, RISK, Hit, search
from psinsights.lib.http import render_page

GROUPS = {
    CUSTOMER: ("Customers", "briefcase"),
    ENGAGEMENT: ("Engagements", "layout-dashboard"),
    NOTE: ("Notes", "message-square"),
    RISK: ("Risks", "triangle-alert"),
    ACTION: ("Actions", "list-checks"),
}
FEW, MANY = 6, 40  # hits of a group beside others, and alone


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What holds the words that were typed, by what it is; ``in`` asks for more of one kind."""
    text = " ".join(request.GET.get("q", "").replace("\0", " ")[:MOST_TYPED].split())
    only = request.GET.get("in", "")
    kinds = (only,) if only in GROUPS else ()
    limit = MANY if kinds else FEW
    found: dict[str, list[Hit]] = defaultdict(list)
    for hit in search(text, request.user, limit + 1, kinds):
        found[hit.kind].append(hit)
    groups = [
        {
            "kind": kind,
            "title": GROUPS[kind][0],
            "icon": GROUPS[kind][1],
            "hits": hits[:limit],
            "has_more": len(hits) > limit,
        }
        for kind, hits in found.items()
    ]
    context = {
        "text": text,
        "words": asked(text),
        "groups": groups,
        "only": kinds[0] if kinds else "",
        "shown": sum(len(hits[:limit]) for hits in found.values()),
        "limit": limit,
    }
    return render_page(request, "search/index.html", context, partial="found")

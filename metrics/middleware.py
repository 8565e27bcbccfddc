"""Sees which page was served to whom, and has it recorded. The rooms below know nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch

from metrics import activity
from metrics.activity import Act, Kind

GetResponse = Callable[[HttpRequest], HttpResponse]
PAGES = {"dashboard", "engagements:index", "insights:index", "metrics:index", "settings:index"}
ENGAGEMENT = "engagements:detail"
MAKING = {"insights:index", "insights:kind", "insights:make-all", "api:generate"}
DECIDING = {"insights:risk": "risk", "insights:action": "action"}
SERVED = {200, 202, 302, 303}


def measure_activity(get_response: GetResponse) -> GetResponse:
    """Record what a request was, once it has been answered well."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code in SERVED and (acts := acts_of(request)):
            activity.record(request.user, *acts)
        return response

    return middleware


def acts_of(request: HttpRequest) -> list[Act]:
    """What a request amounts to: opening a page, looking something up, asking or deciding."""
    match = request.resolver_match
    if match is None:
        return []
    if request.method == "GET":
        return _looked_at(request, match)
    return _did(match) if request.method == "POST" else []


def _looked_at(request: HttpRequest, match: ResolverMatch) -> list[Act]:
    if match.view_name in PAGES:
        return [(Kind.VISIT, match.view_name)]
    if match.view_name != ENGAGEMENT:
        return []
    acts: list[Act] = [(Kind.VISIT, ENGAGEMENT)]
    if getattr(request, "insights_shown", False):
        acts.append((Kind.INSIGHT_VIEWED, match.kwargs["engagement_id"]))
    if record := request.GET.get("at"):  # a citation was followed
        acts.append((Kind.EVIDENCE_OPENED, record.replace("\x00", "")))
    return acts


def _did(match: ResolverMatch) -> list[Act]:
    given: Mapping[str, Any] = match.kwargs
    if match.view_name in MAKING:
        return [(Kind.GENERATED, str(given.get("engagement_id", "")))]
    if match.view_name == "insights:feedback":
        return [(Kind.FEEDBACK, given["insight_id"])]
    if what := DECIDING.get(match.view_name):
        return [(Kind.ACTION_TAKEN, f"{what}:{given['pk']}:{given['verb']}")]
    return []

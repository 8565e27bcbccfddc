"""Making insights for many engagements from the insights page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from engagements.models import Engagement
from insights import bulk
from insights.forms import BulkForm
from insights.limits import LimitReached, check
from insights.models import BulkGeneration
from psinsights.lib.http import wants_fragment

VERBS = {"cancel": bulk.cancel, "resume": bulk.resume}


def bulk_context(found: BulkGeneration | None) -> dict[str, Any]:
    """What the bulk card shows."""
    return {
        "bulk": found,
        "progress": bulk.progress(found) if found else None,
        "bulk_form": BulkForm(),
    }


def _card(request: HttpRequest, found: BulkGeneration | None) -> HttpResponse:
    """The card alone for htmx, else back to the page."""
    if wants_fragment(request):
        return render(request, "insights/bulk.html", bulk_context(found))
    return redirect("insights:index")


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Ask for many insights; the worker performs them."""
    form = BulkForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose which engagements and which types.")
        return _card(request, bulk.latest(request.user))
    try:
        check(request.user, settings.AI_PROVIDER)
    except LimitReached as limit:
        messages.error(request, limit.sentence)
        return _card(request, bulk.latest(request.user))
    found = bulk.start(
        form.engagements(Engagement.objects.workable_by(request.user)),
        form.kinds(),
        user=request.user,
        provider=settings.AI_PROVIDER,
        description=form.description(),
        stale_only=form.cleaned_data["stale_only"],
    )
    return _card(request, found)


@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a bulk run is."""
    return _card(request, get_object_or_404(bulk.visible_to(request.user), pk=pk))


@require_POST
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Cancel or resume a bulk run."""
    if verb not in VERBS:
        raise Http404
    found = get_object_or_404(bulk.visible_to(request.user), pk=pk)
    VERBS[verb](found, request.user)
    return _card(request, found)

"""Seeing what a remote model would get, and asking whether it answers."""

from __future__ import annotations

import time

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from connectors.as_of import portfolio_day
from insights.dossier import assemble
from insights.models import ProviderState
from insights.panel import TITLES
from insights.providers import ProviderError, remote
from insights.views import engagement_or_404, kind_or_404
from psinsights.lib import audit


@require_safe
def preview(request: HttpRequest, engagement_id: str, kind: str) -> HttpResponse:
    """Exactly the text that would be sent for this insight, after redaction. Sends nothing."""
    engagement, wanted = engagement_or_404(request, engagement_id), kind_or_404(kind)
    provider = remote.hugging_face()
    text = provider.preview(assemble(engagement, portfolio_day()), wanted)
    return render(
        request,
        "insights/preview.html",
        {
            "engagement": engagement,
            "title": TITLES[wanted][0],
            "text": text,
            "characters": f"{len(text):,}",
            "model": provider.model,
        },
    )


@require_POST
def test(request: HttpRequest) -> HttpResponse:
    """Ask the remote model for one word; nothing of ours is sent. For staff."""
    if not request.user.is_staff:
        raise PermissionDenied
    started = time.perf_counter()
    sentence = ""
    try:
        messages.success(request, remote.hugging_face().ping())
    except ProviderError as error:
        sentence = error.sentence
        messages.error(request, f"{error.sentence} Insights fall back to the embedded engine.")
    latency = round((time.perf_counter() - started) * 1000)
    remote.current()
    ProviderState.objects.filter(provider=remote.NAME).update(
        last_sentence=sentence, last_latency_ms=latency
    )
    audit.record(request.user, "provider.tested", remote.NAME, sentence)
    return redirect(reverse("settings:index", fragment="provider"))

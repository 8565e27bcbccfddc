"""The page of webhooks: where they go, what became of each delivery, a test, and sending again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from connectors.views import staff_only
from psinsights import heartbeat
from psinsights.lib import audit
from psinsights.lib.http import missing, paginate, query, render_page
from psinsights.lib.words import plural
from psinsights.webhooks import deliver, events
from psinsights.webhooks.endpoints import Endpoint, endpoints
from psinsights.webhooks.models import BADGES, WebhookDelivery

State = WebhookDelivery.State
MASKED = "v1,…"


@dataclass(frozen=True)
class EndpointLine:
    """An endpoint with what became of its deliveries."""

    endpoint: Endpoint
    waiting: int
    failed: int
    delivered_at: datetime | None


@require_safe
@staff_only
def index(request: HttpRequest) -> HttpResponse:
    """Endpoints, and every delivery of the last thirty days, the newest first."""
    asked = request.GET.get("state", "")
    known = asked in State.values
    rows = WebhookDelivery.objects.select_related("event").order_by("-pk")
    counted = _counted()
    narrowed = {"state": asked} if known else {}
    counts = {state: sum(row[state] for row in counted.values()) for state in State.values}
    context = {
        "here": "webhooks",
        "lines": [_line(end, counted.get(end.key)) for end in endpoints()],
        "secret_set": bool(settings.WEBHOOK_SECRET),
        "previous_set": bool(settings.WEBHOOK_SECRET_PREVIOUS),
        "page": paginate(rows.filter(**narrowed), request),
        "tabs": [("", "All", sum(counts.values())), *_tabs(counts)],
        "asked": asked,
        "unknown": bool(asked) and not known,
        "link": f"{query(narrowed)}&page=" if narrowed else "?page=",
        "silent": _worker_is_silent() if counts[State.WAITING] else "",
        "moving": counts[State.SENDING] or any(row["fresh"] for row in counted.values()),
    }
    return render_page(request, "settings/webhooks.html", context, partial="deliveries")


def _counted() -> dict[str, dict[str, Any]]:
    """Deliveries by endpoint and state; one query."""
    counts = {state: Count("pk", filter=Q(state=state)) for state in State.values}
    rows = WebhookDelivery.objects.order_by().values("endpoint")
    found: Iterable[Any] = rows.annotate(
        **counts,
        fresh=Count("pk", filter=Q(state=State.WAITING, attempts=0)),
        newest=Max("delivered_at"),
    )
    return {row["endpoint"]: row for row in found}


def _line(end: Endpoint, row: dict[str, Any] | None) -> EndpointLine:
    if row is None:
        return EndpointLine(end, 0, 0, None)
    waiting = row[State.WAITING] + row[State.SENDING]
    return EndpointLine(end, waiting, row[State.FAILED], row["newest"])


def _tabs(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    return [(state.value, BADGES[state][0], counts[state]) for state in State]


def _worker_is_silent() -> str:
    """Why what waits may wait for ever; "" while a worker lives."""
    beat = heartbeat.last_beat()
    if beat is None:
        return "No worker has run yet, so nothing is sent."
    return "The worker is silent, so nothing is sent." if beat.is_silent(timezone.now()) else ""


@require_safe
@staff_only
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """One delivery: what was sent, and what came back."""
    row = WebhookDelivery.objects.select_related("event").filter(pk=pk).first()
    if row is None:
        return missing(request, "This delivery is not here. After thirty days they are forgotten.")
    context = {
        "here": "webhooks",
        "row": row,
        "headers": _headers(row),
        "body": json.dumps(json.loads(row.event.body), indent=2, ensure_ascii=False),
        "most": len(deliver.BACK_OFF) + 1,
        "others": row.event.deliveries.exclude(pk=row.pk).order_by("pk")[:20],
    }
    return render_page(request, "settings/webhook_delivery.html", context)


def _headers(row: WebhookDelivery) -> list[tuple[str, str]]:
    """The headers of the last attempt; the signature itself is not for showing."""
    if row.last_at is None:
        return []
    headers = {
        "content-type": "application/json",
        "user-agent": f"PS-Insights/{settings.VERSION}",
        "webhook-id": row.event.event_id,
        "webhook-timestamp": str(int(row.last_at.timestamp())),
        "webhook-signature": MASKED,
    }
    return list(headers.items())


@require_POST
@staff_only
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a delivery all its attempts anew."""
    row = WebhookDelivery.objects.select_related("event").filter(pk=pk).first()
    if row is None:
        return missing(request, "This delivery is not here. After thirty days they are forgotten.")
    if deliver.send_again(WebhookDelivery.objects.filter(pk=pk), now=timezone.now()):
        audit.record(request.user, "webhook.sent_again", row.event.event_id, row.shown)
        messages.success(request, "It waits for the worker, which sends it next.")
    else:
        messages.warning(request, "It is being sent just now. Look again in a minute.")
    return redirect("settings:webhook", pk)


@require_POST
@staff_only
def send_failed(request: HttpRequest) -> HttpResponse:
    """Everything that was given up, once more: after a long outage of an endpoint."""
    known = [end.key for end in endpoints()]
    failed = WebhookDelivery.objects.filter(state=State.FAILED, endpoint__in=known)
    if number := deliver.send_again(failed, now=timezone.now()):
        told = plural(number, "delivery")
        audit.record(request.user, "webhook.sent_again", "all that failed", told)
        messages.success(request, f"{told} will be sent again by the worker.")
    else:
        messages.warning(request, "Nothing failed that could be sent again.")
    return redirect("settings:webhooks")


@require_POST
@staff_only
def send_test(request: HttpRequest) -> HttpResponse:
    """A ping to every endpoint that has none on its way."""
    to = _without_a_ping()
    if not endpoints():
        messages.error(request, "There is no endpoint to try. Set WEBHOOK_URLS and WEBHOOK_SECRET.")
    elif not to:
        messages.warning(request, "A test is on its way already.")
    else:
        event = events.ping(to, now=timezone.now())
        audit.record(request.user, "webhook.tested", event.event_id, plural(len(to), "endpoint"))
        messages.success(request, f"A test for {plural(len(to), 'endpoint')} waits for the worker.")
    return redirect("settings:webhooks")


def _without_a_ping() -> list[Endpoint]:
    under_way = WebhookDelivery.objects.filter(
        event__kind="ping", attempts=0, state__in=[State.WAITING, State.SENDING]
    )
    busy = set(under_way.values_list("endpoint", flat=True))
    return [end for end in endpoints() if end.key not in busy]

"""Events: made once, in the transaction of the change they tell, with a delivery per endpoint."""

from __future__ import annotations

import uuid
from datetime import datetime

import msgspec
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from psinsights.lib.http import record_link
from psinsights.webhooks import payloads
from psinsights.webhooks.endpoints import Endpoint, endpoints
from psinsights.webhooks.models import WebhookDelivery, WebhookEvent, new_event_id


def link(page: str, record: str = "") -> str | None:
    """A page of ours as others reach it; None where nobody said how (BASE_URL)."""
    base = settings.BASE_URL.rstrip("/")
    return f"{base}{record_link(page, record) if record else page}" if base else None


def make(
    key: str,
    shape: type[payloads.BandChanged] | type[payloads.RiskCritical] | type[payloads.Ping],
    data: payloads.BandChange | payloads.CriticalRisk | payloads.PingData,
    *,
    now: datetime,
    to: list[Endpoint] | None = None,
) -> WebhookEvent:
    """The event of ``key`` with its deliveries; call it in the transaction that notices it."""
    event_id = new_event_id()
    body = shape(id=event_id, timestamp=now, data=data)  # type: ignore[arg-type]  # each its own
    event, created = WebhookEvent.objects.get_or_create(
        key=key,
        defaults={
            "event_id": event_id,
            "kind": str(shape.__struct_config__.tag),
            "subject": getattr(data, "customer_name", ""),
            "engagement_id": getattr(data, "engagement_id", ""),
            "body": msgspec.json.encode(body).decode(),
            "created_at": now,
        },
    )
    if created:
        WebhookDelivery.objects.bulk_create(
            WebhookDelivery(event=event, endpoint=end.key, shown=end.shown, next_at=now)
            for end in (endpoints() if to is None else to)
        )
    return event


def ping(to: list[Endpoint], *, now: datetime) -> WebhookEvent:
    """A request that tells nothing, for somebody who tries the way."""
    data = payloads.PingData(
        sentence="Somebody tries the way from PS Insights to here.",
        url=link(reverse("settings:webhooks")),
    )
    with transaction.atomic():
        return make(f"ping:{uuid.uuid4().hex}", payloads.Ping, data, now=now, to=to)

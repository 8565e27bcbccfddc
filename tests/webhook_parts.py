"""What the tests of webhooks share: a clock, an endpoint, and what came over the wire."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engagements.models import Standing
from insights.register import Risk
from psinsights.models import WebhookDelivery, WebhookEvent
from psinsights.webhooks.announce import announce
from psinsights.webhooks.endpoints import endpoints
from psinsights.webhooks.events import ping
from tests.factories import DAY, make_engagement
from tests.llm.raw import http

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
OLD = "an-older-secret-of-forty-letters-or-so-1"
NOW = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)
OK = http(200, b"thanks")
State = WebhookDelivery.State


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, wait: timedelta) -> None:
        self.now += wait


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def told_to(settings):
    """Send to these addresses from now on."""

    def point(*urls: str) -> None:
        settings.WEBHOOK_URLS, settings.WEBHOOK_SECRET = list(urls), SECRET

    return point


@pytest.fixture
def one(told_to, clock):
    """A delivery that waits for ``url``."""

    def waiting(url: str) -> WebhookDelivery:
        told_to(url)
        return ping(endpoints(), now=clock.now).deliveries.get()

    return waiting


def read(request: bytes) -> tuple[dict[str, str], bytes]:
    """The headers and the body of a request as it came over the wire."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")[1:]
    return {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}, body


def outcome(row: WebhookDelivery) -> WebhookDelivery:
    row.refresh_from_db()
    return row


@pytest.fixture
def watched(told_to, clock):
    """Watching has begun, over one engagement that is on track."""
    told_to("https://hooks.example/psi")
    row = make_engagement(
        engagement_id="ENG-1",
        customer_name="Halden Freight",
        standing={"health": 64, "band": "warning"},
    )
    announce(now=clock())
    return row


def stand(band: str, score: int, **given: Any) -> None:
    Standing.objects.filter(pk="ENG-1").update(band=band, health=score, **given)


def bodies() -> list[dict[str, Any]]:
    return [json.loads(event.body) for event in WebhookEvent.objects.order_by("pk")]


def make_risk(engagement: Any, **given: Any) -> Risk:
    values = {
        "category": "stakeholder", "reason": "escalation", "title": "The sponsor has escalated.",
        "severity": 4, "likelihood": 0.9, "exposure": 14.4, "level": "critical",
        "first_seen_on": DAY, "last_seen_on": DAY,
        "claim": {"evidence": [{"source": "N-37", "quote": "escalated", "start": 0, "end": 9}]},
    }  # fmt: skip
    return Risk.objects.create(engagement=engagement, **values | given)

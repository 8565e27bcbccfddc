"""The bodies of webhooks. docs/webhooks.md is for people, /api/openapi.json has their schemas."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from msgspec import Struct

from insights.schema import Level

BandWord = Literal["healthy", "warning", "critical"]


class HealthPoint(Struct, kw_only=True):
    """Where an engagement stood."""

    score: int | None
    band: BandWord


class WebhookQuote(Struct, kw_only=True):
    """The very words of a record."""

    record: str
    text: str


class BandChange(Struct, kw_only=True):
    """An engagement whose band is another than the one told last."""

    engagement_id: str
    customer_name: str
    occurred_on: dt.date
    direction: Literal["worse", "better"]
    before: HealthPoint
    after: HealthPoint
    sentence: str
    reason: str
    url: str | None


class CriticalRisk(Struct, kw_only=True):
    """A risk whose exposure is critical and was not, or that is open again."""

    risk_id: int
    engagement_id: str
    customer_name: str
    occurred_on: dt.date
    category: str
    reason: str
    title: str
    level: Level
    severity: int
    likelihood: float
    exposure: float
    quote: WebhookQuote | None
    url: str | None


class PingData(Struct, kw_only=True):
    """Nothing happened: somebody tries the way."""

    sentence: str
    url: str | None


class BandChanged(Struct, kw_only=True, tag_field="type", tag="health.band_changed"):
    """The body of ``health.band_changed``."""

    id: str
    timestamp: dt.datetime
    data: BandChange


class RiskCritical(Struct, kw_only=True, tag_field="type", tag="risk.critical"):
    """The body of ``risk.critical``."""

    id: str
    timestamp: dt.datetime
    data: CriticalRisk


class Ping(Struct, kw_only=True, tag_field="type", tag="ping"):
    """The body of ``ping``."""

    id: str
    timestamp: dt.datetime
    data: PingData


Body = BandChanged | RiskCritical | Ping
BODIES: dict[str, type[Struct]] = {
    "health.band_changed": BandChanged,
    "risk.critical": RiskCritical,
    "ping": Ping,
}
MEANING = {
    "health.band_changed": "The health of an engagement is in another band.",
    "risk.critical": "A risk has become critical, or is critical and open again.",
    "ping": "Somebody tries the way.",
}

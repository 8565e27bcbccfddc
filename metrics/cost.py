"""What the tokens of a provider cost, from prices that somebody looked up and named; never a guess."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings

from insights.providers.choose import EMBEDDED

MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a million tokens cost, and where and when that was read."""

    sent: float
    answered: float
    currency: str
    source: str
    day: date


@dataclass(frozen=True, kw_only=True)
class Cost:
    """An amount, or why there is none."""

    amount: float | None
    currency: str
    words: str


def price() -> Price | None:
    """The price that the settings name; None unless all of it is there."""
    sent, answered = settings.AI_PRICE_PER_MILLION_INPUT, settings.AI_PRICE_PER_MILLION_OUTPUT
    source, day = settings.AI_PRICE_SOURCE, settings.AI_PRICE_DATE
    if sent is None or answered is None or not (source and day):
        return None
    return Price(
        sent=sent,
        answered=answered,
        currency=settings.AI_PRICE_CURRENCY,
        source=source,
        day=date.fromisoformat(day),
    )


def cost_of(provider: str, sent: int, answered: int) -> Cost:
    """The cost of so many tokens of a provider; the embedded engine uses none."""
    if provider == EMBEDDED:
        return Cost(amount=None, currency="", words="No tokens")
    known = price()
    if known is None:
        return Cost(amount=None, currency="", words="No price set")
    amount = round((sent * known.sent + answered * known.answered) / MILLION, 2)
    return Cost(amount=amount, currency=known.currency, words=f"{amount:,.2f} {known.currency}")

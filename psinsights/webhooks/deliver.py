"""Sending what is due: claimed by compare-and-set, sent outside any transaction, tried six times.

A worker that dies between sending and writing it down leaves a lease that runs out, and the next
sends the same event again, under the same id: at least once, never silently not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from engagements.models import Engagement
from psinsights.webhooks import sending, signing
from psinsights.webhooks.endpoints import Endpoint, endpoints
from psinsights.webhooks.models import Watched, WebhookDelivery, WebhookEvent

logger = logging.getLogger(__name__)
State = WebhookDelivery.State
BACK_OFF = [timedelta(minutes=wait) for wait in (1, 5, 30, 120, 480)]  # after each failed attempt
LEASE = timedelta(seconds=60)  # six times what a request may take
LONGEST_PAUSE = timedelta(hours=24)  # that an endpoint may ask for
LONGEST_REST = timedelta(minutes=5)  # of an endpoint that does not answer
BUSY = (429, 502, 503, 504)  # the endpoint, not the event, is what fails
GONE = 410
KEEP = timedelta(days=30)
BATCH = 20
SHOWN = 4000  # characters of an answer that are kept
Clock = Callable[[], datetime]


def deliver(
    *,
    clock: Clock = timezone.now,
    most: int = BATCH,
    seconds: float = sending.SECONDS,
    go_on: Callable[[], bool] = lambda: True,
) -> int:
    """Send what is due, ``most`` at a time; how many attempts that took."""
    known = {end.key: end for end in endpoints()}
    _give_up_unknown(known)
    for done in range(most):
        delivery = WebhookDelivery.objects.claim(clock(), lease=LEASE) if go_on() else None
        if delivery is None:
            return done
        attempt(delivery, known[delivery.endpoint], clock=clock, seconds=seconds)
    return most


def _give_up_unknown(known: Mapping[str, Endpoint]) -> None:
    """What waits for an address that is no longer in the settings has nowhere to go."""
    WebhookDelivery.objects.filter(state__in=[State.WAITING, State.SENDING]).exclude(
        endpoint__in=list(known)
    ).update(state=State.FAILED, error="The endpoint is no longer in WEBHOOK_URLS.")


def attempt(
    delivery: WebhookDelivery, end: Endpoint, *, clock: Clock, seconds: float = sending.SECONDS
) -> None:
    """One request for a claimed delivery, and what it came to."""
    body = delivery.event.body.encode()
    headers = headers_of(delivery.event, int(clock().timestamp()), body)
    answer = sending.post(end.url, headers, body, seconds=seconds)
    settle(delivery, answer, clock())


def headers_of(event: WebhookEvent, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a request, signed with the secret and, while it is replaced, the one before."""
    keys = [key for key in (settings.WEBHOOK_SECRET, settings.WEBHOOK_SECRET_PREVIOUS) if key]
    return {
        "content-type": "application/json",
        "user-agent": f"PS-Insights/{settings.VERSION}",
        "accept-encoding": "identity",
        "connection": "close",
        "webhook-id": event.event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signing.signature(event.event_id, timestamp, body, keys),
    }


def settle(delivery: WebhookDelivery, answer: sending.Answer, now: datetime) -> None:
    """Write what came of an attempt, unless another worker has taken the delivery over."""
    changes: dict[str, object] = {
        "lease_until": None,
        "status_code": answer.status,
        "duration_ms": round(answer.seconds * 1000),
        "response": answer.text[:SHOWN],
        "error": "",
    }
    if answer.status is not None and 200 <= answer.status < 300:
        changes |= {"state": State.DELIVERED, "delivered_at": now}
    else:
        changes |= _failure(delivery, answer, now)
    mine = WebhookDelivery.objects.filter(pk=delivery.pk, fence=delivery.fence, state=State.SENDING)
    if mine.update(**changes) and answer.status != GONE:
        _rest(delivery, answer, changes, now)
    logger.info("webhook %s: status %s", delivery.event.event_id, answer.status)


def _failure(delivery: WebhookDelivery, answer: sending.Answer, now: datetime) -> dict[str, object]:
    """Tried again later, or given up: after the last attempt, and at once when it is gone."""
    said = _sentence(answer)
    if answer.status == GONE:
        return {"state": State.FAILED, "error": said}
    if delivery.attempts > len(BACK_OFF):
        return {
            "state": State.FAILED,
            "error": f"{said} Given up after {delivery.attempts} attempts.",
        }
    wait = max(BACK_OFF[delivery.attempts - 1], asked_to_wait(answer.retry_after, now))
    return {"state": State.WAITING, "next_at": now + wait, "error": said}


def _sentence(answer: sending.Answer) -> str:
    if answer.status is None:
        return answer.failure
    if answer.status == GONE:
        return "It answered 410: nobody wants these here. Take the address out of WEBHOOK_URLS."
    if 300 <= answer.status < 400:
        return (
            f"It answered {answer.status}, a redirect, and none is followed. "
            "Put the final address into WEBHOOK_URLS."
        )
    return f"It answered {answer.status}."


def asked_to_wait(retry_after: str, now: datetime) -> timedelta:
    """What ``Retry-After`` asks for, in seconds or as a date; a day at most, 0 when unreadable."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST_PAUSE.total_seconds()))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return timedelta(0)
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta(0)), LONGEST_PAUSE)


def _rest(
    delivery: WebhookDelivery, answer: sending.Answer, changes: Mapping[str, object], now: datetime
) -> None:
    """An endpoint that is away or busy is left alone for a while: its other deliveries wait too.

    Otherwise each of a hundred would wait ten seconds for nothing, and others behind them.
    """
    if answer.status is not None and answer.status not in BUSY:
        return
    wait = max(
        min(BACK_OFF[min(delivery.attempts, len(BACK_OFF)) - 1], LONGEST_REST),
        asked_to_wait(answer.retry_after, now),
    )
    WebhookDelivery.objects.filter(
        endpoint=delivery.endpoint, state=State.WAITING, next_at__lt=now + wait
    ).update(next_at=now + wait)


def send_again(rows: QuerySet[WebhookDelivery], *, now: datetime) -> int:
    """Give deliveries all their attempts anew, at once; how many. None that is being sent."""
    return rows.exclude(state=State.SENDING).update(
        state=State.WAITING, attempts=0, next_at=now, error="", delivered_at=None
    )


def prune(*, now: datetime | None = None) -> int:
    """Forget events of more than thirty days ago, and what is watched of engagements that went."""
    before = (now or timezone.now()) - KEEP
    old = WebhookEvent.objects.filter(created_at__lt=before).order_by("created_at")[:1000]
    gone = ~Exists(Engagement.objects.filter(pk=OuterRef("subject")))
    Watched.objects.filter(gone, topic=Watched.Topic.BAND).delete()
    return WebhookEvent.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()[0]

"""Rows of webhooks: what happened, its delivery to each endpoint, and what was told already."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from engagements.models import ID_LENGTH


def new_event_id() -> str:
    return f"evt_{uuid.uuid4().hex}"


class WebhookEvent(models.Model):
    """Something that other systems are told: once, whoever noticed it. ``body`` is what is sent."""

    event_id = models.CharField(max_length=40, unique=True, default=new_event_id)
    key = models.CharField(max_length=300, unique=True)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=300, blank=True)  # the customer, for people
    engagement_id = models.CharField(max_length=ID_LENGTH, blank=True)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "psinsights"
        indexes = [models.Index(fields=["created_at"], name="webhook_event_oldest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


class DeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Deliveries by what a worker asks of them."""

    def due(self, now: datetime) -> Self:
        """Waiting ones whose time has come, and those whose worker has gone silent."""
        state = WebhookDelivery.State
        waiting = Q(state=state.WAITING, next_at__lte=now)
        return self.filter(waiting | Q(state=state.SENDING, lease_until__lt=now))

    def claim(self, now: datetime, *, lease: timedelta) -> WebhookDelivery | None:
        """The next due delivery, now ours for ``lease``; None when there is none."""
        for row in self.due(now).order_by("next_at", "pk")[:10]:
            won = self.filter(pk=row.pk, fence=row.fence).update(
                state=WebhookDelivery.State.SENDING,
                attempts=F("attempts") + 1,
                fence=F("fence") + 1,
                lease_until=now + lease,
                last_at=now,
            )
            if won:
                return self.select_related("event").get(pk=row.pk)
        return None


class WebhookDelivery(models.Model):
    """One event on its way to one endpoint, and what came of the last attempt."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENDING = "sending"
        DELIVERED = "delivered"
        FAILED = "failed"

    event = models.ForeignKey(WebhookEvent, models.CASCADE, related_name="deliveries")
    endpoint = models.CharField(max_length=32)  # Endpoint.key: the address itself is no row's
    shown = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.SmallIntegerField(default=0)
    fence = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    next_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    status_code = models.SmallIntegerField(null=True)
    duration_ms = models.IntegerField(null=True)
    response = models.TextField(blank=True)
    error = models.CharField(max_length=500, blank=True)  # a sentence

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        app_label = "psinsights"
        constraints = [
            models.UniqueConstraint(fields=["event", "endpoint"], name="one_delivery_an_endpoint")
        ]
        indexes = [
            # What the worker looks for, mostly nothing.
            models.Index(
                fields=["next_at"],
                name="webhook_delivery_due",
                condition=Q(state__in=["waiting", "sending"]),
            ),
            models.Index(fields=["state", "-id"], name="webhook_delivery_list"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.shown}: {self.state}"

    @property
    def is_put_off(self) -> bool:
        return self.state == self.State.WAITING and self.next_at > timezone.now()

    @property
    def badge(self) -> tuple[str, str, str]:
        """The state as pages show it: word, shade and icon."""
        return BADGES[self.state]


BADGES: dict[str, tuple[str, str, str]] = {
    WebhookDelivery.State.WAITING: ("Waiting", "info", "clock"),
    WebhookDelivery.State.SENDING: ("Sending", "info", "refresh-cw"),
    WebhookDelivery.State.DELIVERED: ("Delivered", "ok", "check"),
    WebhookDelivery.State.FAILED: ("Failed", "risk", "circle-alert"),
}


class Watched(models.Model):
    """What was told last of an engagement's band, or that a risk was told as critical.

    The difference between this and what is so now is an event; a change of this row by
    compare-and-set makes it, so that two workers make one.
    """

    class Topic(models.TextChoices):
        START = "start"  # one row: since when we watch
        BAND = "band"
        RISK = "risk"

    topic = models.CharField(max_length=10, choices=Topic)
    subject = models.CharField(max_length=ID_LENGTH)
    state = models.CharField(max_length=10, blank=True)
    score = models.SmallIntegerField(null=True)
    customer_name = models.CharField(max_length=300, blank=True)
    start_date = models.DateField(null=True)
    day = models.DateField(null=True)
    rules_version = models.IntegerField(default=1)
    since = models.DateTimeField()

    class Meta:
        app_label = "psinsights"
        constraints = [models.UniqueConstraint(fields=["topic", "subject"], name="watched_once")]

    def __str__(self) -> str:
        return f"{self.topic} {self.subject}: {self.state}"

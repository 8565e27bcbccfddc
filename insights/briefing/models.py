"""Who wants the weekly mail, and what became of each one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from insights.briefing.weeks import Week

SILENT = timedelta(minutes=15)  # after which whoever sends is taken for dead


class BriefingSubscription(models.Model):
    """That a person wants the mail, and of which engagements; no row is no."""

    class Scope(models.TextChoices):
        MINE = "mine"
        ALL = "all"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="briefing_subscription",
    )
    scope = models.CharField(max_length=4, choices=Scope, default=Scope.MINE)
    is_on = models.BooleanField(default=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "insights"

    def __str__(self) -> str:
        return f"{self.user_id}: {self.scope if self.is_on else 'off'}"


class DeliveryQuerySet(models.QuerySet["BriefingDelivery"]):
    """Mails by what may be done about them."""

    def to_send(self) -> DeliveryQuerySet:
        return self.filter(
            state__in=[BriefingDelivery.State.WAITING, BriefingDelivery.State.FAILED]
        )

    def unknown(self) -> DeliveryQuerySet:
        """Those whose sender fell silent: whether the mail left is not known."""
        return self.filter(
            state=BriefingDelivery.State.SENDING, claimed_at__lt=timezone.now() - SILENT
        )

    def row_for(self, user_id: int, week: Week) -> BriefingDelivery:
        """The one row of a person and a week, made when there is none; safe beside others."""
        row = BriefingDelivery(user_id=user_id, week=week.monday, first=week.first, last=week.last)
        BriefingDelivery.objects.bulk_create([row], ignore_conflicts=True)
        return self.get(user=user_id, week=week.monday)


class BriefingDelivery(models.Model):
    """The one mail of a person and a week. ``week`` is the Monday of the week ``last`` is in."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="briefings", db_index=False
    )
    week = models.DateField()
    first = models.DateField()
    last = models.DateField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.SmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)  # a sentence

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        app_label = "insights"
        constraints = [
            models.UniqueConstraint(fields=["user", "week"], name="one_briefing_a_week"),
        ]
        indexes = [
            # What a run tries again.
            models.Index(fields=["week"], name="briefing_failed", condition=Q(state="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.week} to {self.user_id}: {self.state}"

    def claim(self, *, even_unknown: bool = False) -> bool:
        """Whether it is ours to send now. One UPDATE that only one of many can win."""
        rows = BriefingDelivery.objects.filter(pk=self.pk)
        free = rows.to_send()
        if even_unknown:
            free = free | rows.unknown()
        won = free.filter(attempts=self.attempts).update(
            state=self.State.SENDING,
            attempts=F("attempts") + 1,
            claimed_at=timezone.now(),
            error="",
        )
        if won:
            self.attempts += 1
        return bool(won)

    def settle(self, state: State, error: str = "") -> None:
        """How it went. Written only while the claim is still the one we made."""
        changes: dict[str, Any] = {"state": state, "error": error[:300]}
        if state == self.State.SENT:
            changes["sent_at"] = timezone.now()
        BriefingDelivery.objects.filter(
            pk=self.pk, state=self.State.SENDING, attempts=self.attempts
        ).update(**changes)

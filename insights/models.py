"""Insights as stored: each version with its claims, provenance and verification."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from engagements.models import ID_LENGTH, Engagement, Standing, choices
from engagements.records import InsightType
from insights.briefing.models import BriefingDelivery, BriefingSubscription
from insights.counts import InsightCount as InsightCount
from insights.register import Action, Decision, Feedback, Risk
from psinsights.lib.runs import Run

__all__ = [
    "Action",
    "BriefingDelivery",
    "BriefingSubscription",
    "BulkGeneration",
    "Decision",
    "Feedback",
    "Generation",
    "Insight",
    "ProviderState",
    "Risk",
]


# Rows of its engagement have changed since an insight was made; an imported one says nothing.
OUT_OF_DATE = ~Q(inputs="") & ~Q(inputs=F("engagement__standing__inputs"))


def new_insight_id() -> str:
    return f"INS-{uuid.uuid4().hex[:12].upper()}"


class InsightQuerySet(models.QuerySet["Insight"]):
    """Insights in the words of the domain."""

    def current(self) -> InsightQuerySet:
        """The newest version of each kind for each engagement."""
        return self.filter(is_current=True)

    def with_staleness(self) -> InsightQuerySet:
        """Each with ``stale``: rows of its engagement have changed since it was made."""
        # Asked of each row that is shown: a join would stay in the way of counting them all.
        as_made = Standing.objects.filter(
            engagement=OuterRef("engagement_id"), inputs=OuterRef("inputs")
        )
        return self.annotate(
            stale=models.ExpressionWrapper(
                ~Q(inputs="") & ~Exists(as_made), output_field=models.BooleanField()
            )
        )

    def out_of_date(self) -> InsightQuerySet:
        return self.filter(OUT_OF_DATE)

    def up_to_date(self) -> InsightQuerySet:
        return self.exclude(OUT_OF_DATE)

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> InsightQuerySet:
        """Those of engagements that a person may see."""
        # Asked of each row, so that a feed reads its newest rows by their index and no others.
        visible = Engagement.objects.visible_to(user).filter(pk=OuterRef("engagement_id"))
        return self.filter(Exists(visible))


class Insight(models.Model):
    """One version of an insight. ``payload`` is its Draft with verified claims, as JSON.

    The engagement is kept without a database constraint: what the app made outlives a source that
    loses an engagement, and is there again when it returns.
    """

    insight_id = models.CharField(max_length=ID_LENGTH, primary_key=True, default=new_insight_id)
    engagement = models.ForeignKey(
        Engagement,
        models.DO_NOTHING,
        db_constraint=False,
        related_name="insights",
        db_index=False,
    )
    customer_name = models.CharField(max_length=300, blank=True)
    insight_type = models.CharField(max_length=30, choices=choices(InsightType))
    content = models.TextField()
    generated_at = models.DateTimeField()
    version = models.IntegerField(default=1)
    is_current = models.BooleanField(default=True)
    provider = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=200, blank=True)
    prompt_version = models.CharField(max_length=60, blank=True)
    input_fingerprint = models.CharField(max_length=64, blank=True)
    fallback_reason = models.CharField(max_length=300, blank=True)
    severity = models.CharField(max_length=10, blank=True)  # the heaviest claim's, for the filter
    payload = models.JSONField(default=dict)
    verification = models.JSONField(default=dict)
    inputs = models.CharField(max_length=32, blank=True)  # Standing.inputs it was made from
    as_of = models.DateField(null=True, blank=True)
    imported = models.BooleanField(default=False)  # came from a source, not made here
    latency_ms = models.IntegerField(null=True)
    input_tokens = models.IntegerField(null=True)
    output_tokens = models.IntegerField(null=True)
    requested_by = models.CharField(max_length=150, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = InsightQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-generated_at", "insight_id"], name="insight_feed"),
            models.Index(
                fields=["engagement", "insight_type", "-version"], name="insight_versions"
            ),
            # The last insight of a writer, and the newest ones' times.
            models.Index(
                fields=["provider", "model", "-generated_at"],
                name="insight_writer",
                condition=Q(imported=False),
            ),
            # How long the newest took, for the percentiles.
            models.Index(
                fields=["-generated_at", "provider", "latency_ms"],
                name="insight_times",
                condition=Q(imported=False, latency_ms__isnull=False),
            ),
            # Which engagements have a fresh one, told by the index alone.
            models.Index(
                fields=["engagement", "-generated_at"],
                name="insight_fresh",
                condition=Q(is_current=True),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "insight_type"],
                condition=Q(is_current=True),
                name="one_current_insight",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.insight_type} v{self.version} of {self.engagement_id}"


class Generation(Run):
    """A wish for an insight: performed in the request (embedded) or by a worker (a remote model)."""

    engagement = models.ForeignKey(
        Engagement, models.CASCADE, related_name="generations", db_index=False
    )
    insight_type = models.CharField(max_length=30, choices=choices(InsightType))
    provider = models.CharField(max_length=40)
    force = models.BooleanField(default=False)
    insight = models.ForeignKey(
        Insight, models.SET_NULL, null=True, blank=True, related_name="generations"
    )
    bulk = models.ForeignKey(
        "BulkGeneration", models.SET_NULL, null=True, blank=True, related_name="generations"
    )

    class Meta:
        indexes = [
            models.Index(fields=["state", "run_at"], name="generation_queue"),
            models.Index(
                fields=["engagement", "insight_type", "-created_at"], name="generation_of"
            ),
        ]
        constraints = [
            models.UniqueConstraint(  # one at a time, even with two workers
                fields=["engagement", "insight_type"],
                condition=Q(state__in=["waiting", "running"]),
                name="one_generation_in_flight",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.insight_type} for {self.engagement_id}: {self.state}"


class BulkGeneration(models.Model):
    """A wish for many insights over a filter; its generations carry the work."""

    created_at = models.DateTimeField(auto_now_add=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    description = models.CharField(max_length=300)
    total = models.IntegerField(default=0)
    cancelled_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.description


class ProviderState(models.Model):
    """How the last calls of a remote model went; its breaker is open until ``open_until``."""

    provider = models.CharField(max_length=40, primary_key=True)
    failures = models.IntegerField(default=0)  # in a row
    open_until = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    last_ok = models.BooleanField(null=True)
    last_sentence = models.CharField(max_length=300, blank=True)  # why it failed, for people
    last_latency_ms = models.IntegerField(null=True)

    def __str__(self) -> str:
        return self.provider

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked for now."""
        return self.open_until is not None and self.open_until > timezone.now()

"""The tally: history that sources bring, and what people do here, measured."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from engagements.models import choices
from engagements.records import InsightType


class AiMetric(models.Model):
    """A row of ``ps_ai_metrics``: imported history, or our own day's count (``imported`` false)."""

    row_hash = models.CharField(max_length=32, editable=False)
    metric_id = models.CharField(max_length=200, primary_key=True)
    date = models.DateField()
    role = models.CharField(max_length=100)
    insight_type = models.CharField(max_length=30, choices=choices(InsightType))
    insights_generated = models.IntegerField()
    estimated_time_saved_minutes = models.IntegerField(null=True)
    user_rating = models.SmallIntegerField(null=True)
    imported = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["date"], name="ai_metric_day")]

    def __str__(self) -> str:
        return f"{self.role} {self.insight_type} on {self.date}"


class Adoption(models.Model):
    """A row of ``ps_adoption_metrics``: use of the product by a role on a day."""

    row_hash = models.CharField(max_length=32, editable=False)
    date = models.DateField()
    role = models.CharField(max_length=100)
    unique_users = models.IntegerField(null=True)
    total_sessions = models.IntegerField(null=True)
    total_insights_viewed = models.IntegerField(null=True)
    total_actions_taken = models.IntegerField(null=True)
    avg_session_duration_minutes = models.FloatField(null=True)
    imported = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["date", "role"], name="one_adoption_a_day")]

    def __str__(self) -> str:
        return f"{self.role} on {self.date}"


class Activity(models.Model):
    """Something a person did here, once a day: what adoption is measured from."""

    class Kind(models.TextChoices):
        VISIT = "visit"
        INSIGHT_VIEWED = "insight_viewed"
        EVIDENCE_OPENED = "evidence_opened"
        ACTION_TAKEN = "action_taken"
        GENERATED = "generated"
        FEEDBACK = "feedback"

    at = models.DateTimeField(auto_now_add=True)
    day = models.DateField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    role = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.CharField(max_length=200, blank=True)  # an id, never a text

    class Meta:
        indexes = [models.Index(fields=["day", "kind"], name="activity_day")]
        constraints = [
            models.UniqueConstraint(  # what is done again on the same day is no second row
                fields=["user", "day", "kind", "subject"], name="one_activity_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.day}"

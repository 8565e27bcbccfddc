"""The register: risks and actions that live on between insights, and what people decided of them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import Q

from engagements.models import ID_LENGTH, Engagement
from engagements.visibility import of_these
from insights.reasons import HIGH_FROM


class RegisterQuerySet(models.QuerySet[Any]):
    """Rows of the register by who may see them and what is still open."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> RegisterQuerySet:
        return of_these(Engagement.objects.visible_to(user), self)


class Risk(models.Model):
    """A risk of an engagement over time: one row however often and by whom it is found.

    ``claim`` is the newest verified claim of it; ``seen`` the ids of every record it was ever
    quoted from, which is how new evidence is told from old.
    """

    class Status(models.TextChoices):
        OPEN = "open"
        ACKNOWLEDGED = "acknowledged"
        MITIGATING = "mitigating"
        RESOLVED = "resolved"
        DISMISSED = "dismissed"

    OPEN = (Status.OPEN, Status.ACKNOWLEDGED, Status.MITIGATING)

    engagement = models.ForeignKey(
        Engagement, models.DO_NOTHING, db_constraint=False, related_name="risks", db_index=False
    )
    category = models.CharField(max_length=40)
    reason = models.CharField(max_length=40)
    title = models.CharField(max_length=600)
    severity = models.SmallIntegerField()
    likelihood = models.FloatField()
    exposure = models.FloatField()
    level = models.CharField(max_length=10)
    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN)
    claim = models.JSONField(default=dict)
    seen = models.JSONField(default=list)
    occurrences = models.IntegerField(default=1)
    insight_id = models.CharField(max_length=ID_LENGTH, blank=True)
    first_seen_on = models.DateField()
    last_seen_on = models.DateField()
    worse_on = models.DateField(null=True, blank=True)
    returned_on = models.DateField(null=True, blank=True)
    resolved_on = models.DateField(null=True, blank=True)
    resolution = models.CharField(max_length=300, blank=True)  # a sentence: by whom, or by itself
    dismissed_reason = models.CharField(max_length=300, blank=True)
    owner = models.CharField(max_length=150, blank=True)
    due_on = models.DateField(null=True, blank=True)

    objects = RegisterQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["engagement", "status"], name="risk_of_engagement"),
            # The dashboard's open high risks.
            models.Index(
                fields=["-exposure", "first_seen_on"],
                name="risk_open_high",
                condition=Q(status="open", exposure__gte=HIGH_FROM),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} of {self.engagement_id}: {self.status}"


class Action(models.Model):
    """Something to do, proposed by an insight and decided by a person."""

    class Status(models.TextChoices):
        PROPOSED = "proposed"
        ACCEPTED = "accepted"
        EDITED = "edited"
        IN_PROGRESS = "in_progress"
        DONE = "done"
        DISMISSED = "dismissed"
        EXPIRED = "expired"

    OPEN = (Status.PROPOSED, Status.ACCEPTED, Status.EDITED, Status.IN_PROGRESS)
    TAKEN = (Status.ACCEPTED, Status.EDITED, Status.IN_PROGRESS)

    engagement = models.ForeignKey(
        Engagement, models.DO_NOTHING, db_constraint=False, related_name="actions", db_index=False
    )
    risk = models.ForeignKey(Risk, models.SET_NULL, null=True, blank=True, related_name="actions")
    title = models.CharField(max_length=600)
    why = models.CharField(max_length=600, blank=True)
    priority = models.CharField(max_length=2)
    owner_role = models.CharField(max_length=100, blank=True)
    owner = models.CharField(max_length=150, blank=True)
    due_on = models.DateField()
    due_basis = models.CharField(max_length=300, blank=True)
    effort = models.CharField(max_length=1, blank=True)
    done_when = models.CharField(max_length=300, blank=True)
    expected_points = models.FloatField(null=True)
    rule = models.CharField(max_length=60)
    answers = models.CharField(max_length=40, blank=True)  # reason code
    claim = models.JSONField(default=dict)
    seen = models.JSONField(default=list)
    status = models.CharField(max_length=12, choices=Status, default=Status.PROPOSED)
    insight_id = models.CharField(max_length=ID_LENGTH, blank=True)
    proposed_on = models.DateField()
    done_on = models.DateField(null=True, blank=True)
    dismissed_reason = models.CharField(max_length=300, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)

    objects = RegisterQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["engagement", "status"], name="action_of_engagement"),
            models.Index(
                fields=["due_on"],
                name="action_taken_due",
                condition=Q(status__in=["accepted", "edited", "in_progress"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.status})"


class Decision(models.Model):
    """What a person did to a risk or an action, with what it was before: undo, and acceptance."""

    at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    risk = models.ForeignKey(Risk, models.CASCADE, null=True, blank=True, related_name="decisions")
    action = models.ForeignKey(
        Action, models.CASCADE, null=True, blank=True, related_name="decisions"
    )
    verb = models.CharField(max_length=20)
    reason = models.CharField(max_length=300, blank=True)
    before = models.JSONField(default=dict)  # columns as they were
    undone = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="decision_of_one_thing",
                condition=Q(risk=None, action__isnull=False) | Q(risk__isnull=False, action=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} at {self.at}"


class Feedback(models.Model):
    """Whether a person found an insight useful, and why not."""

    insight = models.ForeignKey("insights.Insight", models.CASCADE, related_name="feedback")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    useful = models.BooleanField()
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["insight", "user"], name="one_answer_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.insight_id}: {'useful' if self.useful else 'not useful'}"

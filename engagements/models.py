"""The portfolio: what the sources say, and what notes were found to say; ``judged`` has what follows."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import F, Q

from engagements import records
from engagements.assignments import theirs
from engagements.judged import HealthEvent as HealthEvent
from engagements.judged import HealthReading as HealthReading
from engagements.judged import Standing as Standing
from engagements.membership import SEE_ALL, Assignment, Role, membership_of, role_of
from engagements.reading_counts import ReadingCount as ReadingCount
from engagements.saved_views import SavedView as SavedView
from engagements.scoring_rules import ScoringPreview as ScoringPreview
from engagements.scoring_rules import ScoringRules as ScoringRules
from engagements.search_entry import SearchEntry as SearchEntry
from engagements.share import Share as Share
from engagements.status_turns import StatusTurn as StatusTurn

ID_LENGTH = 200
Person = AbstractBaseUser | AnonymousUser


def choices(words: type[Any]) -> list[tuple[str, str]]:
    """Django choices from an enum of the records, so that the words stand in one place."""
    return [(str(word), str(word)) for word in words]


class SourceRow(models.Model):
    """A row that came from a source; ``row_hash`` tells an unchanged one without comparing columns."""

    row_hash = models.CharField(max_length=32, editable=False)

    class Meta:
        abstract = True


class EngagementQuerySet(models.QuerySet["Engagement"]):
    """Engagements in the words of the domain."""

    def visible_to(self, user: Person) -> EngagementQuerySet:
        """What a person may see: a consultant their own, every other role all, no role nothing."""
        role = role_of(user)
        if role in SEE_ALL:
            return self
        return self.mine_of(user) if role == Role.CONSULTANT else self.none()

    def mine_of(self, user: Person) -> EngagementQuerySet:
        """Those a person owns or is on the team of; none where no team member is tied to them."""
        theirs_alone = theirs(membership_of(user))
        if theirs_alone is None:
            return self.none()
        keys = Assignment.objects.filter(theirs_alone).values("engagement")
        return self.filter(pk__in=keys)

    def workable_by(self, user: Person) -> EngagementQuerySet:
        """What a person may change: what they see, unless they are a viewer."""
        return self.none() if role_of(user) == Role.VIEWER else self.visible_to(user)

    def matching(self, text: str) -> EngagementQuerySet:
        """Those whose customer, id, type or owner hold every word of ``text``."""
        words = text.replace("\x00", " ").split()
        # No such text is in a row, and SQLite refuses a pattern of 50 kB.
        if len(words) > 20 or any(len(word) > 300 for word in words):
            return self.none()
        found = self
        for word in words:
            found = found.filter(
                Q(customer_name__icontains=word)
                | Q(engagement_id__icontains=word)
                | Q(engagement_type__icontains=word)
                | Q(owner_name__icontains=word)
            )
        return found

    def active(self) -> EngagementQuerySet:
        return self.filter(status__in=Engagement.ACTIVE)

    def for_list(self) -> EngagementQuerySet:
        """Each engagement with its standing, in one query."""
        return self.select_related("standing")

    def for_sorted_list(self) -> EngagementQuerySet:
        """The same for an order by standing, which is then read off its index.

        Only where each engagement has one: an engagement that has none waits to be assessed.
        """
        waiting = Engagement.objects.filter(unassessed=True, standing=None).exists()
        return self.for_list() if waiting else self.for_list().filter(standing__isnull=False)


class Engagement(SourceRow):
    """A customer engagement as the source gives it. ``health_score`` is what people reported."""

    ACTIVE = (records.EngagementStatus.ACTIVE, records.EngagementStatus.AT_RISK)

    engagement_id = models.CharField(max_length=ID_LENGTH, primary_key=True)
    customer_name = models.CharField(max_length=300)
    engagement_type = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001 - null is what the source says
    start_date = models.DateField(null=True, blank=True)
    end_date = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=20, choices=choices(records.EngagementStatus))
    health_score = models.SmallIntegerField(null=True, blank=True)
    owner_id = models.CharField(max_length=ID_LENGTH, null=True, blank=True)  # noqa: DJ001
    owner_name = models.CharField(max_length=300, null=True, blank=True)  # noqa: DJ001
    team_members = models.JSONField(default=list, blank=True)
    contract_value = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)
    industry = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001
    region = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001
    planned_hours = models.FloatField(null=True, blank=True)
    consumed_hours = models.FloatField(null=True, blank=True)
    # What is still to be done after a change. The database knows the default, because loads write
    # rows by their source columns alone; a load that is cut short leaves them for the next.
    unread = models.BooleanField(default=True, db_default=True)  # notes changed since last read
    unassessed = models.BooleanField(default=True, db_default=True)  # facts changed since

    objects = EngagementQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["status"], name="engagement_status"),
            models.Index(fields=["owner_name"], name="engagement_owner"),
            models.Index(fields=["engagement_type"], name="engagement_type"),
            models.Index(fields=["end_date"], name="engagement_end"),
            models.Index(fields=["customer_name"], name="engagement_customer"),
            # What a load has left to do, mostly nothing.
            models.Index(
                fields=["engagement_id"], name="engagement_unread", condition=Q(unread=True)
            ),
            models.Index(
                fields=["engagement_id"], name="engagement_unassessed", condition=Q(unassessed=True)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="engagement_ends_after_start",
                condition=Q(end_date__gte=F("start_date")) | Q(end_date=None) | Q(start_date=None),
                violation_error_message="An engagement ends on or after the day it starts.",
            ),
            models.CheckConstraint(
                name="engagement_reported_0_to_100",
                condition=Q(health_score=None) | Q(health_score__range=(0, 100)),
                violation_error_message="A reported health score is between 0 and 100.",
            ),
            models.CheckConstraint(
                name="engagement_status_known",
                condition=Q(status__in=[str(s) for s in records.EngagementStatus]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_name} ({self.engagement_id})"

    @property
    def is_active(self) -> bool:
        return self.status in self.ACTIVE


class Task(SourceRow):
    """A task or milestone of the plan."""

    task_id = models.CharField(max_length=ID_LENGTH, primary_key=True)
    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="tasks", db_index=False)
    name = models.CharField(max_length=1000)
    phase = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    owner_id = models.CharField(max_length=ID_LENGTH, null=True, blank=True)  # noqa: DJ001
    start_date = models.DateField(null=True, blank=True)
    end_date = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=20, choices=choices(records.TaskStatus))
    progress_percent = models.SmallIntegerField(null=True, blank=True)
    is_milestone = models.BooleanField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)
    baseline_end_date = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["engagement", "end_date"], name="task_plan"),
            # The dashboard's overdue milestones: open ones by date.
            models.Index(
                fields=["end_date"],
                name="task_open_milestones",
                condition=Q(is_milestone=True) & ~Q(status="Completed"),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="task_progress_0_to_100",
                condition=Q(progress_percent=None) | Q(progress_percent__range=(0, 100)),
            ),
            models.CheckConstraint(
                name="task_status_known",
                condition=Q(status__in=[str(s) for s in records.TaskStatus]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.task_id})"


class DeliveryNote(SourceRow):
    """What somebody wrote about an engagement. ``sentiment`` is theirs, never ours."""

    note_id = models.CharField(max_length=ID_LENGTH, primary_key=True)
    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="notes", db_index=False)
    author_id = models.CharField(max_length=ID_LENGTH, null=True, blank=True)  # noqa: DJ001
    created_at = models.DateTimeField()
    content = models.TextField()
    sentiment = models.CharField(  # noqa: DJ001
        max_length=20, null=True, blank=True, choices=choices(records.Sentiment)
    )
    updated_at = models.DateTimeField(null=True, blank=True)
    # A load never deletes such a note.
    written_here = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [
            models.Index(fields=["engagement", "-created_at"], name="note_timeline"),
        ]

    def __str__(self) -> str:
        return f"{self.note_id} of {self.engagement_id}"


class NotebookUsage(SourceRow):
    """Runs of one notebook by one person on one day."""

    usage_id = models.CharField(max_length=ID_LENGTH, primary_key=True)
    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="usage", db_index=False)
    user_id = models.CharField(max_length=ID_LENGTH, null=True, blank=True)  # noqa: DJ001
    notebook_name = models.CharField(max_length=500)
    execution_date = models.DateField()
    execution_count = models.IntegerField(null=True, blank=True)
    compute_hours = models.FloatField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["engagement", "execution_date"], name="usage_by_day"),
        ]
        constraints = [
            models.CheckConstraint(
                name="usage_count_not_negative",
                condition=Q(execution_count=None) | Q(execution_count__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notebook_name} on {self.execution_date}"


class TeamMember(SourceRow):
    """A person of the organisation, from ``team_members.json``."""

    id = models.CharField(max_length=ID_LENGTH, primary_key=True)
    name = models.CharField(max_length=300)
    role = models.CharField(max_length=200, blank=True, default="")

    def __str__(self) -> str:
        return self.name


class NoteFinding(models.Model):
    """A problem that a note speaks of, found by the reader; ``quote == content[start:end]``."""

    engagement = models.ForeignKey(
        Engagement, models.CASCADE, related_name="findings", db_index=False
    )
    note = models.ForeignKey(DeliveryNote, models.CASCADE, related_name="findings")
    noted_on = models.DateField()
    category = models.CharField(max_length=40)
    reason = models.CharField(max_length=40)
    severity = models.SmallIntegerField()
    likelihood = models.FloatField()
    status = models.CharField(max_length=20, choices=choices(records.FindingStatus))
    is_blocker = models.BooleanField(default=False)
    quote = models.TextField()
    start = models.IntegerField()
    end = models.IntegerField()
    resolved_on = models.DateField(null=True)
    resolved_by = models.CharField(max_length=ID_LENGTH, null=True)  # noqa: DJ001
    resolved_quote = models.TextField(null=True)  # noqa: DJ001
    resolved_start = models.IntegerField(null=True)
    resolved_end = models.IntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["engagement", "noted_on"], name="finding_by_day")]

    def __str__(self) -> str:
        return f"{self.reason} in {self.note_id}"

"""What is computed of engagements: health by day, the days it turned, and where each stands now."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from engagements.health import Band

ENGAGEMENT = "engagements.Engagement"
BANDS = [(str(band), str(band)) for band in Band]


class HealthReading(models.Model):
    """Health of an engagement as of a day. ``lost`` is points lost by signal; ``detail`` the working.

    ``detail`` (a :class:`engagements.health.Health`) is kept for the newest reading alone.
    """

    engagement = models.ForeignKey(
        ENGAGEMENT, models.CASCADE, related_name="readings", db_index=False
    )
    day = models.DateField()
    score = models.SmallIntegerField(null=True)
    band = models.CharField(max_length=10, choices=BANDS)
    state = models.CharField(max_length=20)
    coverage = models.FloatField()
    lost = models.JSONField(default=dict)
    detail = models.JSONField(null=True)
    rules_version = models.IntegerField(default=1)
    # On the first day of other rules: its score less the one that the rules before gave that day.
    rules_shift = models.SmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "day"], name="one_reading_a_day"),
            models.CheckConstraint(
                name="reading_0_to_100", condition=Q(score=None) | Q(score__range=(0, 100))
            ),
        ]
        indexes = [models.Index(fields=["day", "band"], name="reading_portfolio")]

    def __str__(self) -> str:
        return f"{self.engagement_id} {self.day}: {self.score}"


class HealthEvent(models.Model):
    """The day a score fell by ten or more, or a band changed."""

    engagement = models.ForeignKey(ENGAGEMENT, models.CASCADE, related_name="events")
    day = models.DateField()
    kind = models.CharField(max_length=20)  # drop, worse or better; rules: they alone changed it
    score_before = models.SmallIntegerField(null=True)
    score_after = models.SmallIntegerField(null=True)
    band_before = models.CharField(max_length=10)
    band_after = models.CharField(max_length=10)
    reason = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "day", "kind"], name="one_event_a_day")
        ]
        indexes = [models.Index(fields=["-day"], name="event_newest")]

    def __str__(self) -> str:
        return f"{self.engagement_id} {self.day} {self.kind}"


class Standing(models.Model):
    """Where an engagement stands today, in one row: what lists and the dashboard show.

    Made by ``engagements.readings`` from the newest reading, so that a page never counts tasks.
    ``weekly`` holds the last twelve weekly scores, oldest first, null where there was none.
    """

    engagement = models.OneToOneField(
        ENGAGEMENT, models.CASCADE, primary_key=True, related_name="standing"
    )
    as_of = models.DateField()
    health = models.SmallIntegerField(null=True)
    band = models.CharField(max_length=10, choices=BANDS)
    state = models.CharField(max_length=20)
    coverage = models.FloatField(default=0)
    delta_7d = models.SmallIntegerField(null=True)
    delta_28d = models.SmallIntegerField(null=True)
    weekly = models.JSONField(default=list)
    reason = models.CharField(max_length=500, blank=True)  # the heaviest signal, a sentence
    contradiction = models.CharField(max_length=500, blank=True)
    phase = models.CharField(max_length=100, blank=True)
    tasks_total = models.IntegerField(default=0)
    tasks_done = models.IntegerField(default=0)
    tasks_overdue = models.IntegerField(default=0)
    tasks_blocked = models.IntegerField(default=0)
    milestones_late = models.IntegerField(default=0)
    next_milestone = models.CharField(max_length=1000, blank=True)
    next_milestone_on = models.DateField(null=True)
    notes_total = models.IntegerField(default=0)
    last_note_on = models.DateField(null=True)
    open_findings = models.IntegerField(default=0)
    heaviest_finding = models.FloatField(default=0)  # exposure 0-16
    rules_version = models.IntegerField(default=1, db_default=1)
    inputs = models.CharField(max_length=32, blank=True)  # changes when any of its rows does

    class Meta:
        indexes = [
            models.Index(fields=["health"], name="standing_health"),
            models.Index(fields=["band"], name="standing_band"),
            models.Index(fields=["delta_28d"], name="standing_delta"),
            # Of which day the data is: asked by every list.
            models.Index(fields=["-as_of"], name="standing_day"),
            # The few that fell most, and those whose report the records contradict, worst first.
            models.Index(fields=["delta_7d", "health"], name="standing_fallen"),
            models.Index(
                fields=["health"], name="standing_disputed", condition=~Q(contradiction="")
            ),
            # What the dashboard counts of all, told by the index alone.
            models.Index(
                fields=["phase", "band", "delta_7d", "milestones_late", "contradiction"],
                name="standing_portfolio",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.engagement_id}: {self.health}"

"""What needs somebody today: heavy findings in notes, and milestones that are late."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import F, Q, QuerySet

from engagements import saved
from engagements.models import EngagementQuerySet, NoteFinding, Standing, Task
from engagements.portfolio import COMPLETED
from engagements.records import EngagementStatus, FindingStatus, TaskStatus
from engagements.visibility import of_these

WINDOW_DAYS = 45  # a problem nobody has written of since no longer speaks for itself
LATE_SHOWN = 7
STANDS = (FindingStatus.OPEN, FindingStatus.POTENTIAL)


def worrying(visible: EngagementQuerySet) -> QuerySet[Standing]:
    """The standings of engagements under way whose notes speak of a heavy risk."""
    heavy = Standing.objects.filter(heaviest_finding__gte=saved.HIGH_EXPOSURE)
    return of_these(visible, heavy.exclude(COMPLETED))


def heavy_findings(day: date) -> QuerySet[NoteFinding]:
    """What notes say that is heavy, stands and was said lately; each with its ``exposure``."""
    return (
        NoteFinding.objects.filter(Q(resolved_on=None) | Q(resolved_on__gt=day))
        .filter(status__in=STANDS, noted_on__range=(day - timedelta(days=WINDOW_DAYS), day))
        .annotate(exposure=F("severity") * F("likelihood") * 4)
        .filter(exposure__gte=saved.HIGH_EXPOSURE)
    )


def late_milestones(visible: EngagementQuerySet, day: date) -> list[Task]:
    """The milestones that are longest overdue."""
    return list(
        of_these(visible, Task.objects.filter(is_milestone=True, end_date__lt=day))
        .exclude(status=TaskStatus.COMPLETED)
        .exclude(engagement__status=EngagementStatus.COMPLETED)
        .select_related("engagement")
        .order_by("end_date", "pk")[:LATE_SHOWN]
    )


def next_milestone(visible: EngagementQuerySet, day: date) -> Standing | None:
    """The engagement whose next milestone is nearest, for a day on which nothing is wrong."""
    return (
        of_these(visible, Standing.objects.filter(next_milestone_on__gte=day))
        .select_related("engagement")
        .order_by("next_milestone_on", "pk")
        .first()
    )

"""What needs somebody today: the heavy risks in notes, and the milestones that are late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Q

from engagements import saved
from engagements.gathered import name_of
from engagements.models import EngagementQuerySet, NoteFinding, Standing, Task
from engagements.portfolio import SHOWN
from engagements.records import EngagementStatus, FindingStatus, TaskStatus

WINDOW_DAYS = 45  # a problem nobody has written of since no longer speaks for itself
LATE_SHOWN = 7
STANDS = (FindingStatus.OPEN, FindingStatus.POTENTIAL)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A heavy risk with the words of the note that say so."""

    engagement_id: str
    customer: str
    reason: str
    exposure: float
    quote: str
    note_id: str
    author: str
    noted_on: date


def heavy_risks(visible: EngagementQuerySet, day: date) -> list[Trouble]:
    """The heaviest open risks, one for each engagement and reason: its newest words."""
    heaviest = (
        Standing.objects.filter(engagement__in=visible, heaviest_finding__gte=saved.HIGH_EXPOSURE)
        .exclude(engagement__status=EngagementStatus.COMPLETED)
        .order_by("-heaviest_finding", "health", "pk")
    )
    findings = (
        NoteFinding.objects.filter(Q(resolved_on=None) | Q(resolved_on__gt=day))
        .filter(
            engagement__in=heaviest.values("pk")[:SHOWN],
            status__in=STANDS,
            noted_on__range=(day - timedelta(days=WINDOW_DAYS), day),
        )
        .annotate(exposure=F("severity") * F("likelihood") * 4, author=name_of("note__author_id"))
        .filter(exposure__gte=saved.HIGH_EXPOSURE)
        .order_by("-exposure", "-noted_on", "pk")
        .select_related("engagement")
    )
    newest: dict[tuple[str, str], NoteFinding] = {}
    for finding in findings[: SHOWN * 20]:
        newest.setdefault((finding.engagement_id, finding.reason), finding)
    return [_trouble(finding) for finding in list(newest.values())[:SHOWN]]


def _trouble(finding: NoteFinding) -> Trouble:
    return Trouble(
        engagement_id=finding.engagement_id,
        customer=finding.engagement.customer_name,
        reason=finding.reason,
        exposure=finding.severity * finding.likelihood * 4,
        quote=finding.quote,
        note_id=finding.note_id,
        author=getattr(finding, "author", ""),
        noted_on=finding.noted_on,
    )


def late_milestones(visible: EngagementQuerySet, day: date) -> list[Task]:
    """The milestones that are longest overdue."""
    return list(
        Task.objects.filter(engagement__in=visible, is_milestone=True, end_date__lt=day)
        .exclude(status=TaskStatus.COMPLETED)
        .exclude(engagement__status=EngagementStatus.COMPLETED)
        .select_related("engagement")
        .order_by("end_date", "pk")[:LATE_SHOWN]
    )


def next_milestone(visible: EngagementQuerySet, day: date) -> Standing | None:
    """The engagement whose next milestone is nearest, for a day on which nothing is wrong."""
    return (
        Standing.objects.filter(engagement__in=visible, next_milestone_on__gte=day)
        .select_related("engagement")
        .order_by("next_milestone_on", "pk")
        .first()
    )

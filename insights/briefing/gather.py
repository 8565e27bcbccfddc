"""Gathering a week's briefing: five queries, however many engagements changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Case, Count, Exists, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone

from connectors.freshness import Glance
from connectors.models import QuarantinedRow
from engagements.gathered import gathered
from engagements.health import Band, Rules
from engagements.membership import Person, manages
from engagements.models import Engagement, EngagementQuerySet, HealthEvent, HealthReading, Task
from engagements.records import EngagementStatus, InsightType, TaskStatus
from engagements.scoring import in_force
from insights.briefing import telling
from insights.briefing.changes import Briefing, Caveat
from insights.briefing.weeks import DAYS, Week
from insights.models import Action, Decision, Insight, Risk

TAKING = ("accept", "edit", "start")  # verbs by which somebody takes an action on
HEAVY = ("high", "critical")
EVENT = ("day", "kind", "score_before", "score_after", "band_before", "band_after", "reason")
RISK = (
    *("id", "title", "level", "exposure", "status", "first_seen_on", "worse_on", "returned_on"),
    *("resolved_on", "resolution"),
)
TASK = ("task_id", "name", "end_date", "status", "done_on")
ACTION = ("id", "title", "owner", "due_on", "status", "done_on", "taken")
STANDING = ("health", "reason", "contradiction")
READING = ("day", "score", "band", "rules_shift")


@dataclass(frozen=True, kw_only=True)
class Known:
    """What there is in a person's scope: how many engagements, and since when."""

    open: int
    unscored: int
    disputed: int  # that report and records disagree on
    aside: int  # rows of all tables that could not be taken
    since: date | None


def scoped(user: Person, scope: str) -> EngagementQuerySet:
    """The engagements a briefing is about: of those a person may see, all or their own."""
    visible = Engagement.objects.visible_to(user)
    return visible.filter(pk__in=Engagement.objects.mine_of(user)) if scope == "mine" else visible


def known_of(scope: EngagementQuerySet) -> Known:
    """The denominators; one query."""
    running = ~Q(status=EngagementStatus.COMPLETED)
    first = HealthReading.objects.order_by("day").values("day")[:1]
    every = QuarantinedRow.objects.order_by().values(every=Value(1))
    aside = every.annotate(number=Count("pk")).values("number")
    found = scope.order_by().aggregate(
        open=Count("pk", filter=running),
        unscored=Count("pk", filter=running & Q(standing__health=None)),
        disputed=Count("pk", filter=running & Q(standing__contradiction__gt="")),
        aside=Min(Subquery(aside)),
        since=Min(Subquery(first)),
    )
    return Known(**found | {"aside": found["aside"] or 0})


def briefing_of(
    user: Person, scope: str, week: Week, *, as_of: date, glance: Glance, known: Known
) -> Briefing:
    """The briefing of a week; four queries."""
    rules = in_force().rules
    return telling.told(
        list(changed(scoped(user, scope), week, rules)),
        week,
        rules=rules,
        as_of=as_of,
        scope=scope,
        open=known.open,
        disputes=known.disputed if week.newest else 0,
        glance=glance,
        caveats=_caveats(user, glance, known, week),
    )


def changed(scope: EngagementQuerySet, week: Week, rules: Rules) -> QuerySet[Engagement]:
    """The engagements something happened to, each with its rows of the week gathered; one query."""
    events = HealthEvent.objects.filter(
        day__range=(week.first, week.last), kind__in=("drop", "worse", "better")
    )
    risks, tasks, actions = _risks(week), _milestones(week), _actions(week)
    ruled = Q(day__range=(week.first, week.last), rules_shift__isnull=False)
    readings = _before(week) | HealthReading.objects.filter(Q(day=week.last) | ruled)
    moved = _disputes(week, rules)
    for rows in (events, risks, tasks, actions):
        moved |= Q(pk__in=rows.order_by().values("engagement"))
    return (
        scope.annotate(reported=_reported_band(rules))
        .filter(moved)
        .select_related("standing")
        .only(
            "customer_name", "status", "health_score", *(f"standing__{name}" for name in STANDING)
        )
        .annotate(
            week_events=gathered(events, *EVENT),
            week_risks=gathered(risks, *RISK),
            week_tasks=gathered(tasks, *TASK),
            week_actions=gathered(actions, *ACTION),
            week_readings=gathered(readings, *READING),
            week_read_before=Exists(_read_before(week)),
        )
        .order_by("pk")
    )


def _before(week: Week) -> QuerySet[HealthReading]:
    """Readings of the seven days before."""
    days = (week.first - timedelta(days=DAYS), week.first - timedelta(days=1))
    return HealthReading.objects.filter(day__range=days)


def _risks(week: Week) -> QuerySet[Risk]:
    days = (week.first, week.last)
    heavy = Q(status__in=Risk.OPEN, level__in=HEAVY)
    found = Q(first_seen_on__range=days) | Q(returned_on__range=days) | Q(worse_on__range=days)
    resolved = Q(status=Risk.Status.RESOLVED, resolved_on__range=days)
    return Risk.objects.filter(heavy & found | resolved)


def _read_before(week: Week) -> QuerySet[Insight]:
    """What tells that an engagement's risks had been looked for before the week."""
    return Insight.objects.filter(
        engagement=OuterRef("pk"), insight_type=InsightType.RISK_DETECTION, as_of__lt=week.first
    )


def _milestones(week: Week) -> QuerySet[Task]:
    """Milestones that were met in the week, and those whose date passed in it undone."""
    done = Q(status=TaskStatus.COMPLETED)
    one = timedelta(days=1)
    # Moments and not dates: SQLite would ask Python for the date of every milestone.
    met = done & Q(completed_at__gte=_start(week.first), completed_at__lt=_start(week.last + one))
    passed = Q(end_date__range=(week.first - one, week.last - one))
    undone = ~done | Q(completed_at__gte=_start(week.last + one))
    slipped = passed & undone & ~Q(engagement__status=EngagementStatus.COMPLETED)
    return Task.objects.filter(met | slipped, is_milestone=True).annotate(
        done_on=TruncDate("completed_at")
    )


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _reported_band(rules: Rules) -> Case:
    """The band of the score that people report."""
    return Case(
        When(health_score__gte=rules.healthy_from, then=Value(Band.HEALTHY.value)),
        When(health_score__gte=rules.warning_from, then=Value(Band.WARNING.value)),
        default=Value(Band.CRITICAL.value),
    )


def _disputes(week: Week, rules: Rules) -> Q:
    """Contradictions that may be new: no reading of before is of the band that is reported.

    More than are new, which :mod:`insights.briefing.telling` decides; few of all that stand.
    """
    if not week.newest:
        return Q(pk__in=[])
    before = _before(week).filter(engagement=OuterRef("pk"))
    said = OuterRef("health_score")
    near = Q(score__range=(said - rules.hysteresis, said + rules.hysteresis))
    agreed = before.filter(Q(score=None) | Q(band=OuterRef("reported")) | near)
    new = Q(health_score=None) | Exists(agreed) | ~Exists(before)
    return Q(standing__contradiction__gt="") & new


def _actions(week: Week) -> QuerySet[Action]:
    taken = Decision.objects.filter(
        action=OuterRef("pk"), verb__in=TAKING, undone=False, at__date__gte=week.first
    )
    if not week.newest or timezone.now().date() <= week.last:
        taken = taken.filter(at__date__lte=week.last)
    # Else data of a fixed day: what people decided since then is of its newest week.
    wanted = Q(status=Action.Status.DONE, done_on__range=(week.first, week.last))
    wanted |= Q(status__in=Action.TAKEN, taken=True)
    if week.newest:
        wanted |= Q(status__in=Action.TAKEN, due_on__lte=week.last + timedelta(days=DAYS))
    return Action.objects.annotate(taken=Exists(taken)).filter(wanted)


def _caveats(user: Person, glance: Glance, known: Known, week: Week) -> tuple[Caveat, ...]:
    told = []
    if glance.failed:
        told.append(Caveat(sentence="The newest load of the data failed.", graver=True))
    elif glance.stale and glance.loaded_at:
        when = f"{glance.loaded_at.day} {glance.loaded_at:%b}"
        told.append(Caveat(sentence=f"The data is old: it was loaded on {when}.", graver=True))
    if known.unscored:
        told.append(
            Caveat(
                sentence=f"{known.unscored} of {known.open} open engagements have no score, so "
                "their health cannot be seen to change.",
                href=f"{reverse('engagements:index')}?health=unknown&status=open",
            )
        )
    if known.aside:
        rows = "1 row of the source is" if known.aside == 1 else f"{known.aside} rows are"
        href = reverse("settings:quarantine") if manages(user) else ""
        told.append(Caveat(sentence=f"{rows} kept aside and counted nowhere.", href=href))
    if not week.newest:
        told.append(
            Caveat(
                sentence="Contradictions and due actions are known as they are now, so only the "
                "newest week tells them."
            )
        )
    return tuple(told)

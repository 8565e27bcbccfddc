"""Everything on the metrics page that is a count, in one query.

A count is known by what it counts and up to two words that divide it: a week, a role, a status.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from engagements.membership import Role
from engagements.models import Engagement, HealthReading
from insights.models import Action, Feedback, Insight, InsightCount, Risk
from metrics.activity import NO_ROLE
from metrics.models import Activity, Adoption, AiMetric
from metrics.period import Period, midnight

FRESH_DAYS = 7  # an insight that is no older
CONFIDENT = 0.8  # share of the health model's weight that the data allows
EFFECT_DAYS = 14  # after an action was done
NOTHING = Value("", output_field=CharField())
# The words of engagements.membership.role_of, for a login without a group.
HELD = Case(
    When(Q(is_staff=True) | Q(is_superuser=True), then=Value(Role.ADMIN.label)),
    When(membership__role=Role.ADMIN, then=Value(Role.MANAGER.label)),
    *(When(membership__role=role, then=Value(role.label)) for role in Role),
    output_field=CharField(),
)


class Tally:
    """The counts of a period, looked up by what they count."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._counts: dict[str, dict[tuple[str, str], int]] = {}
        for what, first, second, number in rows:
            self._counts.setdefault(what, {})[first, second] = int(number or 0)

    def number(self, what: str, first: str = "", second: str = "") -> int:
        return self._counts.get(what, {}).get((first, second), 0)

    def total(self, what: str) -> int:
        return sum(self._counts.get(what, {}).values())

    def by_first(self, what: str) -> dict[str, int]:
        """Numbers by the first word, the second ones added up."""
        sums: dict[str, int] = {}
        for (first, _), number in self._counts.get(what, {}).items():
            sums[first] = sums.get(first, 0) + number
        return sums

    def by_second(self, what: str) -> dict[str, int]:
        sums: dict[str, int] = {}
        for (_, second), number in self._counts.get(what, {}).items():
            sums[second] = sums.get(second, 0) + number
        return sums

    def by_week(self, what: str, weeks: list[date]) -> list[int]:
        """Numbers in the order of those Mondays."""
        sums = self.by_first(what)
        return [sums.get(week.isoformat(), 0) for week in weeks]


def tally(period: Period, visible: QuerySet[Engagement]) -> Tally:
    """Count everything of a period; coverage is that of the engagements one may see."""
    if visible.query.has_filters():
        return Tally(_rows(*_compiled(period, visible)))
    return Tally(_rows(*_statement(period)))


@lru_cache(maxsize=32)
def _statement(period: Period) -> tuple[str, tuple[Any, ...]]:
    """The statement for who sees all. Putting it together costs more than running it."""
    return _compiled(period, Engagement.objects.all())


def _rows(sql: str, parameters: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def _compiled(period: Period, visible: QuerySet[Engagement]) -> tuple[str, tuple[Any, ...]]:
    parts: list[QuerySet[Any]] = [
        *_use(period),
        *_history(period),
        *_made(period),
        *_decided(period),
        _coverage(period, visible),
        _effects(period),
    ]
    sql, parameters = parts[0].union(*parts[1:], all=True).query.sql_with_params()
    return sql, tuple(parameters)


def _counted(
    rows: QuerySet[Any], what: str, number: Any, first: Any = NOTHING, second: Any = NOTHING
) -> QuerySet[Any]:
    """Rows divided by two words and counted, in the shape that all parts share."""
    named = rows.order_by().annotate(
        t_what=Value(what, output_field=CharField()), t_first=first, t_second=second
    )
    grouped = named.values("t_what", "t_first", "t_second").annotate(t_number=number)
    return grouped.values_list("t_what", "t_first", "t_second", "t_number")


def _word(name: str) -> Cast:
    return Cast(F(name), CharField())


def _week(name: str, weeks: Sequence[date | datetime]) -> Case:
    """The Monday of a row's week as text, "2026-11-16".

    By comparing with each Monday, newest first: a function of Django's that truncates dates is
    called back from SQLite for every row and takes ten times as long.
    """
    known = [
        When(**{f"{name}__gte": week}, then=Value(f"{week:%Y-%m-%d}")) for week in reversed(weeks)
    ]
    return Case(*known, default=NOTHING, output_field=CharField())


def _use(period: Period) -> Iterator[QuerySet[Any]]:
    acts = Activity.objects.filter(day__gte=period.since, user__isnull=False)
    lately = Activity.objects.filter(day__gt=period.today - timedelta(days=7), user__isnull=False)
    people = Count("user", distinct=True)
    yield _counted(acts, "week", people, _week("day", period.weeks), _word("role"))
    yield _counted(acts, "people", people, _word("role"))
    yield _counted(lately, "seven", people, _word("role"))
    yield _counted(acts, "kind", Count("pk"), _word("kind"))
    groups = Group.objects.filter(user=OuterRef("pk")).order_by("name").values("name")
    named = Cast(Subquery(groups[:1]), CharField())
    role = Coalesce(named, HELD, Value(NO_ROLE))
    accounts = get_user_model().objects.filter(is_active=True)
    yield _counted(accounts, "accounts", Count("pk"), role)


def _history(period: Period) -> Iterator[QuerySet[Any]]:
    span = (period.history_since, period.day)
    imported = AiMetric.objects.filter(imported=True, date__range=span)
    people = Adoption.objects.filter(imported=True, date__range=span)
    yield _counted(
        imported,
        "imported",
        Sum("insights_generated"),
        _week("date", period.history_weeks),
        _word("role"),
    )
    minutes = Coalesce(Sum("estimated_time_saved_minutes"), 0)
    yield _counted(imported, "imported minutes", minutes, _word("role"))
    busiest = Coalesce(Max("unique_users"), 0)
    yield _counted(people, "imported people", busiest, _word("role"))


def _made(period: Period) -> Iterator[QuerySet[Any]]:
    made = Insight.objects.filter(imported=False, generated_at__gte=period.since_moment)
    counts = InsightCount.objects.filter(imported=False, day__gte=period.since, count__gt=0)
    yield _counted(counts, "made", Sum("count"), _week("day", period.weeks), _word("insight_type"))
    found_useful = Feedback.objects.filter(useful=True).values("insight")
    took_on = Action.objects.filter(status__in=[*Action.TAKEN, Action.Status.DONE])
    # One list of keys and not two conditions, or every insight of the period would be looked at.
    used = made.filter(pk__in=found_useful.union(took_on.values("insight_id")))
    yield _counted(used, "used", Count("pk"), _word("insight_type"))
    answers = Feedback.objects.filter(at__gte=period.since_moment)
    useful = Case(When(useful=True, then=Value("yes")), default=Value("no"))
    yield _counted(answers, "useful", Count("pk"), useful)


def _decided(period: Period) -> Iterator[QuerySet[Any]]:
    actions = Action.objects.filter(proposed_on__gte=period.history_since)
    risks = Risk.objects.filter(last_seen_on__gte=period.history_since)
    yield _counted(actions, "actions", Count("pk"), _word("status"))
    yield _counted(risks, "risks", Count("pk"), _word("status"))
    for rows in (actions, risks):
        dismissed = rows.filter(status="dismissed")
        word = Value(rows.model.__name__, output_field=CharField())
        yield _counted(dismissed, "dismissed", Count("pk"), _word("dismissed_reason"), word)


def _coverage(period: Period, visible: QuerySet[Engagement]) -> QuerySet[Any]:
    """Active engagements by whether an insight is fresh and health rests on enough data."""
    since = min(period.today, period.day) - timedelta(days=FRESH_DAYS)
    fresh = Exists(
        Insight.objects.filter(
            engagement=OuterRef("pk"), is_current=True, generated_at__gte=midnight(since)
        )
    )
    active = visible.filter(status__in=Engagement.ACTIVE).annotate(fresh=fresh)
    scored = Q(standing__coverage__gte=CONFIDENT)
    # Whether one is fresh is asked once of each engagement: it is a search of its own.
    state = Case(
        When(fresh=True, then=Case(When(scored, then=Value("both")), default=Value("fresh"))),
        default=Case(When(scored, then=Value("scored")), default=Value("neither")),
    )
    return _counted(active, "coverage", Count("pk"), state)


def _effects(period: Period) -> QuerySet[Any]:
    """Actions done in the period by what the engagement's score did in the fortnight after."""
    fortnight = timedelta(days=EFFECT_DAYS)
    scores = HealthReading.objects.filter(engagement=OuterRef("engagement_id"), score__isnull=False)
    done = Action.objects.filter(
        status=Action.Status.DONE, done_on__gte=period.history_since
    ).annotate(
        until=ExpressionWrapper(F("done_on") + fortnight, output_field=DateField()),
        before=Subquery(
            scores.filter(day__lte=OuterRef("done_on")).order_by("-day").values("score")[:1]
        ),
    )
    later = scores.filter(day__gt=OuterRef("done_on"), day__lte=OuterRef("until"))
    done = done.annotate(after=Subquery(later.order_by("-day").values("score")[:1]))
    came = Case(
        When(done_on__gt=period.day - fortnight, then=Value("waiting")),
        When(Q(before=None) | Q(after=None), then=Value("unknown")),
        When(after__gt=F("before"), then=Value("better")),
        When(after__lt=F("before"), then=Value("worse")),
        default=Value("same"),
    )
    return _counted(done, "effect", Count("pk"), came)

"""The ready-made views of the list: the questions of every week, and how many answer to each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Count, Q

from engagements.health import Band
from engagements.membership import membership_of
from engagements.models import Engagement, EngagementQuerySet
from engagements.records import EngagementStatus
from engagements.standing import DROP_POINTS

QUIET_DAYS = 14
ENDING_DAYS = 30
HIGH_EXPOSURE = 8
Person = AbstractBaseUser | AnonymousUser


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who asks, and of which day the data is."""

    user: Person
    day: date


@dataclass(frozen=True)
class View:
    """A named question to the portfolio."""

    key: str
    label: str
    condition: Callable[[Asker], Q]


def dropped() -> Q:
    """Health fell by so many points within a week."""
    return Q(standing__delta_7d__lte=-DROP_POINTS)


def mine(asker: Asker) -> Q:
    """Theirs as a team member; of a login that is tied to none, what they own by its name."""
    tied = membership_of(asker.user)
    if tied is not None and tied.is_tied:
        return Q(pk__in=Engagement.objects.mine_of(asker.user).values("pk"))
    name = asker.user.get_full_name() if hasattr(asker.user, "get_full_name") else ""
    owned = Q(owner_id=asker.user.get_username())
    return owned | Q(owner_name=name) if name else owned


def ending(asker: Asker) -> Q:
    within = (asker.day, asker.day + timedelta(days=ENDING_DAYS))
    return Q(end_date__range=within) & ~Q(status=EngagementStatus.COMPLETED)


def quiet(asker: Asker) -> Q:
    """Under way, and nobody has written a note for two weeks."""
    heard = Q(standing__last_note_on__gt=asker.day - timedelta(days=QUIET_DAYS))
    return Q(status__in=Engagement.ACTIVE) & ~heard


VIEWS = (
    View("mine", "Mine", mine),
    View("critical", "Critical", lambda _: Q(standing__band=Band.CRITICAL)),
    View("dropped", "Dropped this week", lambda _: dropped()),
    View("risks", "High risks", lambda _: Q(standing__heaviest_finding__gte=HIGH_EXPOSURE)),
    View("overdue", "Overdue milestones", lambda _: Q(standing__milestones_late__gt=0)),
    View("ending", f"Ends in {ENDING_DAYS} days", ending),
    View("quiet", f"No note for {QUIET_DAYS} days", quiet),
    View("contradictions", "Contradictions", lambda _: Q(standing__contradiction__gt="")),
)
BY_KEY = {view.key: view for view in VIEWS}


@dataclass(frozen=True, kw_only=True)
class Tab:
    """A view as the page shows it, with the number of engagements in it."""

    key: str
    label: str
    count: int


def tabs(visible: EngagementQuerySet, asker: Asker) -> list[Tab]:
    """Every view with its count, in one query."""
    counts = visible.aggregate(
        everything=Count("pk"),
        **{view.key: Count("pk", filter=view.condition(asker)) for view in VIEWS},
    )
    named = [Tab(key=view.key, label=view.label, count=counts[view.key]) for view in VIEWS]
    return [Tab(key="", label="All", count=counts["everything"]), *named]

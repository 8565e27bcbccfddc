"""Search over what a person may see: customers, engagements, notes, risks, actions; by words.

Every word must stand in a record; the last one may go on. Results are grouped by what they are, and
each names the place where it is seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Case, Count, F, IntegerField, QuerySet, Value, When
from django.urls import reverse
from django.utils.safestring import SafeString

from engagements import search_index
from engagements.gathered import name_of
from engagements.models import DeliveryNote, Engagement
from engagements.search import asked, keys_of
from engagements.search_index import ENGAGEMENT, NOTE, Searchable
from engagements.visibility import of_these
from insights.models import Action, Risk
from insights.snippets import holds, lit
from psinsights.lib.http import record_link
from psinsights.lib.words import plural

CUSTOMER, RISK, ACTION = "customer", "risk", "action"
MOST_NAMES = 500  # that are looked through for customers
User = AbstractBaseUser | AnonymousUser


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A record that holds the words: what it is, where it is seen, and the words in their place."""

    kind: str
    record: str
    engagement_id: str
    customer: str
    link: str
    title: SafeString
    snippet: SafeString
    on: date | None = None
    by: str = ""
    state: str = ""
    level: str = ""
    band: str = ""
    score: int | None = None


def search(text: str, user: User, limit: int = 10, kinds: Sequence[str] = ()) -> list[Hit]:
    """At most ``limit`` records of each kind (all kinds, or those named); one query a kind."""
    words = asked(text)
    if not words:
        return []
    return [
        hit
        for kind, find in FINDERS.items()
        if not kinds or kind in kinds
        for hit in find(words, user, limit)
    ]


def _place(engagement_id: str, record: str) -> str:
    return record_link(reverse("engagements:detail", args=[engagement_id]), record)


def _customers(words: list[str], user: User, limit: int) -> list[Hit]:
    """Customers whose name holds the words, with the number of their engagements."""
    rows = (
        Engagement.objects.visible_to(user)
        .filter(pk__in=keys_of(ENGAGEMENT, words, user))
        .values_list("customer_name")
        .annotate(engagements=Count("pk"))
        .order_by("customer_name")
    )
    named = [(name, number) for name, number in rows[:MOST_NAMES] if holds(name, words)]
    return [
        Hit(
            kind=CUSTOMER,
            record=name,
            engagement_id="",
            customer=name,
            link=reverse("engagements:index", query={"q": name[:200]}),
            title=lit(name, words),
            snippet=lit(plural(number, "engagement"), []),
        )
        for name, number in named[:limit]
    ]


def _engagements(words: list[str], user: User, limit: int) -> list[Hit]:
    """Running ones first, then by name."""
    rows = (
        Engagement.objects.visible_to(user)
        .filter(pk__in=keys_of(ENGAGEMENT, words, user))
        .annotate(rank=_first_if(status__in=Engagement.ACTIVE))
        .select_related("standing")
        .order_by("rank", "customer_name", "pk")
    )
    return [_engagement_hit(row, words) for row in rows[:limit]]


def _engagement_hit(row: Any, words: list[str]) -> Hit:
    said = (row.pk, row.engagement_type, row.owner_name, row.industry, row.region)
    standing = getattr(row, "standing", None)
    return Hit(
        kind=ENGAGEMENT,
        record=row.pk,
        engagement_id=row.pk,
        customer=row.customer_name,
        link=reverse("engagements:detail", args=[row.pk]),
        title=lit(row.customer_name, words),
        snippet=lit(" · ".join(filter(None, said)), words),
        state=row.status,
        band=standing.band if standing else "unknown",
        score=standing.health if standing else None,
    )


def _notes(words: list[str], user: User, limit: int) -> list[Hit]:
    """Newest first."""
    rows = (
        of_these(Engagement.objects.visible_to(user), DeliveryNote.objects.all())
        .filter(pk__in=keys_of(NOTE, words, user))
        .annotate(who=name_of("author_id"), customer=F("engagement__customer_name"))
        .order_by("-created_at", "-pk")
    )
    return [
        Hit(
            kind=NOTE,
            record=row.pk,
            engagement_id=row.engagement_id,
            customer=row.customer,
            link=_place(row.engagement_id, row.pk),
            title=lit(row.pk, words),
            snippet=lit(row.content, words),
            on=row.created_at.date(),
            by=row.who,
            state=row.sentiment or "",
        )
        for row in rows[:limit]
    ]


def _risks(words: list[str], user: User, limit: int) -> list[Hit]:
    """Open ones first, the gravest first."""
    rows = _of_register(Risk, RISK, words, user).order_by("rank", "-exposure", "-pk")
    return [
        Hit(
            kind=RISK,
            record=f"risk-{row.pk}",
            engagement_id=row.engagement_id,
            customer=row.customer,
            link=_place(row.engagement_id, f"risk-{row.pk}"),
            title=lit(row.title, words),
            snippet=lit(" ".join(filter(None, (row.dismissed_reason, row.resolution))), words),
            on=row.last_seen_on,
            by=row.owner,
            state=row.get_status_display(),
            level=row.level,
        )
        for row in rows[:limit]
    ]


def _actions(words: list[str], user: User, limit: int) -> list[Hit]:
    """Those still to be done first, by date."""
    rows = _of_register(Action, ACTION, words, user).order_by("rank", "due_on", "pk")
    return [
        Hit(
            kind=ACTION,
            record=f"action-{row.pk}",
            engagement_id=row.engagement_id,
            customer=row.customer,
            link=_place(row.engagement_id, f"action-{row.pk}"),
            title=lit(row.title, words),
            snippet=lit(row.why, words),
            on=row.due_on,
            by=row.owner or row.owner_role,
            state=row.get_status_display(),
            level=row.priority,
        )
        for row in rows[:limit]
    ]


def _of_register(model: Any, kind: str, words: list[str], user: User) -> QuerySet[Any]:
    rows = model.objects.visible_to(user).filter(pk__in=keys_of(kind, words, user, numbers=True))
    return rows.annotate(
        rank=_first_if(status__in=model.OPEN), customer=F("engagement__customer_name")
    )


def _first_if(**condition: Any) -> Case:
    return Case(When(**condition, then=Value(0)), default=Value(1), output_field=IntegerField())


FINDERS: dict[str, Callable[[list[str], User, int], list[Hit]]] = {
    CUSTOMER: _customers,
    ENGAGEMENT: _engagements,
    NOTE: _notes,
    RISK: _risks,
    ACTION: _actions,
}


def index_risks(engagement_id: str, risks: Iterable[Risk] | None = None) -> None:
    """Let an engagement's risks be found by their newest words."""
    rows = Risk.objects.filter(engagement_id=engagement_id) if risks is None else risks
    search_index.put(
        RISK, engagement_id, [_searchable(row.pk, engagement_id, row.title) for row in rows]
    )


def index_actions(engagement_id: str) -> None:
    """Let an engagement's actions be found by their newest words."""
    rows = Action.objects.filter(engagement_id=engagement_id)
    texts = rows.values_list("pk", "title", "why")
    search_index.put(
        ACTION,
        engagement_id,
        [_searchable(pk, engagement_id, f"{title} {why}") for pk, title, why in texts],
    )


def _searchable(pk: int, engagement_id: str, text: str) -> Searchable:
    digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    return Searchable(str(pk), engagement_id, digest, text)

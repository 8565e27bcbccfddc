"""Who is on which engagement, as rows: a list within a row cannot be looked up by its members."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db.models import Q

from engagements.membership import NAME_LENGTH, Assignment, Membership

Assigned = tuple[str, bool]  # who, and whether that is a name
COLUMNS = ("engagement_id", "member", "by_name")


def plain_name(name: str) -> str:
    """A name as it is compared: without regard to case and spacing."""
    return " ".join(name.split()).casefold()[:NAME_LENGTH]


def assigned(
    owner_id: str | None, owner_name: str | None, member_ids: Iterable[str]
) -> set[Assigned]:
    """Everybody an engagement belongs to. Its owner goes by name only where there is no id."""
    people = {(member_id, False) for member_id in member_ids if member_id}
    if owner_id:
        people.add((owner_id, False))
    elif owner_name and owner_name.strip():
        people.add((plain_name(owner_name), True))
    return people


def rows_of(records: Iterable[Any]) -> Iterator[tuple[str, str, bool]]:
    """The rows of engagement records, in the order of ``COLUMNS``."""
    for record in records:
        ids = [member.id for member in record.team_members]
        for who, by_name in assigned(record.owner_id, record.owner_name, ids):
            yield record.engagement_id, who, by_name


def forget(engagement_ids: Collection[str]) -> None:
    """Nobody is on these engagements; a batch of ids, as one statement takes them."""
    Assignment.objects.filter(engagement__in=engagement_ids).delete()


def theirs(membership: Membership | None) -> Q | None:
    """The condition on assignments that finds a member's; None where no member is tied."""
    if membership is None or not membership.is_tied:
        return None
    found = Q()
    if membership.member_id:
        found |= Q(member=membership.member_id, by_name=False)
    if name := plain_name(membership.member_name):
        found |= Q(member=name, by_name=True)
    return found

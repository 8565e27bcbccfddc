"""Logins: who may sign in, in which role, and as which of the organisation's people.

Every change is noted in the audit log. Somebody who can sign in and is an admin always remains.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from engagements.assignments import plain_name
from engagements.membership import Assignment, Membership, Role, role_of
from engagements.models import Engagement, TeamMember
from psinsights.lib import audit
from psinsights.models import ApiToken

ADMINS = Q(is_staff=True) | Q(is_superuser=True)
UNUSABLE = "!"  # how the hash of a password begins that nobody has
MOST_SUGGESTED = 200  # team members offered while typing
MEANING = {
    Role.VIEWER: "Sees every engagement and changes nothing.",
    Role.CONSULTANT: "Sees and works on the engagements of their team member, no others.",
    Role.MANAGER: "Sees and works on every engagement, rows kept aside and the log.",
    Role.ADMIN: "A manager who also loads data, connects systems and manages people.",
}


class NotPossible(Exception):
    """It was not done; a sentence says why."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A person of the organisation; one that a source knows by name alone has no id."""

    id: str = ""
    name: str = ""


NOBODY = Member()


def people() -> QuerySet[User]:
    """Every login with its role and the number of its live tokens."""
    live = Count("api_tokens", filter=Q(api_tokens__revoked_at=None))
    rows = get_user_model().objects.select_related("membership").annotate(tokens=live)
    return rows.order_by("-is_active", "username")


def find_members(text: str) -> list[Member]:
    """Those whose id or name was typed: by id at most one, by name as many as are called so."""
    if known := TeamMember.objects.filter(pk=text).first():
        return [Member(id=known.pk, name=known.name)]
    owned = Engagement.objects.filter(owner_id=text).values_list("owner_name", flat=True).first()
    if owned is not None or Assignment.objects.filter(member=text, by_name=False).exists():
        return [Member(id=text, name=owned or "")]
    named = TeamMember.objects.filter(name__iexact=" ".join(text.split())).order_by("pk")
    owners = Engagement.objects.filter(owner_name__iexact=text).exclude(owner_id=None)
    found = [
        *named.values_list("pk", "name")[:20],
        *owners.order_by("owner_id").values_list("owner_id", "owner_name").distinct()[:20],
    ]
    if found:
        return [Member(id=key or "", name=name or "") for key, name in dict(found).items()]
    by_name = Assignment.objects.filter(member=plain_name(text), by_name=True)
    return [Member(name=" ".join(text.split()))] if by_name.exists() else []


def suggestions() -> list[TeamMember]:
    """Team members to choose from, by name."""
    return list(TeamMember.objects.order_by("name", "pk")[:MOST_SUGGESTED])


@transaction.atomic
def add(by: User, *, username: str, name: str, email: str, role: Role, member: Member) -> User:
    """A login that has no password yet: whoever gets its link chooses one."""
    first, _, last = name.rpartition(" ")
    person = get_user_model().objects.create_user(
        username,
        email,
        first_name=first or last,
        last_name=last if first else "",
        is_staff=role == Role.ADMIN,
    )
    _keep(person, role, member)
    audit.record(by, "person.added", username, f"as {role}{_as(member)}")
    return person


@transaction.atomic
def give_role(by: User, person: User, role: Role, member: Member) -> None:
    """Make somebody a viewer, consultant, manager or admin; it counts from their next request."""
    person = _locked(person)
    before = role_of(person)
    if role != Role.ADMIN:
        _keep_an_admin(person)
    person.is_staff = role == Role.ADMIN
    person.is_superuser = person.is_superuser and person.is_staff
    person.save(update_fields=["is_staff", "is_superuser"])
    _keep(person, role, member)
    told = f"from {before or 'no role'} to {role}{_as(member)}"
    audit.record(by, "person.role", person.username, told)


@transaction.atomic
def deactivate(by: User, person: User) -> None:
    """End a login at once: its sessions, its tokens and its password with it."""
    if person.pk == by.pk:
        raise NotPossible("Nobody deactivates their own login. Ask another admin.")
    person = _locked(person)
    _keep_an_admin(person)
    person.is_active = False
    person.set_unusable_password()
    person.save(update_fields=["is_active", "password"])
    ended = ApiToken.objects.filter(user=person, revoked_at=None).update(revoked_at=timezone.now())
    audit.record(by, "person.deactivated", person.username, f"tokens revoked: {ended}")


@transaction.atomic
def reactivate(by: User, person: User) -> None:
    """Let somebody in again, who then chooses a new password by a link."""
    person = _locked(person)
    person.is_active = True
    person.save(update_fields=["is_active"])
    audit.record(by, "person.reactivated", person.username)


def link_for(by: User, person: User) -> str:
    """The address at which somebody chooses a password: once, and within three days."""
    if not person.is_active:
        raise NotPossible("This login is deactivated. Reactivate it first.")
    audit.record(by, "person.link", person.username)
    key = urlsafe_base64_encode(force_bytes(person.pk))
    return reverse("welcome", args=[key, default_token_generator.make_token(person)])


def _keep(person: User, role: Role, member: Member) -> None:
    given = {"role": role, "member_id": member.id, "member_name": member.name}
    person.membership, _ = Membership.objects.update_or_create(user=person, defaults=given)


def _locked(person: User) -> User:
    """The login as it is now. Admins are locked together, so that two cannot end each other."""
    rows = get_user_model().objects.select_for_update()
    list(rows.filter(ADMINS).order_by("pk").values_list("pk", flat=True))
    return rows.get(pk=person.pk)


def _keep_an_admin(person: User) -> None:
    """Refuse when nobody else could sign in as an admin after this."""
    able = get_user_model().objects.filter(ADMINS, is_active=True)
    others = able.exclude(pk=person.pk).exclude(password__startswith=UNUSABLE)
    if role_of(person) == Role.ADMIN and not others.exists():
        raise NotPossible(
            f"{person.username} is the last admin who can sign in. Make somebody else one first."
        )


def _as(member: Member) -> str:
    return f", team member {member.id or member.name}" if member != NOBODY else ""

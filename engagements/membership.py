"""Roles: what a login may see and do here, and which of the organisation's people it is.

A login without a role sees nothing. Whoever is staff is an admin, with or without a row of its own,
so that ``createsuperuser`` makes the first one.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

ID_LENGTH, NAME_LENGTH = 200, 300
Person = AbstractBaseUser | AnonymousUser


class Role(models.TextChoices):
    """What somebody may do, from least to most."""

    VIEWER = "viewer"
    CONSULTANT = "consultant"
    MANAGER = "manager"
    ADMIN = "admin"


WORK = (Role.CONSULTANT, Role.MANAGER, Role.ADMIN)
SEE_ALL = (Role.VIEWER, Role.MANAGER, Role.ADMIN)
MANAGE = (Role.MANAGER, Role.ADMIN)


class Membership(models.Model):
    """The role of a login, and the team member it is, if any.

    The member is kept by id and name and not by a key: people come and go with the source. A source
    may know its people by name alone.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="membership"
    )
    role = models.CharField(max_length=12, choices=Role)
    member_id = models.CharField(max_length=ID_LENGTH, blank=True, default="")
    member_name = models.CharField(max_length=NAME_LENGTH, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="membership_role_known",
                condition=models.Q(role__in=["viewer", "consultant", "manager", "admin"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.role}"

    @property
    def is_tied(self) -> bool:
        """Whether it is known which of the organisation's people this is."""
        return bool(self.member_id or self.member_name)


class Assignment(models.Model):
    """That a person owns an engagement or is on its team; kept by ingest.

    ``member`` is an id, or, where the source gives an owner without one, their name as
    :func:`engagements.assignments.plain_name` spells it and ``by_name`` is true.
    """

    engagement = models.ForeignKey(
        "engagements.Engagement", models.CASCADE, related_name="assignments", db_index=False
    )
    member = models.CharField(max_length=NAME_LENGTH)
    by_name = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "member", "by_name"], name="assigned_once"
            ),
        ]
        indexes = [
            models.Index(fields=["member", "by_name", "engagement"], name="assignment_member"),
        ]

    def __str__(self) -> str:
        return f"{self.member} on {self.engagement_id}"


def membership_of(user: Person) -> Membership | None:
    """The row of somebody who may sign in; no query when the user was read with it."""
    if not user.is_authenticated or not user.is_active:
        return None
    return getattr(user, "membership", None)


def role_of(user: Person) -> Role | None:
    """The role that counts now; None sees nothing.

    A row that says admin of a login that is no longer staff is worth a manager.
    """
    if not user.is_authenticated or not user.is_active:
        return None
    if getattr(user, "is_staff", False) or getattr(user, "is_superuser", False):
        return Role.ADMIN
    found = membership_of(user)
    if found is None or found.role not in Role.values:
        return None
    return Role.MANAGER if found.role == Role.ADMIN else Role(found.role)


def can_work(user: Person) -> bool:
    """Whether somebody may change anything at all: decide, generate, share, write notes."""
    return role_of(user) in WORK


def sees_all(user: Person) -> bool:
    """Whether somebody sees the whole portfolio, and so what is counted over all of it."""
    return role_of(user) in SEE_ALL


def manages(user: Person) -> bool:
    """Whether somebody may read what belongs to no engagement: rows kept aside, the log."""
    return role_of(user) in MANAGE

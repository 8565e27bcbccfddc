"""Who did what: loads, regenerations, generations, decisions, tokens."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from psinsights.lib.logs import request_id


class AuditEntry(models.Model):
    """One thing that was done, by whom and to what. Identifiers, never contents."""

    at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=250, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        app_label = "psinsights"
        indexes = [models.Index(fields=["-at"], name="audit_newest")]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"


def record(
    user: AbstractBaseUser | AnonymousUser | None, verb: str, subject: str = "", detail: str = ""
) -> None:
    """Note that ``user`` did ``verb`` to ``subject``; None stands for a command or the schedule."""
    person = user if user is not None and user.is_authenticated else None
    AuditEntry.objects.create(
        user=person,  # type: ignore[misc]  # AUTH_USER_MODEL is the only AbstractBaseUser here
        verb=verb,
        subject=subject[:250],
        detail=detail[:500],
        request_id=request_id.get(),
    )

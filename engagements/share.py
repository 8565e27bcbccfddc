"""A link by which somebody without an account may read one status report."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone


class ShareQuerySet(models.QuerySet["Share"]):
    """Links in the words of the domain."""

    def live(self) -> ShareQuerySet:
        """Those that still open."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class Share(models.Model):
    """A read-only link: its token is shown once and kept as a SHA-256 only.

    ``snapshot`` is the report as it was when the link was made, redacted; nothing later is shown.
    """

    engagement = models.ForeignKey(
        "engagements.Engagement", models.CASCADE, related_name="shares", db_index=False
    )
    token_hash = models.CharField(max_length=64, unique=True)
    snapshot = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["engagement", "-created_at"], name="share_newest")]

    def __str__(self) -> str:
        return f"link {self.pk} to {self.engagement_id}"

    @staticmethod
    def hash_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    @classmethod
    def issue(cls, *, days: int, **given: object) -> tuple[Share, str]:
        """A new link that opens for so many days, and its token, which is never to be seen again."""
        token, now = secrets.token_urlsafe(32), timezone.now()
        share = cls.objects.create(
            token_hash=cls.hash_of(token),
            created_at=now,
            expires_at=now + timedelta(days=days),
            **given,
        )
        return share, token

    @property
    def state(self) -> str:
        if self.revoked_at is not None:
            return "revoked"
        return "live" if self.expires_at > timezone.now() else "expired"

"""The front's own rows."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone

from psinsights.heartbeat import WorkerBeat
from psinsights.lib.audit import AuditEntry
from psinsights.webhooks.models import Watched, WebhookDelivery, WebhookEvent

__all__ = [
    "ApiToken",
    "AuditEntry",
    "IdempotentRequest",
    "Watched",
    "WebhookDelivery",
    "WebhookEvent",
    "WorkerBeat",
]


class ApiToken(models.Model):
    """A token for the JSON API: shown once, kept as a SHA-256 only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    @classmethod
    def issue(cls, user: models.Model, name: str) -> tuple[ApiToken, str]:
        """A new token and its text, which is never to be seen again."""
        text = f"psi_{secrets.token_urlsafe(32)}"
        return cls.objects.create(user=user, name=name, digest=cls.digest_of(text)), text

    @classmethod
    def find(cls, text: str) -> ApiToken | None:
        """The live token of that text, marked as used now."""
        token = (
            cls.objects.select_related("user__membership")
            .filter(digest=cls.digest_of(text), revoked_at=None, user__is_active=True)
            .first()
        )
        if token:
            cls.objects.filter(pk=token.pk).update(last_used_at=timezone.now())
        return token


class IdempotentRequest(models.Model):
    """A request with an ``Idempotency-Key`` and what it was answered, kept for a day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    status = models.SmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    answer = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="one_answer_a_key"),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotent_oldest")]

    def __str__(self) -> str:
        return self.key

"""The rules of health as staff save them: immutable versions, and previews of large portfolios."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from psinsights.lib.runs import Run


class Unchangeable(Exception):
    """A saved version of the rules is never changed: save another one."""


class ScoringRules(models.Model):
    """One version of the rules, from 2 on: version 1 is what the product comes with.

    ``rules`` is a whole :class:`engagements.health_model.Rules`, so that a later default changes no
    version that somebody saved. It counts from ``effective_on``, the portfolio's day when saved.
    """

    version = models.IntegerField(primary_key=True)
    rules = models.JSONField()
    effective_on = models.DateField()
    reason = models.CharField(max_length=300)
    saved_at = models.DateTimeField(default=timezone.now)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        app_label = "engagements"

    def __str__(self) -> str:
        return f"version {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Unchangeable
        super().save(*args, **kwargs)


class ScoringPreview(Run):
    """A preview that is too slow for a page: the worker computes it and writes nothing else.

    ``outcome`` is an :class:`engagements.scoring_preview.Outcome` once it is done.
    """

    rules = models.JSONField()
    seen = models.IntegerField()  # the version in force when it was asked for
    as_of = models.DateField()
    total = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    outcome = models.JSONField(null=True)

    class Meta:
        app_label = "engagements"

    def __str__(self) -> str:
        return f"preview {self.pk}"

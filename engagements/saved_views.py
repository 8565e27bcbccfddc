"""Views of the list that people keep: a name for a search, its filters and its order."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import Q

MOST_SHOWN = 20  # beside the ready-made ones; the newest


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Saved views by whose they are."""

    def shown_to(self, user: AbstractBaseUser | AnonymousUser) -> SavedViewQuerySet:
        """One's own and those that others share, by name."""
        return self.filter(Q(owner_id=user.pk) | Q(is_shared=True)).order_by("name", "pk")

    def of(self, user: AbstractBaseUser | AnonymousUser) -> SavedViewQuerySet:
        return self.filter(owner_id=user.pk)


class SavedView(models.Model):
    """A named address of the list. ``query`` holds understood parameters only, without a page."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=1000, blank=True)
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        app_label = "engagements"
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="one_saved_view_a_name",
                violation_error_message="You have a view of this name already. Choose another.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

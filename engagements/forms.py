"""Keeping a view of the list under a name."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from engagements.filters import EngagementFilter, Options
from engagements.saved import Asker
from engagements.saved_views import SavedView
from psinsights.lib.http import query


class SaveViewForm(forms.ModelForm):
    """A name for what the list shows. The query is kept only as far as it is understood."""

    class Meta:
        model = SavedView
        fields = ("name", "is_shared", "query")

    def __init__(self, data: QueryDict, *, asker: Asker) -> None:
        super().__init__(data, instance=SavedView(owner_id=asker.user.pk or 0))
        self.asker = asker

    def clean_query(self) -> str:
        given = QueryDict(self.cleaned_data["query"].removeprefix("?"))
        nothing = Options(owners=(), types=(), phases=(), day=self.asker.day)
        filters = EngagementFilter(given, options=nothing, asker=self.asker)
        if not filters.is_valid():
            raise ValidationError("This list could not be understood, so it was not kept.")
        return query(filters.chosen)

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if SavedView.objects.of(self.asker.user).filter(name=name).exists():
            raise ValidationError("You have a view of this name already. Choose another.")
        return name

    @property
    def problem(self) -> str:
        """The first thing that is wrong, as a sentence."""
        errors: dict[str, Any] = self.errors
        return str(next(iter(errors.values()))[0]) if errors else ""

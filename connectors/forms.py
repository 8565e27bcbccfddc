"""Forms of the settings page: what narrows the quarantine, and the wish for new sample data."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict

from connectors import sync
from connectors.models import QuarantinedRow
from connectors.tables import tables

CONFIRM = "replace"
MOST_ENGAGEMENTS = 500  # made within a request; the command makes more


class QuarantineFilter(forms.Form):
    """Which rows of the quarantine are shown. An unknown table shows none and says so."""

    table = forms.ChoiceField(required=False)
    reason = forms.SlugField(required=False, max_length=40)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["table"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("", "All tables"),
            *((table.name, table.name) for table in tables()),
        ]

    def apply(self, rows: QuerySet[QuarantinedRow]) -> QuerySet[QuarantinedRow]:
        """The rows that fit, in the order of their files."""
        if not self.is_valid():
            return rows.none()
        for name, value in self.asked.items():
            rows = rows.filter(**{name: value})
        return rows.order_by("table", "position", "pk")

    @property
    def asked(self) -> dict[str, str]:
        """What the address narrows by; empty when a value is not understood."""
        return {name: value for name, value in self.cleaned_data.items() if value}


class RegenerateForm(forms.Form):
    """New sample data instead of what is there, meant seriously."""

    engagements = forms.IntegerField(
        min_value=1, max_value=MOST_ENGAGEMENTS, initial=sync.ENGAGEMENTS
    )
    seed = forms.IntegerField(min_value=0, max_value=2**31 - 1, initial=sync.SEED)
    confirm = forms.CharField(max_length=20)

    def clean_confirm(self) -> str:
        typed = self.cleaned_data["confirm"].strip().lower()
        if typed != CONFIRM:
            raise ValidationError(f"Type the word {CONFIRM}.")
        return typed

    def wish(self) -> sync.Wish:
        """What was asked for; only of a valid form."""
        return sync.Wish(
            engagements=self.cleaned_data["engagements"], seed=self.cleaned_data["seed"]
        )

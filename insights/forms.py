"""Forms that make insights and that decide what they found."""

from __future__ import annotations

from django import forms

from engagements.models import EngagementQuerySet
from engagements.records import InsightType
from insights.panel import TITLES

ANY = ""


class DecisionForm(forms.Form):
    """What comes with a decision: a reason, another owner, other words, another date."""

    reason = forms.CharField(required=False, max_length=300)
    owner = forms.CharField(required=False, max_length=150)
    title = forms.CharField(required=False, max_length=600)
    due_on = forms.DateField(required=False)


class GenerateForm(forms.Form):
    """Which insight to make, from the insights page."""

    engagement_id = forms.CharField(max_length=200)
    insight_type = forms.ChoiceField(choices=[(str(k), TITLES[k][0]) for k in InsightType])


class BulkForm(forms.Form):
    """Which insights to make for many engagements."""

    SCOPES = [
        ("active", "All active"),
        ("critical", "Critical"),
        ("warning", "Watch"),
        ("unknown", "Not scored"),
    ]

    scope = forms.ChoiceField(choices=SCOPES)
    type = forms.ChoiceField(
        required=False,
        choices=[(ANY, "All four"), *((str(kind), TITLES[kind][0]) for kind in InsightType)],
    )
    stale_only = forms.BooleanField(required=False)

    def engagements(self, visible: EngagementQuerySet) -> EngagementQuerySet:
        """The engagements of the chosen scope."""
        scope = self.cleaned_data["scope"]
        active = visible.active()
        return active if scope == "active" else active.filter(standing__band=scope)

    def kinds(self) -> list[InsightType]:
        chosen = self.cleaned_data["type"]
        return [InsightType(chosen)] if chosen else list(InsightType)

    def description(self) -> str:
        """What is asked for, in words."""
        scope = dict(self.SCOPES)[self.cleaned_data["scope"]].lower()
        kinds = ", ".join(TITLES[kind][0].lower() for kind in self.kinds())
        return f"{scope} engagements: {kinds}".capitalize()

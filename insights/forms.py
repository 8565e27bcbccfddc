"""Filters of the feed, and the forms that decide."""

from __future__ import annotations

from django import forms

from engagements.models import Engagement, EngagementQuerySet
from engagements.records import InsightType
from insights.models import InsightQuerySet
from insights.panel import TITLES
from insights.providers.choose import LABELS
from insights.schema import Level

ANY = ""


class FeedFilter(forms.Form):
    """Which insights the feed shows. Every field narrows; an unknown value is said, not ignored."""

    type = forms.ChoiceField(
        required=False,
        choices=[(ANY, "Any type"), *((str(kind), TITLES[kind][0]) for kind in InsightType)],
    )
    severity = forms.ChoiceField(
        required=False,
        choices=[(ANY, "Any severity"), *((str(level), level.capitalize()) for level in Level)],
    )
    provider = forms.ChoiceField(
        required=False, label="Written by", choices=[(ANY, "Anyone"), *LABELS.items()]
    )
    state = forms.ChoiceField(
        required=False,
        choices=[(ANY, "Any state"), ("fresh", "Up to date"), ("stale", "Out of date")],
    )
    engagement = forms.CharField(required=False, max_length=200)

    def apply(self, insights: InsightQuerySet) -> InsightQuerySet:
        """The insights that fit; none when a value is not understood."""
        if not self.is_valid():
            return insights.none()
        asked = self.cleaned_data
        if asked["type"]:
            insights = insights.filter(insight_type=asked["type"])
        if asked["severity"]:
            insights = insights.filter(severity=asked["severity"])
        if asked["provider"]:
            insights = insights.filter(provider=asked["provider"])
        if asked["state"]:
            stale = asked["state"] == "stale"
            insights = insights.out_of_date() if stale else insights.up_to_date()
        if asked["engagement"]:
            insights = insights.filter(
                engagement__in=Engagement.objects.matching(asked["engagement"])
            )
        return insights


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

"""What narrows the metrics page."""

from __future__ import annotations

from django import forms

from metrics.period import ORDINARY, SPANS


class MetricsFilter(forms.Form):
    """The span, and whether small groups are hidden. A value nobody knows is said."""

    days = forms.TypedChoiceField(choices=list(SPANS.items()), coerce=int, required=False)
    small = forms.ChoiceField(choices=[("", "Show"), ("hide", "Hide")], required=False)

    @property
    def chosen_days(self) -> int:
        return self.cleaned_data.get("days") or ORDINARY

    @property
    def hides_small(self) -> bool:
        return self.cleaned_data.get("small") == "hide"

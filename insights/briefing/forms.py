"""The form by which a person asks for the weekly mail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User

from insights.briefing.models import BriefingSubscription
from insights.briefing.subscribing import subscribe, unsubscribe

SCOPES = [
    (BriefingSubscription.Scope.MINE, "My engagements"),
    (BriefingSubscription.Scope.ALL, "All I may see"),
]


class BriefingForm(forms.Form):
    """On or off, and of what. An address is asked for only where the login has none."""

    on = forms.BooleanField(required=False)
    scope = forms.ChoiceField(
        choices=SCOPES, error_messages={"invalid_choice": "Choose your engagements, or all."}
    )
    email = forms.EmailField(
        required=False,
        max_length=254,
        error_messages={"invalid": "That is no e-mail address, such as ines@example.org."},
    )

    def __init__(self, *given: Any, person: User, **more: Any) -> None:
        super().__init__(*given, **more)
        self.person = person

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        needs = cleaned.get("on") and not self.person.email
        if needs and not cleaned.get("email") and "email" not in self.errors:
            self.add_error("email", "Say which address the briefing is sent to.")
        return cleaned

    def save(self) -> str:
        """Do as the person wishes; what was done, as a sentence."""
        if self.cleaned_data["on"]:
            subscribe(
                self.person, self.cleaned_data["scope"], email=self.cleaned_data.get("email", "")
            )
            return f"The weekly briefing is sent to {self.person.email}."
        unsubscribe(self.person)
        return "The weekly briefing is sent no more."

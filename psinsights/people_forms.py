"""Forms about logins. They name every field they take: what else is sent changes nothing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.validators import UnicodeUsernameValidator

from engagements.membership import Role
from psinsights.people import NOBODY, Member, find_members


class RoleForm(forms.Form):
    """What somebody may do, and which of the organisation's people they are."""

    role = forms.ChoiceField(
        choices=Role.choices, error_messages={"invalid_choice": "Choose one of the four roles."}
    )
    member = forms.CharField(required=False, max_length=300)

    def clean_role(self) -> Role:
        return Role(self.cleaned_data["role"])

    def clean_member(self) -> Member:
        text = self.cleaned_data["member"].strip()
        found = find_members(text) if text else [NOBODY]
        if not found:
            raise forms.ValidationError("Nobody has this id or name in the data.")
        if len(found) > 1:
            ids = ", ".join(member.id for member in found)
            raise forms.ValidationError(f"Several people are called so. Type one of the ids {ids}.")
        return found[0]

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or self.cleaned_data
        if asked.get("role") == Role.CONSULTANT and asked.get("member") == NOBODY:
            self.add_error("member", "Say who it is: a consultant sees that person’s engagements.")
        return asked


class PersonForm(RoleForm):
    """A new login."""

    username = forms.CharField(
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        error_messages={"required": "Give the login a user name."},
    )
    name = forms.CharField(required=False, max_length=150)
    email = forms.EmailField(required=False)
    field_order = ["username", "name", "email", "role", "member"]

    def clean_username(self) -> str:
        username = self.cleaned_data["username"]
        if get_user_model().objects.filter(username__iexact=username).exists():
            raise forms.ValidationError("There is a login of this name already.")
        return username

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

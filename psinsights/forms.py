"""Forms of the front."""

from __future__ import annotations

from django import forms


class TokenForm(forms.Form):
    """A new API token is known by the name of what will use it."""

    name = forms.CharField(
        max_length=100, error_messages={"required": "Say what will use the token."}
    )

"""What a person gives to import: a file or pasted text, and the table where it is known."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from connectors.tables import tables


class ImportForm(forms.Form):
    """A file, or text in its place. Without a table the columns tell which one it is."""

    table = forms.ChoiceField(required=False)
    file = forms.FileField(required=False, allow_empty_file=True)
    text = forms.CharField(required=False, strip=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["table"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("", "Detect from columns"),
            *((table.name, table.name) for table in tables()),
        ]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        file, text = given.get("file"), (given.get("text") or "").strip()
        if "file" in self.errors or "text" in self.errors:
            return given
        if not file and not text:
            raise ValidationError("Choose a file, or paste its text.")
        if file and text:
            raise ValidationError("Give a file or pasted text, not both.")
        return given

    @property
    def name(self) -> str:
        """What to call it."""
        file = self.cleaned_data["file"]
        return file.name if file else "pasted text"

    def content(self) -> bytes:
        """The bytes to check; only of a valid form."""
        file = self.cleaned_data["file"]
        return file.read() if file else self.cleaned_data["text"].encode("utf-8", "replace")

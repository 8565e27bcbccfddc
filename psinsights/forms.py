"""Forms of the front."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from psinsights.lib.runs import Run


class TokenForm(forms.Form):
    """A new API token is known by the name of what will use it."""

    name = forms.CharField(
        max_length=100, error_messages={"required": "Say what will use the token."}
    )


class LogFilter(forms.Form):
    """Which log is shown and what of it. What it does not understand matches nothing."""

    AUDIT, LOADS, GENERATIONS = "audit", "loads", "generations"
    LOGS = ((AUDIT, "Who did what"), (LOADS, "Loads"), (GENERATIONS, "Generations"))

    log = forms.ChoiceField(required=False, choices=LOGS)
    state = forms.ChoiceField(required=False, choices=Run.State.choices)
    q = forms.CharField(required=False, max_length=100)

    @property
    def log_key(self) -> str:
        """The log that is shown; the audit log where the address names none."""
        self.is_valid()
        return self.cleaned_data.get("log") or self.AUDIT

    @property
    def is_of_runs(self) -> bool:
        """Whether the log is one of runs, which have a state."""
        return self.log_key != self.AUDIT

    @property
    def asked(self) -> dict[str, str]:
        """What the address says and was understood; the log always."""
        self.is_valid()
        narrowed = {name: value for name, value in self.cleaned_data.items() if value}
        narrowed.pop("q" if self.is_of_runs else "state", None)
        return {"log": self.log_key, **{k: v for k, v in narrowed.items() if k != "log"}}

    def apply(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        if not self.is_valid():
            return rows.none()
        if state := self.asked.get("state"):
            rows = rows.filter(state=state)
        for word in self.asked.get("q", "").split():
            found = Q(verb__icontains=word) | Q(subject__icontains=word)
            rows = rows.filter(found | Q(user__username__icontains=word))
        return rows

"""Furniture of the weekly briefing for other pages."""

from __future__ import annotations

from typing import Any

from django import template

from insights.briefing.forms import BriefingForm
from insights.briefing.subscribing import subscription_of

register = template.Library()


@register.inclusion_tag("briefing/form.html", takes_context=True)
def briefing_form(context: dict[str, Any], form: BriefingForm | None = None) -> dict[str, Any]:
    """The switch of one's own weekly mail, with what was wrong with it."""
    person = context["request"].user
    kept = subscription_of(person)
    shown: dict[str, Any] = {
        "csrf_token": context.get("csrf_token"),
        "person": person,
        "wants": kept is not None and kept.is_on,
        "scope": kept.scope if kept else "mine",
    }
    if form is not None and form.is_bound:
        errors = [str(error) for said in form.errors.values() for error in said]
        shown |= {
            "wants": bool(form["on"].value()),
            "scope": form["scope"].value(),
            "given": form["email"].value() or "",
            "error": " ".join(errors),
        }
    return shown

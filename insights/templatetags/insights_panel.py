"""Furniture the insights room lends to other pages."""

from __future__ import annotations

from typing import Any

from django import template

from connectors.as_of import portfolio_day
from engagements.models import Engagement
from insights import panel
from insights.models import Action
from insights.providers.choose import LABELS, is_remote

register = template.Library()


@register.inclusion_tag("insights/panel.html", takes_context=True)
def insights_panel(context: dict[str, Any], engagement: Engagement) -> dict[str, Any]:
    """The four kinds of insight of an engagement, with buttons to make them."""
    request = context["request"]
    states = panel.states(engagement, request.user)
    request.insights_shown = any(state.insight for state in states)  # read by what measures use
    return {
        "request": request,
        "read_only": context.get("read_only", False),
        "csrf_token": context.get("csrf_token"),
        "engagement": engagement,
        "states": states,
        "whole": request.GET.get("whole", ""),
        "remote": is_remote(),
    }


@register.inclusion_tag("insights/actions.html", takes_context=True)
def actions_panel(context: dict[str, Any], engagement: Engagement) -> dict[str, Any]:
    """Actions of an engagement: proposed, taken on, lately done."""
    actions = panel.open_actions(engagement)
    return {
        "request": context["request"],
        "read_only": context.get("read_only", False),
        "csrf_token": context.get("csrf_token"),
        "engagement": engagement,
        "actions": actions,
        "proposed": sum(1 for action in actions if action.status == Action.Status.PROPOSED),
        "taken": sum(1 for action in actions if action.status in Action.TAKEN),
        "today": context.get("day") or portfolio_day(),  # the page knows its day
    }


@register.filter
def evidence_of(action: Action) -> list[str]:
    """Ids of the records an action rests on, at most two."""
    return [str(source) for source in action.seen[:2]]


@register.filter
def kind_title(kind: str) -> str:
    """The page's name of a type: "Health summary"."""
    return next((words[0] for name, words in panel.TITLES.items() if name == kind), str(kind))


@register.filter
def writer(insight: Any) -> str:
    """Who wrote it, in the page's words."""
    return LABELS.get(insight.provider, insight.provider or "Imported")

"""What the rooms lend to the frame around every page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse

from connectors import freshness
from engagements.membership import Role

register = template.Library()
PAGES = (
    ("dashboard", "layout-dashboard", "Dashboard"),
    ("engagements", "briefcase", "Engagements"),
    ("insights", "lightbulb", "Insights"),
    ("metrics", "chart-no-axes-column", "Metrics"),
    ("settings", "settings", "Settings"),
)
OF_ENGAGEMENTS = {"notes": "engagements", "reports": "engagements"}
PROVIDERS = {"embedded": "Embedded engine", "huggingface": "Hugging Face"}
# Of which style sheets every page is made, and what those of a room or of one view need besides.
EVERYWHERE = ("tokens base frame controls lists", "media")
BESIDES = {
    "dashboard": "charts insights",
    "engagements": "charts insights engagement",
    "engagements:index": "charts filters",
    "notes": "insights engagement",
    "reports": "insights report",
    "insights": "charts insights filters",
    "metrics": "charts",
    "briefing": "charts insights",
    "settings": "charts insights settings",
    "search": "search",
    "styleguide": "charts insights engagement",
}


@register.simple_tag(takes_context=True)
def sheets_of_page(context: dict[str, Any]) -> list[str]:
    """Addresses of the style sheets of this page; ``media`` comes last and changes the others."""
    match = getattr(context.get("request"), "resolver_match", None)
    view = match.view_name if match else ""
    besides = BESIDES.get(view) or BESIDES.get(view.split(":")[0], "")
    first, last = EVERYWHERE
    return stylesheets(f"{first} {besides} {last}")


@register.filter
def stylesheets(names: str) -> list[str]:
    """Addresses of the named style sheets, in their order."""
    return [static(f"css/{name}.css") for name in names.split()]


@register.simple_tag(takes_context=True)
def navigation(context: dict[str, Any]) -> list[dict[str, Any]]:
    """The places that a person may go to, and which of them this page belongs to."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    name = (match.view_name if match else "").split(":")[0]
    here = OF_ENGAGEMENTS.get(name, name)
    return [
        {
            "name": name,
            "url": reverse(_view(name)),
            "icon": icon,
            "label": label,
            "current": here == name,
        }
        for name, icon, label in PAGES
        if name != "metrics" or getattr(request, "role", None) != Role.CONSULTANT
    ]


def _view(name: str) -> str:
    return name if name == "dashboard" else f"{name}:index"


def _glance(context: dict[str, Any]) -> freshness.Glance:
    """The age of the data, asked for once in a request however many places show it."""
    request = context.get("request")
    if request is None:
        return freshness.glance()
    if not hasattr(request, "data_glance"):
        request.data_glance = freshness.glance()
    return request.data_glance


@register.inclusion_tag("components/data_line.html", takes_context=True)
def data_line(context: dict[str, Any], day: date) -> dict[str, Any]:
    """Of which day the page's data is, and where it came from."""
    return {"data": _glance(context), "day": day}


@register.simple_tag
def data_words(day: date) -> str:
    """The same for a file, which is read on another day: no "3 h ago"."""
    data = freshness.glance()
    loaded = f"{data.loaded_at:%Y-%m-%d %H:%M} UTC" if data.loaded_at else ""
    told = f"{day} from {data.source}, {f'loaded {loaded}' if loaded else 'not loaded yet'}"
    return f"{told}. The newest load failed" if data.failed else told


@register.inclusion_tag("components/side_foot.html", takes_context=True)
def side_foot(context: dict[str, Any]) -> dict[str, Any]:
    """Where the data comes from and how old it is; who writes insights."""
    return {
        "data": _glance(context),
        "provider": PROVIDERS[settings.AI_PROVIDER],
        "remote": settings.AI_PROVIDER != "embedded",
    }

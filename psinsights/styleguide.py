"""Every component once in each of its states, with made-up rows: seen here, and tested here.

Drawn by the product's own templates and tags. No row is saved and nothing on the page can be sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from connectors.freshness import Glance
from engagements.models import Standing
from engagements.working import STATES
from psinsights import specimens
from psinsights.lib import charts
from psinsights.lib.http import missing
from psinsights.specimens import DAY, Specimen

NAMED = re.compile(r'\b(id|for|aria-labelledby|aria-describedby)="([^"]+)"')


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The page, where DEBUG is set; elsewhere there is no such address."""
    if not settings.DEBUG:
        return missing(request)
    groups = [(title, _drawn(request, title, shown)) for title, shown in groups_of()]
    return render(request, "styleguide.html", {"groups": groups, **_plain()})


def _drawn(
    request: HttpRequest, title: str, shown: list[Specimen]
) -> list[tuple[str, SafeString, str]]:
    """State, markup and template of each; what stands here many times needs names of its own."""
    drawn = []
    for at, one in enumerate(shown):
        ending = f"{title.split()[0].lower()}{at}"
        text = render_to_string(one.template, one.context, request=request)
        apart = NAMED.sub(rf'\1="\2-{ending}"', text)
        drawn.append((one.state, mark_safe(apart), one.template))  # noqa: S308 - our own templates
    return drawn


def _plain() -> dict[str, Any]:
    """Values for the tags that the page calls itself."""
    weeks = ["2 Nov", "9 Nov", "16 Nov"]
    standing = {"as_of": DAY, "weekly": [70, 62, None, 41]}
    return {
        "day": DAY,
        "late": DAY - timedelta(days=3),
        "very_late": DAY - timedelta(days=20),
        "falling": [70, 66, 58, None, 44, 41],
        "flat": [78, 79, 78, 80, 79, 78],
        "share": charts.share(
            [("ok", 12), ("watch", 5), ("risk", 3), ("none", 2)], "12, 5, 3 and 2"
        ),
        "meters": [
            charts.meter(v, 30, t, f"{v} of 30 points") for v, t in ((27, "ok"), (6, "risk"))
        ],
        "stacks": charts.stacks(
            [{"risk": 2, "ok": 9}, {"risk": 3, "watch": 2, "ok": 6}, {"risk": 5, "ok": 6}],
            ["risk", "watch", "ok"],
            "Critical went from 2 to 5.",
            weeks,
        ),
        "lines": charts.lines(
            [("a", [80, 66, 41])], 0, 100, "80 to 41", weeks, guides=((75, "ok"), (50, "watch"))
        ),
        "scored": Standing(health=41, band="critical", state="scored", **standing),
        "unscored": Standing(health=None, band="unknown", state="on_hold", **standing),
        "icons": re.findall(r'<symbol[^>]* id="([^"]+)"', _sprite()),
    }


def _sprite() -> str:
    path = finders.find("icons.svg")
    return Path(str(path)).read_text(encoding="utf-8")


def groups_of() -> Iterator[tuple[str, list[Specimen]]]:
    """The components that are templates, each with its states."""
    yield "Age of the data", _ages()
    yield "Messages", _messages()
    yield "Pager", _pagers()
    yield "Empty states", _empties()
    yield "Runs", specimens.runs()
    yield "Insight of a kind", specimens.kinds()
    yield "Feedback", specimens.feedback()
    yield "Risk row", specimens.risk_rows()
    yield "Action row", specimens.action_rows()
    yield "Form of a decision", specimens.asked()
    yield "Feed item", specimens.feed_items()
    yield "Cards and charts", specimens.cards()


# The frame ───────────────────────────────────────────────────────────────────


def _ages() -> list[Specimen]:
    now = timezone.now()
    glances = {
        "fresh": Glance(source="JSON files", loaded_at=now, failed=False),
        "old": Glance(source="JSON files", loaded_at=now - timedelta(days=90), failed=False),
        "failed": Glance(source="Databricks", loaded_at=now, failed=True),
        "never loaded": Glance(source="JSON files", loaded_at=None, failed=False),
    }
    lines = [
        Specimen(state=s, template="components/data_line.html", context={"data": g, "day": DAY})
        for s, g in glances.items()
    ]
    feet = [
        Specimen(
            state=f"side foot, {state}",
            template="components/side_foot.html",
            context={"data": glance, "provider": "Embedded engine", "remote": False},
        )
        for state, glance in glances.items()
    ]
    return [*lines, *feet]


def _messages() -> list[Specimen]:
    told = {
        "success": Message(constants.SUCCESS, "The view “Go-live” is kept."),
        "info": Message(constants.INFO, "Nothing has changed since."),
        "warning": Message(constants.WARNING, "3 rows were kept aside."),
        "error": Message(constants.ERROR, "The source did not answer."),
    }
    shown = [
        Specimen(state=state, template="components/messages.html", context={"messages": [message]})
        for state, message in told.items()
    ]
    return [*shown, Specimen(state="demo", template="components/demo_banner.html")]


def _pagers() -> list[Specimen]:
    def pager(state: str, rows: int, number: int) -> Specimen:
        page = Paginator(range(rows), 25).page(number)
        numbers = list(page.paginator.get_elided_page_range(number, on_each_side=1, on_ends=1))
        context = {"page": page, "numbers": numbers, "link": "?page="}
        return Specimen(state=state, template="components/pager.html", context=context)

    return [pager("one page", 3, 1), pager("first", 400, 1), pager("amid", 400, 8)]


def _empties() -> list[Specimen]:
    unscored = [
        Specimen(state=key, template="engagements/unscored.html", context={"state": words})
        for key, words in STATES.items()
    ]
    first = Specimen(state="no data at all", template="components/first_run.html")
    return [first, Specimen(state="lends nothing", template="components/nothing.html"), *unscored]

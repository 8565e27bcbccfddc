"""The front page, and the pages for what went wrong."""

from __future__ import annotations

import math
import sys
from datetime import date
from functools import partial
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from engagements.access import Refused
from engagements.health import Band
from engagements.portfolio import BANDS, Portfolio, moved, portfolio
from engagements.scope import Scope, scope_of
from engagements.today import late_milestones, next_milestone
from insights.today import actions_due, pause_of_model, worries, writer_of
from psinsights.lib import charts, logs
from psinsights.lib.http import query, render_page
from psinsights.lib.words import BAND_TONE, BAND_WORD, short_day
from psinsights.middleware import database_outage

# From the baseline up: what needs somebody stands where heights are easiest to compare.
STACKED = (Band.CRITICAL, Band.WARNING, Band.HEALTHY, Band.UNKNOWN)
TOLD = (Band.HEALTHY, Band.WARNING, Band.CRITICAL, Band.UNKNOWN)
# The list that a card is the beginning of: its view, and its order.
LISTS = {"dropped": "week", "risks": "", "overdue": "milestone", "contradictions": ""}
MOST_SQUARES = 60  # of a phase; a longer row is cut in proportion


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """What needs somebody today, with its reason, and where their part of the portfolio stands."""
    scope = scope_of(request, paused=pause_of_model())
    if scope.is_elsewhere(request):
        return redirect(f"{request.path}{query({'scope': scope.key})}")
    few = moved(scope.rows)
    counts = portfolio(scope.rows, scope.day)
    context: dict[str, Any] = {
        "scope": scope,
        "day": scope.day,
        "counts": counts,
        "moved": few,
        "writer": writer_of(scope.beside["paused"]),
    }
    if counts.everything:
        risks, due = worries(scope.rows, scope.day), actions_due(scope.rows, scope.day)
        context |= {
            "risks": risks,
            "due": due,
            "today": scope.day,
            "late": late_milestones(scope.rows, scope.day),
            "calm": counts.needs_nobody and not risks.number and not due,
            "health": health_now(counts, scope),
            "phases": [_phase(name, row, scope) for name, row in counts.phases],
            "next": partial(next_milestone, scope.rows, scope.day),
            "lists": {view: scope.link(view, sort=sort) for view, sort in LISTS.items()},
        }
    return render_page(request, "dashboard.html", context)


def health_now(counts: Portfolio, scope: Scope) -> dict[str, Any]:
    """The portfolio by band, today and over twelve weeks, drawn and as rows of a table."""
    words = [f"{counts.bands[band]} {BAND_WORD[band].lower()}" for band in TOLD]
    return {
        "share": charts.share([(BAND_TONE[b], counts.bands[b]) for b in TOLD], ", ".join(words)),
        "legend": [
            (BAND_TONE[b], BAND_WORD[b], counts.bands[b], scope.link(health=str(b), status="open"))
            for b in TOLD
        ],
        "weeks": _weeks_drawn(counts),
        "head": ["Week", *(BAND_WORD[band] for band in TOLD)],
        "rows": [
            [short_day(day, counts.day), *(row.get(band, 0) for band in TOLD)]
            for day, row in counts.weeks.items()
        ],
    }


def _weeks_drawn(counts: Portfolio) -> SafeString | None:
    if len(counts.weeks) < 2:
        return None
    columns = [
        {BAND_TONE[band]: row.get(band, 0) for band in STACKED} for row in counts.weeks.values()
    ]
    return charts.stacks(
        columns,
        [BAND_TONE[band] for band in STACKED],
        _weeks_told(counts),
        [short_day(day, counts.day) for day in counts.weeks],
    )


def _weeks_told(counts: Portfolio) -> str:
    rows: list[tuple[date, dict[str, int]]] = list(counts.weeks.items())
    first, last = rows[0][1], rows[-1][1]
    changes = [
        f"{BAND_WORD[band]} went from {first.get(band, 0)} to {last.get(band, 0)}"
        for band in (Band.CRITICAL, Band.WARNING, Band.HEALTHY)
    ]
    return f"Engagements by health over {len(rows)} weeks. {'; '.join(changes)}."


def _phase(name: str, row: dict[str, int], scope: Scope) -> dict[str, Any]:
    """A phase with its squares, and the list of those engagements."""
    link = scope.link(phase=name, status="open") if name else ""
    return {"name": name, "link": link} | _squares(row)


def _squares(row: dict[str, int]) -> dict[str, Any]:
    """One square per engagement, worst first; of a crowd, the shares in as many squares as fit."""
    total = sum(row.values())
    each = math.ceil(total / MOST_SQUARES)
    squares = [BAND_TONE[b] for b in BANDS for _ in range(math.ceil(row.get(b, 0) / each))]
    told = [f"{row[band]} {BAND_WORD[band].lower()}" for band in BANDS if row.get(band)]
    return {"total": total, "squares": squares, "told": ", ".join(told), "each": each}


# What went wrong ─────────────────────────────────────────────────────────────


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    sentence = str(exception) if isinstance(exception, Refused) else ""
    return render(request, "403.html", {"sentence": sentence}, status=403)


@login_not_required
def not_found(
    request: HttpRequest, exception: Exception | None = None, address: str = ""
) -> HttpResponse:
    return render(request, "404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """The page after an error of ours; it asks neither the database nor the session.

    A database that is gone may be noticed before any view is asked, while the session is read.
    """
    error = sys.exc_info()[1]
    if isinstance(error, Exception) and (
        said := database_outage(broken).process_exception(request, error)
    ):
        return said
    if request.path.startswith("/api/"):
        from psinsights.api.problems import unexpected

        return unexpected(request)
    return render(None, "500.html", {"request_id": logs.request_id.get()}, status=500)

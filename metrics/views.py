"""The metrics page: what is used, made, decided and gained, and what is not known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from engagements.access import whole_portfolio
from engagements.models import Engagement
from insights.panel import TITLES
from metrics import value
from metrics.cost import price
from metrics.figures import Figures, as_rows, figures_of
from metrics.forms import MetricsFilter
from metrics.lead import LEAST_TURNED, LOOK_BACK
from metrics.period import period_of
from metrics.tally import EFFECT_DAYS, FRESH_DAYS
from psinsights.lib import charts
from psinsights.lib.http import query, render_page
from psinsights.lib.sheets import csv_response
from psinsights.lib.words import plural, short_day

COLUMNS = ["section", "measure", "group", "value"]


@require_safe
@whole_portfolio
def index(request: HttpRequest) -> HttpResponse:
    """Use, insights, decisions and value over a span that the address names."""
    filters, figures = _asked(request)
    context: dict[str, Any] = {
        "filters": filters,
        "figures": figures,
        "period": figures.period,
        "kinds": [(TITLES[kind][0], figures.made_by_type.get(str(kind), 0)) for kind in TITLES],
        "weeks": _drawn(figures),
        "value": value,
        "fresh_days": FRESH_DAYS,
        "effect_days": EFFECT_DAYS,
        "least_turned": LEAST_TURNED,
        "look_back_days": LOOK_BACK.days,
        "price": price(),
        "export": query({"days": figures.period.days, "small": _small(filters)}),
    }
    status = 200 if filters.is_valid() else 422
    return render_page(request, "metrics/index.html", context, partial="figures", status=status)


@require_safe
@whole_portfolio
def export(request: HttpRequest) -> HttpResponseBase:
    """The same figures as CSV, a value a row."""
    filters, figures = _asked(request)
    if not filters.is_valid():
        return render(request, "400.html", status=422)
    return csv_response(f"metrics-{figures.period.today}.csv", COLUMNS, as_rows(figures))


def _asked(request: HttpRequest) -> tuple[MetricsFilter, Figures]:
    """What the address asks for; with a span nobody knows, the ordinary one."""
    filters = MetricsFilter(request.GET)
    filters.is_valid()
    visible = Engagement.objects.visible_to(request.user)
    period = period_of(filters.chosen_days)
    return filters, figures_of(period, visible, hide_small=filters.hides_small)


def _small(filters: MetricsFilter) -> str:
    return "hide" if filters.hides_small else ""


def _drawn(figures: Figures) -> dict[str, Any]:
    """The three charts with their tables."""
    period = figures.period
    return {
        "use": _chart(period.weeks, figures.use.weekly, "Active people", "a", figures.use.accounts),
        "made": _chart(period.weeks, figures.made, "Insights made here", "a"),
        "imported": _chart(period.history_weeks, figures.imported, "Imported insights", "b"),
    }


def _chart(
    weeks: Sequence[date], numbers: Sequence[int | None], what: str, tone: str, guide: int = 0
) -> dict[str, Any]:
    names = [short_day(week, weeks[-1]) for week in weeks]
    known = [number for number in numbers if number is not None] or [0]
    first, last = known[0], known[-1]
    told = f"{what} per week over {plural(len(known), 'week')}: from {first} to {last}."
    labels = _thinned(names)
    if guide:
        high = charts.nice_ceiling(max(guide, *known))
        drawn = charts.lines([(tone, numbers)], 0, high, told, labels, guides=[(guide, "b")])
    else:
        drawn = charts.stacks([{tone: number or 0} for number in numbers], [tone], told, labels)
    return {
        "svg": drawn if any(numbers) else SafeString(""),
        "head": ["Week of", what],
        "rows": list(zip(names, numbers, strict=True)),
        "total": sum(known),
    }


def _thinned(names: list[str]) -> list[str]:
    """At most a dozen labels, or a year of weeks would run into each other."""
    every = -(-len(names) // 12)
    return [name if at % every == 0 else "" for at, name in enumerate(names)]

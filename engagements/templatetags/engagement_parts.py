"""Parts of the pages that show engagements."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from engagements.filters import EngagementFilter
from engagements.health_words import gist
from engagements.models import Standing
from engagements.records import InsightType, Sentiment
from engagements.working import health_word
from psinsights.lib import charts
from psinsights.lib.http import query
from psinsights.lib.words import BAND_TONE
from psinsights.templatetags.page import health

register = template.Library()
TONES = {
    Sentiment.POSITIVE: ("Positive", "ok"),
    Sentiment.NEUTRAL: ("Neutral", "none"),
    Sentiment.RISK: ("Risk", "risk"),
}
INSIGHTS = {
    InsightType.HEALTH_SUMMARY: "Health summary",
    InsightType.RISK_DETECTION: "Risks",
    InsightType.THEME_EXTRACTION: "Themes",
    InsightType.ACTION_RECOMMENDATION: "Recommended actions",
}


@register.simple_tag
def standing_health(standing: Standing | None) -> SafeString:
    """The score and its word; of an engagement without a score, why there is none."""
    if not standing:  # none yet: a template gives "" for it
        return health("unknown")
    return health(standing.band, standing.health, health_word(standing))


@register.simple_tag
def trend(standing: Standing | None) -> SafeString:
    """Twelve weekly scores as a small line whose label says where it went."""
    known = [score for score in standing.weekly if score is not None] if standing else []
    if not standing or len(known) < 2:
        return mark_safe('<span class="t3 small">No history</span>')  # noqa: S308 - a constant
    label = f"{len(known)} weeks: {known[0]} to {known[-1]}"
    return charts.spark(standing.weekly, BAND_TONE[standing.band], label)


@register.simple_tag
def runs_trend(name: str, weekly: list[int]) -> SafeString:
    return charts.spark(weekly, "none", f"Weekly runs of {name}: {weekly[0]} to {weekly[-1]}")


@register.simple_tag
def sentiment(word: str) -> SafeString:
    """What the author said of a note."""
    if word not in TONES:
        return mark_safe("")  # noqa: S308 - a constant
    told, shade = TONES[Sentiment(word)]
    return format_html('<span class="badge" data-h="{}">{}</span>', shade, told)


@register.filter
def insight_title(kind: str) -> str:
    """An insight's type as the page says it."""
    return INSIGHTS.get(InsightType(kind), kind) if kind in set(InsightType) else kind


register.filter("gist", gist)


@register.filter
def age(when: date | None, day: date) -> str:
    """Days between a date and the day of the data: "Today", "7 d"."""
    if not when:
        return "–"
    return f"{(day - when).days} d" if when < day else "Today"


@register.simple_tag
def sorted_by(filters: EngagementFilter, sort: str) -> str:
    """The address of this list sorted otherwise."""
    return filters.link(sort=sort)


@register.simple_tag
def of_view(filters: EngagementFilter, view: str) -> str:
    """The address of a view with this list's order, and without its other filters."""
    kept = {name: filters.chosen[name] for name in ("sort", "size") if name in filters.chosen}
    return query(kept | {"view": view})

"""Tags every template may use: icons, health, deltas, citations and charts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from psinsights.lib import charts
from psinsights.lib.http import record_link
from psinsights.lib.words import BAND_TONE, BAND_WORD, days_apart, plural, tone_of_late

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """An icon of the sprite; decoration unless it has a label."""
    return _drawn(static("icons.svg"), name, css, label)


@lru_cache(maxsize=1024)  # a page shows a hundred icons, of two dozen kinds
def _drawn(sprite: str, name: str, css: str, label: str) -> SafeString:
    classes = f"i {css}".strip()
    named = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    return format_html('<svg class="{}" {}><use href="{}#{}"/></svg>', classes, named, sprite, name)


@register.filter
def tone(band: str) -> str:
    """The design's colour word of a band."""
    return BAND_TONE.get(str(band), "none")


@register.filter
def band_word(band: str) -> str:
    """The page's word of a band: On track, Watch, Critical, Not scored."""
    return BAND_WORD.get(str(band), "Not scored")


@register.simple_tag
def health(band: str, score: int | None = None, word: str = "") -> SafeString:
    """A band as shape, number and word, never colour alone."""
    shade = tone(band)
    number = format_html("<b>{}</b> ", score) if score is not None else ""
    return format_html(
        '<span class="health" data-h="{}">{}{}{}</span>',
        shade,
        icon(f"h-{shade}"),
        number,
        word or band_word(band),
    )


@register.simple_tag
def delta(change: int | Literal[""] | None) -> SafeString:
    """A change of score with its direction in words; nothing when there is nothing to compare."""
    if change is None or change == "":  # "": a template's word for what is not there
        return mark_safe('<span class="t3">–<span class="vh"> no earlier score</span></span>')
    if change == 0:
        return mark_safe('<span class="t3">0</span>')
    shade, arrow, word = ("risk", "arrow-down", "down") if change < 0 else ("ok", "arrow-up", "up")
    return format_html(
        '<span class="delta" data-h="{}">{}<span class="vh">{} </span>{}</span>',
        shade,
        icon(arrow),
        word,
        abs(change),
    )


@register.simple_tag
def badge(text: str, shade: str = "", glyph: str = "") -> SafeString:
    """A short state in a tint."""
    mark = icon(glyph) if glyph else ""
    if not shade:
        return format_html('<span class="badge">{}{}</span>', mark, text)
    return format_html('<span class="badge" data-h="{}">{}{}</span>', shade, mark, text)


LEVEL_TONE = {"critical": "risk", "high": "risk", "medium": "watch", "low": "none"}


@register.simple_tag
def level(name: str) -> SafeString:
    """A severity in words, with its shape."""
    shade = LEVEL_TONE.get(str(name), "none")
    return badge(str(name).capitalize(), shade, f"h-{shade}")


@register.filter
def level_tone(name: str) -> str:
    return LEVEL_TONE.get(str(name), "none")


@register.simple_tag
def cite(record: str, page: str = "") -> SafeString:
    """A citation: a link that lights up the record it names, here or on ``page``.

    A record beyond the first entries of the timeline is found, too, by asking for the page again;
    one in view lights up without that.
    """
    return format_html('<a class="cite" href="{}">{}</a>', record_link(page, record), record)


@register.simple_tag
def record_at(page: str, record: str) -> str:
    """The address at which an engagement's page shows a record, wherever it stands."""
    return record_link(page, record)


@register.simple_tag
def days_late(due: date, today: date) -> SafeString:
    """The number of days past a date, in the shade of how bad it is."""
    days = (today - due).days
    shade = "risk" if days > 7 else "watch"
    return format_html('<span class="delta" data-h="{}">{}</span>', shade, days)


@register.simple_tag
def spark(values: Sequence[int | None], band: str, label: str) -> SafeString:
    return charts.spark(values, tone(band), label)


@register.filter
def day(when: date | datetime | None) -> str:
    """A date as people say it: "19 Nov", with the year when it is another one."""
    if when is None:
        return "–"
    text = f"{when.day} {when:%b}"
    return text if when.year == timezone.now().year else f"{text} {when.year}"


@register.filter
def moment(when: datetime | None) -> str:
    """Date and 24 h time in UTC: "19 Nov, 09:12"."""
    return f"{day(when)}, {when:%H:%M}" if when else "–"


@register.filter
def ago(when: datetime | None) -> str:
    """How long ago, in one unit."""
    if when is None:
        return "never"
    seconds = max(0, int((timezone.now() - when).total_seconds()))
    for unit, size in (("day", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            count = seconds // size
            word = plural(count, unit) if unit == "day" else f"{count} {unit}"
            return f"{word} ago"
    return "just now"


@register.simple_tag
def version() -> str:
    return settings.VERSION


@register.filter
def count(number: int, noun: str) -> str:
    """ "1 note", "3 notes"."""
    return plural(number, noun)


@register.filter
def days_from(when: date | None, today: date) -> str:
    """A date against the day of the data: "12 days late", "today", "19 Nov"."""
    return days_apart(when, today) if when else "–"


@register.filter
def late_tone(when: date, today: date) -> str:
    """How a date that has passed is shown: "watch", and "risk" after a week."""
    return tone_of_late((today - when).days)


@register.inclusion_tag("components/pager.html")
def pager(page: Any, link: str, target: str = "") -> dict[str, Any]:
    """Links to the pages of a list. ``link`` is the address up to and including ``page=``."""
    elided = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return {"page": page, "numbers": list(elided), "link": link, "target": target}

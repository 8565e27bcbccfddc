"""Furniture of the metrics page."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from psinsights.lib import charts

register = template.Library()


@register.simple_tag
def share_bar(part: int, whole: int, what: str) -> SafeString:
    """A bar of a part of a whole, told as "3 of 12 active"."""
    most = max(whole, 1)
    return charts.meter(part, most, "a", f"{part} of {whole} {what}", scale=most)

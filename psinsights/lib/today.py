"""Which day it is for judgement: the portfolio's as-of date, not merely the clock's."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.utils import timezone


def today() -> date:
    """The fixed ``TODAY`` of the settings where one is given, else the current day in UTC."""
    fixed = settings.TODAY
    if fixed:
        return fixed if isinstance(fixed, date) else date.fromisoformat(fixed)
    return timezone.now().date()

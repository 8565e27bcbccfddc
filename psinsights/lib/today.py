"""Which day it is for judgement: the portfolio's as-of date, not merely the clock's."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.utils import timezone


def today() -> date:
    """The fixed ``TODAY`` of the settings where one is given, else the current day in UTC."""
    if settings.TODAY:
        return date.fromisoformat(str(settings.TODAY))
    return timezone.now().date()

"""Which day the portfolio is looked at: the clock's, or the day a frozen set of data is of."""

from __future__ import annotations

from datetime import date

from django.conf import settings

from connectors.models import Load
from connectors.sources import Source
from psinsights.lib.today import today


def portfolio_day() -> date:
    """The day every page and reading is as of; at most one query.

    ``TODAY`` of the settings comes first. Then the day of a frozen set (the committed fixtures, a
    sample generated for a given day); else the clock's, which moves on after a load.
    """
    if settings.TODAY:
        return today()
    newest = (
        Load.objects.filter(state=Load.State.DONE, dry_run=False)
        .order_by("-pk")
        .values_list("frozen", "as_of")
        .first()
    )
    frozen, as_of = newest or (False, None)
    return as_of if frozen and as_of else today()


def day_of(source: Source) -> tuple[date, bool]:
    """The as-of day for a load of ``source``, and whether the data are frozen on it."""
    frozen_on = source.frozen_on()
    if frozen_on is None or settings.TODAY:
        return today(), False
    return frozen_on, True

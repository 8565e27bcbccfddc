"""The span that a page of metrics covers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from connectors.as_of import portfolio_day

SPANS = {7: "Last 7 days", 28: "Last 4 weeks", 84: "Last 12 weeks", 365: "Last year"}
ORDINARY = 84


@dataclass(frozen=True, kw_only=True)
class Period:
    """So many days up to and with ``today``. What a source brought ends on its own ``day``."""

    days: int
    today: date
    day: date

    @property
    def since(self) -> date:
        return self.today - timedelta(days=self.days - 1)

    @property
    def since_moment(self) -> datetime:
        return midnight(self.since)

    @property
    def history_since(self) -> date:
        return self.day - timedelta(days=self.days - 1)

    @property
    def weeks(self) -> list[date]:
        """The Mondays of the weeks that it touches, oldest first."""
        return mondays(self.since, self.today)

    @property
    def history_weeks(self) -> list[date]:
        return mondays(self.history_since, self.day)


def period_of(days: int) -> Period:
    """The period up to the clock's day, in UTC as everything that is measured; one query."""
    return Period(days=days, today=timezone.now().date(), day=portfolio_day())


def midnight(day: date) -> datetime:
    """The moment at which a day begins, in UTC."""
    return datetime.combine(day, time(), tzinfo=UTC)


def mondays(first: date, last: date) -> list[date]:
    monday = first - timedelta(days=first.weekday())
    return [monday + timedelta(weeks=week) for week in range((last - monday).days // 7 + 1)]

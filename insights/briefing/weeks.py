"""Which days a briefing is about: seven up to a day, or a calendar week from its Monday. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

DAYS = 7


class NoSuchWeek(Exception):
    """Nothing is known of the days that were asked for; the sentence says what is."""


@dataclass(frozen=True, kw_only=True)
class Week:
    """The days from ``first`` to ``last``, both of them included."""

    first: date
    last: date
    newest: bool  # ends on the day the portfolio is looked at

    @property
    def monday(self) -> date:
        """The Monday of the week it ends in: a person gets one mail for each."""
        return monday_of(self.last)

    @property
    def words(self) -> str:
        """ "9 and 15 Nov", as in "between 9 and 15 Nov"."""
        return f"{_start(self.first, self.last)} and {_day(self.last)}"

    @property
    def span(self) -> str:
        """ "9 to 15 Nov 2026"."""
        return f"{_start(self.first, self.last)} to {_day(self.last)} {self.last.year}"

    def holds(self, day: date | None) -> bool:
        return day is not None and self.first <= day <= self.last


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def week_until(day: date, as_of: date) -> Week:
    """The seven days that end on ``day``."""
    return Week(first=day - timedelta(days=DAYS - 1), last=day, newest=day == as_of)


def calendar_week(day: date, as_of: date) -> Week:
    """The week of that day from its Monday, as far as it has come."""
    monday = monday_of(day)
    last = min(monday + timedelta(days=DAYS - 1), as_of)
    return Week(first=monday, last=last, newest=last == as_of)


def asked_week(week: str, until: str, *, as_of: date, since: date) -> Week:
    """The week that an address or an option asks for; the newest seven days where it asks for none.

    ``since`` is the first day anything is known of. Raises :class:`NoSuchWeek` with a sentence.
    """
    asked = until or week
    if not asked:
        return week_until(as_of, as_of)
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        raise NoSuchWeek("A week is asked for by a date such as 2026-11-09.") from None
    if not monday_of(since) <= day <= as_of:
        told = f"What is known goes from {_day(since)} {since.year} to {_day(as_of)} {as_of.year}."
        raise NoSuchWeek(f"There is no briefing for {day.isoformat()}. {told}")
    return week_until(day, as_of) if until else calendar_week(day, as_of)


def before(week: Week, since: date) -> date | None:
    """The Monday of the calendar week before; None when nothing is known of it."""
    monday = monday_of(week.last) - timedelta(days=DAYS)
    return monday if monday >= monday_of(since) else None


def after(week: Week, as_of: date) -> date | None:
    """The Monday of the calendar week after; None when it has not begun."""
    monday = monday_of(week.last) + timedelta(days=DAYS)
    return monday if monday <= as_of else None


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _start(first: date, last: date) -> str:
    """A first day, without what it shares with the last one."""
    if first.year != last.year:
        return f"{_day(first)} {first.year}"
    return str(first.day) if first.month == last.month else _day(first)

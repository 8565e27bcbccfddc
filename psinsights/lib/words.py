"""Words the pages share: bands, counts, days."""

from __future__ import annotations

from datetime import date

BAND_TONE = {"healthy": "ok", "warning": "watch", "critical": "risk", "unknown": "none"}
BAND_WORD = {
    "healthy": "On track",
    "warning": "Watch",
    "critical": "Critical",
    "unknown": "Not scored",
}


A_WEEK = 7  # days; what is later than this is shown in red


def plural(number: int, noun: str) -> str:
    """A count with its noun: "1 note", "3 notes", "2 entries"."""
    if number == 1:
        return f"{number:,} {noun}"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}s"


def days_late(due: date, today: date) -> str:
    return f"{plural((today - due).days, 'day')} late"


def tone_of_late(days: int) -> str:
    return "risk" if days > A_WEEK else "watch"


def short_day(when: date, today: date) -> str:
    """ "19 Nov", with the year when it is not this one."""
    text = f"{when.day} {when:%b}"
    return text if when.year == today.year else f"{text} {when.year}"


def days_apart(when: date, today: date) -> str:
    """A due date as people say it: late by so many days, today, tomorrow, or the date."""
    if when < today:
        return days_late(when, today)
    near = {0: "Today", 1: "Tomorrow"}
    return near.get((when - today).days) or short_day(when, today)

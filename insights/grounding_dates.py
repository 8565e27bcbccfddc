"""Dates as values, however they are written: ISO, "3 Nov 2026", "Nov 3rd", 03/11/2026, "in May".

A date is year, month and day as far as a text gives them. Every pattern is linear.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import NamedTuple


class Day(NamedTuple):
    """A date as far as a text gives it; a missing part is None."""

    year: int | None
    month: int
    day: int | None


_MONTH_NAMES = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = {name: i for i, name in enumerate(_MONTH_NAMES, 1)}
_MONTHS |= {name[:3]: i for i, name in enumerate(_MONTH_NAMES, 1)} | {"sept": 9}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATES = re.compile(
    r"\b(?P<y1>\d{4})-(?P<m1>\d{1,2})-(?P<d1>\d{1,2})(?:t[\d:.]{4,15}z?)?(?!\w)"
    r"|\b(?P<y2>\d{4})/(?P<m2>\d{1,2})/(?P<d2>\d{1,2})\b"
    r"|\b(?P<a3>\d{1,2})[/.](?P<b3>\d{1,2})[/.](?P<y3>\d{4}|\d{2})\b"
    rf"|\b(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?(?: of)?[ -](?P<m4>{_MONTH})\b\.?"
    r"(?:[ ,-]{1,2}(?P<y4>\d{4})\b)?"
    rf"|\b(?P<m5>{_MONTH})\b\.? (?P<d5>\d{{1,2}})(?:st|nd|rd|th)?\b(?!%| %)"
    r"(?:,? (?P<y5>\d{4})\b)?"
    rf"|\b(?P<m6>{_MONTH})\b\.? (?P<y6>\d{{4}})\b"
)
_DIGIT = re.compile(r"\d")
_MONTH_ALONE = re.compile(
    r"\b(?:in|by|of|since|until|till|early|late|mid|during|end of|this|next|last|from|before|after)"
    rf"[ -](?P<m>{_MONTH})\b"
)
_RELATIVE = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
    r"|(?:this|next|last|past|previous|coming|end of|end of the|end of this) "
    r"(?:day|week|month|quarter|year|sprint))\b"
)


def _safe_day(year: int | None, month: int, day: int | None) -> Day | None:
    if not 1 <= month <= 12 or (day is not None and not 1 <= day <= 31):
        return None
    return Day(year, month, day)


def _numeric_days(match: re.Match[str]) -> list[Day | None]:
    """Both readings of 03/11/2026: a text does not say which way its country writes."""
    first, second, year = int(match["a3"]), int(match["b3"]), int(match["y3"])
    year += 2000 if year < 100 else 0
    return [_safe_day(year, second, first), _safe_day(year, first, second)]


def _days_of(match: re.Match[str]) -> list[Day]:
    if match["a3"]:
        found = _numeric_days(match)
    else:
        part = {k[0]: v for k, v in match.groupdict().items() if v}
        month = _MONTHS.get(part["m"]) or int(part["m"])
        year = int(part["y"]) if "y" in part else None
        found = [_safe_day(year, month, int(part["d"]) if "d" in part else None)]
    return [day for day in found if day]


def _blank(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with its dates taken out, so that a day is never read as a count."""
    parts, at = [], 0
    for start, end in spans:
        parts.append(text[at:start])
        at = end
    return " | ".join([*parts, text[at:]])


def take_days(text: str) -> tuple[frozenset[Day], str]:
    days: set[Day] = set()
    spans: list[tuple[int, int]] = []
    for match in _DATES.finditer(text) if _DIGIT.search(text) else ():
        found = _days_of(match)
        if found:
            days.update(found)
            spans.append(match.span())
    rest = _blank(text, spans)
    days.update(Day(None, _MONTHS[m["m"]], None) for m in _MONTH_ALONE.finditer(rest))
    return frozenset(days), rest


def _agrees(claimed: Day, given: Day, as_of: date | None) -> bool:
    if claimed.month != given.month or (claimed.day and claimed.day != given.day):
        return False
    if claimed.year and not given.year:
        return as_of is not None and abs(claimed.year - as_of.year) <= 1
    return not claimed.year or claimed.year == given.year


def relative_words(text: str) -> frozenset[str]:
    """Dates that lean on the day they were said: today, friday, next week."""
    return frozenset(m.group().replace("days", "day") for m in _RELATIVE.finditer(text))


def unsupported(days: Collection[Day], given: Collection[Day], as_of: date | None) -> list[str]:
    """The dates that stand nowhere. 03/11/2026 needs one of its two readings only."""
    wanted = [d for d in days if not any(_agrees(d, g, as_of) for g in given)]
    return sorted(_spelt(d) for d in wanted if not _other_reading_stands(d, days, wanted))


def _other_reading_stands(day: Day, days: Collection[Day], wanted: list[Day]) -> bool:
    if not day.day or not day.year:
        return False
    swapped = Day(day.year, day.day, day.month)
    return swapped != day and swapped in days and swapped not in wanted


def unsupported_words(
    words: Collection[str], given: Collection[str], days: Collection[Day]
) -> list[str]:
    """Words such as "next week" or "friday" that stand nowhere; a weekday may stand as its date."""
    return sorted(w for w in words if w not in given and not _is_weekday_of(w, days))


def _is_weekday_of(word: str, days: Collection[Day]) -> bool:
    return word in _WEEKDAYS and any(_weekday(day) == _WEEKDAYS.index(word) for day in days)


def _weekday(day: Day) -> int | None:
    try:
        return date(day.year or 0, day.month, day.day or 0).weekday()
    except ValueError:
        return None


def _spelt(day: Day) -> str:
    return "-".join(str(part) for part in day if part)

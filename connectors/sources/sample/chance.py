"""Chance that repeats itself: named random streams and working days.

Every stream is seeded by text, so it depends neither on ``PYTHONHASHSEED`` nor on what was drawn
elsewhere: one more note never moves another engagement's tasks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import TypeVar

T = TypeVar("T")

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_PLURALS = {
    "is": "are",
    "was": "were",
    "has": "have",
    "needs": "need",
    "takes": "take",
    "waits": "wait",
    "depends": "depend",
    "remains": "remain",
    "stays": "stay",
    "moves": "move",
}
_AGREES = re.compile(rf"\{{(task|next|milestone)\}} ({'|'.join(_PLURALS)})\b")
_TAIL = re.compile(r" (?:for|of|from|on|with|against|to)\b|[,:]")


def stream(seed: int, *parts: object) -> Random:
    """An independent stream of chance for what ``parts`` name."""
    return Random("/".join(str(part) for part in (seed, *parts)))


def weighted(rng: Random, weights: Mapping[T, float]) -> T:
    """One key, as likely as its weight."""
    return rng.choices(list(weights), list(weights.values()))[0]


def between(rng: Random, bounds: tuple[float, float]) -> float:
    return rng.uniform(*bounds)


def say(template: str, slots: Mapping[str, object], rng: Random) -> str:
    """The sentence a template stands for: ``[one|other]`` is drawn, ``{slot}`` is filled in."""

    def drawn(match: re.Match[str]) -> str:
        return rng.choice(match.group(1).split("|"))

    while "[" in template:
        template, count = _CHOICE.subn(drawn, template)
        if not count:
            raise ValueError(f"Unbalanced choice in {template!r}")
    return _AGREES.sub(partial(_agreed, slots), template).format_map(slots)


def _agreed(slots: Mapping[str, object], match: re.Match[str]) -> str:
    """The verb after a task's name, as many as the task is."""
    slot, verb = match.groups()
    return f"{{{slot}}} {_PLURALS[verb] if _is_plural(str(slots[slot])) else verb}"


def _is_plural(title: str) -> bool:
    head = _TAIL.split(title)[0]
    return " and " in head or (head.endswith("s") and not head.endswith("ss"))


def sentence(text: str) -> str:
    """The text with a capital first letter; names inside keep theirs."""
    return text[:1].upper() + text[1:]


def on_workday(day: date) -> date:
    """The day itself, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def at_hour(day: date, rng: Random, hours: tuple[int, int] = (8, 18)) -> datetime:
    """A minute of the working day, UTC."""
    return datetime(day.year, day.month, day.day, rng.randrange(*hours), rng.randrange(0, 60))


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def spoken(day: date) -> str:
    """A date as people write it in a note: 14 October."""
    return f"{day.day} {_MONTHS[day.month - 1]}"


def weekday(day: date) -> str:
    return _DAYS[day.weekday()]


def some(rng: Random, items: Sequence[T], most: int) -> list[T]:
    """Up to ``most`` of the items, in their own order."""
    picked = sorted(rng.sample(range(len(items)), min(most, len(items))))
    return [items[i] for i in picked]


# Not strftime: the names must not follow the machine's locale.
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

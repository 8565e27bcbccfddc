"""How the engine says numbers, dates and other people's sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

_BULLET = re.compile(r"^(?:[\s>#*•‣▪–—-]|\d{1,2}[.)](?= )|\[[ xX]?\]|[✅✔❌⚠🔴🟡🟢])+")
_LABEL = re.compile(
    r"^(?:blockers?|blocked|issues?|risks?|problems?|concerns?|status|updates?|note|todo|actions?"
    r"(?: items?)?|next(?: steps?)?|progress|highlights?|done|wins?|follow[- ]?ups?) ?[:\-–] ?",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"^(?:unfortunately|also|and|but|so|however|still[,:]|again[,:]|overall|in addition"
    r"|additionally|furthermore|as of (?:today|now)|currently|at the moment|good news|bad news),? ",
    re.IGNORECASE,
)
_BREAKS = (" - ", " – ", " — ", "; ", ": ", ", and ", ", but ", ", so ", ", which ", ". ", ", ")
LONGEST = 110


def word_set(text: str) -> frozenset[str]:
    """The words of a list written as text."""
    return frozenset(text.split())


def day(value: date, as_of: date) -> str:
    """A date as people say it; the year only where it is another one.

    >>> day(date(2026, 11, 3), date(2026, 11, 22))
    '3 Nov'
    """
    return f"{value.day} {value:%b}" + ("" if value.year == as_of.year else f" {value.year}")


def full_day(value: date) -> str:
    """A date with its year: "3 Nov 2026"."""
    return f"{value.day} {value:%b %Y}"


def count(number: int, one: str, many: str = "") -> str:
    """A number and what it counts: "1 note", "2 notes"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(items: Sequence[str]) -> str:
    """Items in a sentence: "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


_OPENERS = word_set(
    """a an the this that these those there here it its we our us they their he she his her you your
    no not none nobody some any each every both all most many few several two three four five six
    seven eight nine ten in on at by for from with without after before since until during because
    if when while as to of and but or so still again also only just already yet now today waiting
    awaiting access data work users people customer client vendor team tasks task health milestone
    people"""
)


def lowered(text: str) -> str:
    """A sentence that goes on in another one; what may be a name keeps its capital."""
    first = text.split(" ", 1)[0].rstrip(",:;")
    return text[:1].lower() + text[1:] if first.lower() in _OPENERS else text


def plain(sentence: str) -> str:
    """A sentence of a note without its bullet, label, filler and final stop."""
    text = " ".join(sentence.split())
    for pattern in (_BULLET, _LABEL, _FILLER, _FILLER):
        text = pattern.sub("", text)
    return text.strip(" \t-*_").rstrip(".;,:! ")


def clause(sentence: str, longest: int = LONGEST) -> str:
    """The first part of a sentence that can stand by itself, at most so many characters."""
    text = plain(sentence)
    if len(text) <= longest:
        return text
    cuts = [at for mark in _BREAKS if 25 <= (at := text.rfind(mark, 0, longest)) <= longest]
    cut = text[: max(cuts)] if cuts else text[:longest].rsplit(" ", 1)[0]
    if cut.count("(") > cut.count(")"):
        cut = cut[: cut.rfind("(")] or cut
    return cut.rstrip(" ,;:-–—")


_STILL = re.compile(r"^still: ?", re.IGNORECASE)
_UNCHANGED = re.compile(r"(?:, no (?:update|change)| \(unchanged\))$", re.IGNORECASE)
_TURNS = ("; ", ", so ", ", which ", ", but ", " – ", " — ", ", and ", ". ")
SHORTEST_HEADLINE = 20


def headline(sentence: str, longest: int = LONGEST) -> str:
    """What a sentence says first, without what follows from it: the part before "; " or ", so"."""
    said = _UNCHANGED.sub("", _STILL.sub("", clause(sentence, longest)))
    cuts = [at for mark in _TURNS if (at := said.find(mark)) >= SHORTEST_HEADLINE]
    return said[: min(cuts)].rstrip(" ,;:-") if cuts else said

"""Numbers as values, however they are written: what a claim says must stand somewhere.

A quantity is a number with its kind, so that "30 %" is no "30" and "two weeks" are 14 days but no
two days. Every pattern is linear.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from insights.grounding_dates import Day, relative_words, take_days
from insights.grounding_text import folded


class Quantity(NamedTuple):
    """A number and what it counts: ``n``, ``%``, a currency, ``day``, ``month``, … or a word."""

    value: str
    kind: str


class Reading(NamedTuple):
    """What a text says in numbers and dates; ``relative`` holds words such as "next week"."""

    quantities: frozenset[Quantity]
    days: frozenset[Day]
    relative: frozenset[str]
    identifiers: frozenset[str]


def _words(text: str) -> list[str]:
    return text.split()


_IDENTIFIER = re.compile(r"[a-z0-9]+(?:[-_./][a-z0-9]+)*")
_CURRENCY = {"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy"}
_CURRENCY_WORDS = {
    "usd": "usd", "dollar": "usd", "dollars": "usd", "eur": "eur", "euro": "eur", "euros": "eur",
    "gbp": "gbp", "pound": "gbp", "pounds": "gbp", "chf": "chf", "jpy": "jpy", "yen": "jpy",
}  # fmt: skip
_SCALE = {
    "k": 1000, "thousand": 1000, "m": 10**6, "mn": 10**6, "mio": 10**6, "million": 10**6,
    "bn": 10**9, "billion": 10**9, "hundred": 100, "dozen": 12,
}  # fmt: skip
_UNITS = {"day": ("day", 1), "week": ("day", 7), "wk": ("day", 7), "fortnight": ("day", 14)} | {
    unit: (unit, 1)
    for unit in _words("minute hour month quarter year sprint point task note milestone run")
}
_UNITS |= {f"{unit}s": meaning for unit, meaning in _UNITS.items()} | {
    "pt": ("point", 1), "pts": ("point", 1), "hrs": ("hour", 1), "min": ("minute", 1)
}  # fmt: skip
_TIME = _words("day minute hour month quarter year sprint")
_TOKEN = re.compile(
    r"(?P<money>[$€£¥]) ?(?=\d)"
    r"|(?P<clock>(?<![\w.])\d{1,2}:\d{2}(?!\w))"
    r"|(?P<digits>(?<![\w.])(?:\d{1,3}(?: \d{3})+(?![\w,.]*\d)|\d+(?:[.,]\d+)*))"
    r"(?P<glued>[a-z]*)(?P<percent> ?%)?"
    r"|(?P<word>[a-z]+)"
)
_ONES = dict(
    zip(
        _words(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
            "fifteen sixteen seventeen eighteen nineteen"
        ),
        range(20),
        strict=True,
    )
)
_TENS = dict(
    zip(
        _words("twenty thirty forty fifty sixty seventy eighty ninety"),
        range(20, 100, 10),
        strict=True,
    )
)
_SMALL = _ONES | _TENS
_BIG = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "dozen": 12}
_ORDINALS = {
    word: value
    for value, word in enumerate(
        _words("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"),
        1,
    )
}
_AMOUNTS = frozenset(
    _words(
        "half twice thrice double doubled triple tripled couple dozens hundreds thousands millions "
        "quarters thirds majority most"
    )
)
_NO_NUMBER_BEFORE_ONE = _words("no the this that any every each which another")
_LONGEST_NUMBER = 12  # words
_NO_NUMBER_AFTER_ONE = frozenset(("of", "another", "or"))


_DIGIT = re.compile(r"\d")
_COUNTS = re.compile(rf"\d|\b(?:{'|'.join([*_SMALL, *_BIG, *_ORDINALS, *_AMOUNTS])})\b")


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def number(text: str) -> str:
    """The one way a number is written: "1,250" and "1 250" are 1250, "12.50" is 12.5."""
    bare = text.replace(" ", "")
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", bare):
        bare = bare.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?", bare):
        bare = bare.replace(".", "").replace(",", ".")
    elif bare.count(",") == 1 and "." not in bare:
        bare = bare.replace(",", ".")
    try:
        return _plain(abs(Decimal(bare)))
    except InvalidOperation:
        return bare  # a version such as 3.11.2 stays as it is written


def _scaled(value: str, factor: int) -> str:
    try:
        return _plain(Decimal(value) * factor)
    except InvalidOperation:
        return value


def _unit_after(tokens: list[re.Match[str]], at: int) -> tuple[str, int] | None:
    if at < len(tokens) and tokens[at]["word"]:
        return _UNITS.get(tokens[at]["word"])
    return None


def _word_number(tokens: list[re.Match[str]], at: int) -> tuple[int, int] | None:
    """The value of number words from a position, and the position after them."""
    total = group = 0
    start = at
    while at < min(len(tokens), start + _LONGEST_NUMBER) and (word := tokens[at]["word"]):
        if word in _SMALL:
            group += _SMALL[word]
        elif word in _BIG and (at > start or word != "dozen"):
            group = max(group, 1) * _BIG[word]
            if _BIG[word] >= 1000:
                total, group = total + group, 0
        elif not (word == "and" and at > start and _continues(tokens, at)):
            break
        at += 1
    return (total + group, at) if at > start else None


def _continues(tokens: list[re.Match[str]], at: int) -> bool:
    """Whether an "and" joins number words: "hundred and fifty", not "two and three"."""
    before = tokens[at - 1]["word"]
    after = tokens[at + 1]["word"] if at + 1 < len(tokens) else None
    return before in _BIG and after in _SMALL


def _is_pronoun(tokens: list[re.Match[str]], at: int) -> bool:
    """Whether "one" counts nothing here ("no one", "one of", "the one")."""
    if tokens[at]["word"] != "one":
        return False
    before = tokens[at - 1]["word"] if at else None
    after = tokens[at + 1]["word"] if at + 1 < len(tokens) else None
    return before in _NO_NUMBER_BEFORE_ONE or after in _NO_NUMBER_AFTER_ONE


def _with_unit(value: str, tokens: list[re.Match[str]], after: int, money: str) -> list[Quantity]:
    if money:
        return [Quantity(value, money)]
    word = tokens[after]["word"] if after < len(tokens) else None
    if word in _CURRENCY_WORDS:
        return [Quantity(value, _CURRENCY_WORDS[word])]
    if word in ("percent", "pct"):
        return [Quantity(value, "%")]
    unit = _unit_after(tokens, after)
    return [Quantity(_scaled(value, unit[1]), unit[0])] if unit else [Quantity(value, "n")]


def _digits(tokens: list[re.Match[str]], at: int, money: str) -> list[Quantity]:
    token = tokens[at]
    value, glued, after = number(token["digits"]), token["glued"], at + 1
    if token["percent"]:
        return [Quantity(value, "%")]
    if glued in _SCALE:
        value = _scaled(value, _SCALE[glued])
    elif glued in ("st", "nd", "rd", "th"):
        return [Quantity(value, "ordinal")]
    elif glued:
        unit = {"d": ("day", 1), "w": ("day", 7), "h": ("hour", 1)}.get(glued) or _UNITS.get(glued)
        return [Quantity(_scaled(value, unit[1]), unit[0]) if unit else Quantity(value, glued)]
    word = tokens[after]["word"] if after < len(tokens) else None
    if not glued and word in _SCALE and len(word) > 1:
        value, after = _scaled(value, _SCALE[word]), after + 1
    return _with_unit(value, tokens, after, money)


def _take_quantities(text: str) -> frozenset[Quantity]:
    tokens = list(_TOKEN.finditer(text))
    found: list[Quantity] = []
    at, money = 0, ""
    while at < len(tokens):
        token, step = tokens[at], 1
        if token["clock"]:
            found.append(Quantity(token["clock"], "clock"))
        elif token["digits"]:
            found += _digits(tokens, at, money)
        elif (word := token["word"]) in _ORDINALS:
            found.append(Quantity(str(_ORDINALS[word]), "ordinal"))
        elif word in _AMOUNTS:
            found.append(Quantity(word, "word"))
        elif word and not _is_pronoun(tokens, at) and (value := _word_number(tokens, at)):
            found += _with_unit(str(value[0]), tokens, value[1], money)
            step = value[1] - at
        money = _CURRENCY[token["money"]] if token["money"] else ""
        at += step
    return frozenset(found)


def _take_identifiers(text: str) -> tuple[frozenset[str], str]:
    """The names with digits in them (T-214, v2, q3, cost_model_v2), and the text without them."""
    found: list[str] = []

    def take(match: re.Match[str]) -> str:
        token = match.group()
        if token.isdecimal() or not (token[0].isalpha() and _DIGIT.search(token)):
            return token
        found.append(token)
        return "|"

    rest = _IDENTIFIER.sub(take, text)
    return frozenset(found), rest


@lru_cache(maxsize=8192)
def read(text: str) -> Reading:
    """Every number, date, relative date and identifier of a text."""
    plain = folded(text)
    days, rest = take_days(plain)
    relative = relative_words(rest)
    identifiers: frozenset[str] = frozenset()
    if _DIGIT.search(rest):
        identifiers, rest = _take_identifiers(rest)
    counts = _take_quantities(rest) if _COUNTS.search(rest) else frozenset()
    return Reading(days=days, relative=relative, identifiers=identifiers, quantities=counts)


def of_value(value: int | float | str | date, name: str = "") -> Reading:
    """What a fact's value supports: its number, as per cent or days where named so."""
    if isinstance(value, date):
        return Reading(
            frozenset(),
            frozenset({Day(value.year, value.month, value.day)}),
            frozenset(),
            frozenset(),
        )
    if isinstance(value, str):
        return read(value)
    text = _plain(abs(Decimal(str(round(value, 6)))))
    kinds = ["n"] + ["%"] * ("percent" in name) + ["day"] * ("days" in name)
    return Reading(
        frozenset(Quantity(text, k) for k in kinds), frozenset(), frozenset(), frozenset()
    )


def merge(readings: list[Reading]) -> Reading:
    """What several texts support together."""
    empty: frozenset = frozenset()
    return (
        Reading(*(empty.union(*parts) for parts in zip(*readings, strict=True)))
        if readings
        else (Reading(empty, empty, empty, empty))
    )


def unsupported_quantities(claim: Reading, support: Reading) -> list[str]:
    """The claim's numbers and identifiers that stand nowhere; time units must agree too."""
    years = {Quantity(str(d.year), "n") for d in support.days if d.year}
    loose = {q.value for q in support.quantities if q.kind == "n"}
    missing = [
        f"{q.value} {q.kind}".removesuffix(" n")
        for q in claim.quantities
        if q not in support.quantities | years and not _counted(q, loose, support)
    ]
    return sorted(missing) + sorted(claim.identifiers - support.identifiers)


def _counted(quantity: Quantity, loose: set[str], support: Reading) -> bool:
    """Whether a count of things ("3 tasks") stands as a bare 3, or a bare 3 as "3 tasks"."""
    if quantity.kind in _UNITS and quantity.kind not in _TIME:
        return quantity.value in loose
    if quantity.kind == "n":
        return any(
            q.value == quantity.value and q.kind in _UNITS and q.kind not in _TIME
            for q in support.quantities
        )
    return False

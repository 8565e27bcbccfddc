"""Telephone numbers as people write them, told from dates, amounts and ids. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from insights.redaction_spans import Span, digits_of

_S = r"[ \t\u00a0\u2007\u2009\u202f.\-\u2010-\u2014/]"
_PHONE_END = r"(?:[ ,;]{0,2}(?:x|ext|extn|extension|ext\.)[ .:]{0,2}\d{1,6})?(?![\w]|-\w)"
_PHONE_SHAPES = (
    # +1 (415) 555-0199, +44 (0)20 7946 0018, 0044 20 7946 0018
    rf"(?:\+|(?<!\d)00(?=[1-9]\d{{0,2}}{_S}))[1-9]\d{{0,3}}(?:{_S}{{0,2}}\(?\d{{1,12}}\)?){{1,7}}",
    # (415) 555-0199, 415.555.0199, 1-415-555-0199
    rf"(?:1{_S})?(?:\([2-9]\d\d\){_S}{{0,2}}|[2-9]\d\d{_S})\d{{3}}{_S}\d{{4}}",
    # 020 7946 0018, (0151) 496 0123, 07700 900123, 030/23125 012
    rf"\(?0\d{{1,5}}\)?(?:{_S}{{1,3}}\d{{2,8}}){{1,5}}",
    # (02) 5550 1234: an area code in brackets
    rf"\(\d{{2,5}}\){_S}{{0,2}}\d{{3,4}}(?:{_S}?\d{{2,4}}){{1,3}}",
    # 98765 43210
    r"[6-9]\d{4}[ -]\d{5}",
    # 0612345678, 07700900123: a trunk zero and nothing between
    r"0[1-9]\d{8,9}",
    # 555-0123
    r"555[-. ]\d{4}",
)
_PHONE = re.compile(
    r"(?<![\w.,$€£#/+-])(?:" + "|".join(_PHONE_SHAPES) + ")" + _PHONE_END, re.IGNORECASE
)
_PHONE_SAID = re.compile(
    r"\b(?:call|called|calling|phone|phoned|tel|telephone|mobile|cell|mob|dial|dialled|fax|whatsapp"
    r"|sms|ring|hotline|landline|pager|handy|telefon|tél|ph|[TM](?=:)"
    r"|reach(?:able)?(?= (?:me|him|her|us|them|at|on)\b))\b"
    r"(?:[ .:#-]|\b(?:me|him|her|them|us|on|at|is|no|nr|number|via|line)\b){0,6}"
    rf"(?P<number>[+(]?\d(?:{_S}{{0,2}}[()]?\d){{5,14}}){_PHONE_END}",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\(?(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{4}[./-]\d{1,2}[./-]\d{1,2})(?!\d)"
)
_ENOUGH_DIGITS = range(7, 18)


_SOME_DIGITS = re.compile(r"\d")


def phones(text: str) -> Iterator[Span]:
    """Telephone numbers by their shape, or by the word that stands before them."""
    if not _SOME_DIGITS.search(text):
        return
    for match in _PHONE.finditer(text):
        if not _DATE.match(match[0]) and _is_long_enough(match[0]):
            yield Span(match.start(), match.end(), "PHONE")
    for match in _PHONE_SAID.finditer(text):
        if not _DATE.match(match["number"]):
            yield Span(match.start("number"), match.end(), "PHONE")


def _is_long_enough(shown: str) -> bool:
    count = len(digits_of(re.split(r"[xe]", shown, maxsplit=1, flags=re.IGNORECASE)[0]))
    if shown.startswith("0") or shown.startswith("(0"):
        return 9 <= count <= 16
    return count in _ENOUGH_DIGITS and (not shown.startswith("+") or count >= 8)

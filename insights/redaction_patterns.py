"""What must not leave the house, as bounded patterns with a check behind each. Pure.

Every finder yields :class:`Span`; every pattern has fixed upper bounds, so the cost is linear in
the text whoever wrote it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator

from insights.redaction_phones import phones
from insights.redaction_spans import Span, digits_of

# Spaces and dashes as people and word processors write them between groups of digits.
_GAP = r"[ \t\u00a0\u2007\u2009\u202f.\-\u2010-\u2014]"

_EMAIL = re.compile(
    r"(?<![\w.+%-])\w[\w.+%'&-]{0,63}"
    r"(?:@|\s?[\[({]\s?at\s?[\])}]\s?)"
    r"(?:[\w-]{1,63}(?:\.|\s?[\[({]\s?dot\s?[\])}]\s?)){1,6}[^\W\d_]{2,24}(?![\w@])",
    re.IGNORECASE,
)
_URL_LOGIN = re.compile(r"(?<=://)[^\s/:@?#]{0,100}:[^\s/?#]{1,200}@")
_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}(?:KEY|CERTIFICATE)(?: BLOCK)?-----")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,40}-----")
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:hf|api_org)_[A-Za-z0-9]{16,128}"
    r"|dapi[0-9a-f]{32}(?:-\d)?"
    r"|dose[0-9a-f]{32}"
    r"|(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}"
    r"|eyJ[\w-]{6,2000}\.[\w-]{4,4000}(?:\.[\w-]{0,2000})?"
    r"|gh[pousr]_[A-Za-z0-9]{30,255}"
    r"|github_pat_\w{30,255}"
    r"|glpat-[\w-]{16,64}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,200}"
    r"|[sp]k[-_](?:live_|test_|proj-|ant-)?[A-Za-z0-9_-]{16,200}"
    r"|AIza[\w-]{30,60}"
    r"|SG\.[\w-]{16,64}\.[\w-]{16,64}"
    r"|npm_[A-Za-z0-9]{30,64}"
    r"|pypi-[\w-]{30,255}"
    r")(?![A-Za-z0-9])"
)
_BEARER = re.compile(r"\b(?:bearer|basic)[ \t]{1,3}([\w.~+/=-]{16,2000})", re.IGNORECASE)
_SECRET_WORD = (
    r"(?:pass(?:word|wd|phrase|code)?|pwd?|token|credentials?|signature|sig|sas"
    r"|(?:api|access|account|auth|encryption|master|private|secret|shared|signing|storage)"
    r"[_ -]?(?:access[_ -]?)?key|(?:client[_ -]?)?secret)"
)
_ASSIGNED = re.compile(
    r"(?<![A-Za-z])" + _SECRET_WORD + r"(?![A-Za-z])[\"'`]?[ \t]{0,3}"
    r"(?P<sign>:=|=>|==?|:|\b(?:is|was|to)\b|[-\u2013](?=[ \t])|(?<=[cC]ode) )[ \t]{0,3}"
    r"(?P<quoted>[\"'`])?(?P<value>[^\s\"'`,;)\]}]{4,300})",
    re.IGNORECASE,
)
# What stands after "password:" in a sentence about passwords rather than in a password.
_NO_SECRET = re.compile(
    r"(?:[<$%{*\[(].*|\.{3}.*|x{3,}|os\.environ.*|dbutils\..*|getenv.*|null|none|true|false|n/a|tbd|todo"
    r"|[a-z]+(?:-[a-z]+)*[.:!?]?)",
    re.IGNORECASE,
)
_IPV4 = re.compile(
    r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\w|\.\d)"
)
_VERSION_BEFORE = re.compile(
    r"\b(?:v|ver|version|release|runtime|build|driver|section|clause|upgraded? to)[ .:]{0,2}$",
    re.IGNORECASE,
)
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{2,39}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])")
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ \u00a0\u202f-]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])"
)
_CARD = re.compile(rf"(?<![\w.,])\d(?:{_GAP}?\d){{12,18}}(?!\w)")

_IBAN_LENGTHS = {
    code: int(length)
    for length, codes in {
        15: "NO",
        16: "BE",
        18: "DK FO FI GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for code in codes.split()
}


def _pem(text: str) -> Iterator[Span]:
    position = 0
    while begin := _PEM_BEGIN.search(text, position):
        end = _PEM_END.search(text, begin.end())
        # A block cut off before its END is a key all the same: everything after goes.
        position = end.end() if end else len(text)
        yield Span(begin.start(), position, "KEY")


def _whole(pattern: re.Pattern[str], kind: str) -> Callable[[str], Iterator[Span]]:
    def find(text: str) -> Iterator[Span]:
        for match in pattern.finditer(text):
            yield Span(match.start(), match.end(), kind)

    return find


def _url_login(text: str) -> Iterator[Span]:
    for match in _URL_LOGIN.finditer(text):
        yield Span(match.start(), match.end() - 1, "LOGIN")


def _bearer(text: str) -> Iterator[Span]:
    for match in _BEARER.finditer(text):
        if re.search(r"\d|[A-Z].*[a-z]|[a-z].*[A-Z]", match[1]):
            yield Span(match.start(1), match.end(1), "TOKEN")


_SECRET_HINTS = ("pass", "pw", "secret", "token", "credential", "key", "sas", "sig")


_LONG = re.compile(r"(?<![\w/+.=-])[A-Za-z0-9_+-]{32,256}(?![\w])")


def _random(text: str) -> Iterator[Span]:
    """A long word of capitals, small letters and digits mixed: a key of a sort not listed above."""
    for match in _LONG.finditer(text):
        shown = match[0]
        digits = sum(char.isdigit() for char in shown)
        if digits >= 4 and any(map(str.isupper, shown)) and any(map(str.islower, shown)):
            yield Span(match.start(), match.end(), "TOKEN")


def _assigned(text: str) -> Iterator[Span]:
    lowered = text.lower()
    if not any(hint in lowered for hint in _SECRET_HINTS):
        return
    for match in _ASSIGNED.finditer(text):
        value = match["value"].rstrip(".!?")
        if len(value) >= 4 and _is_secret(value, match["sign"].casefold(), bool(match["quoted"])):
            start = match.start("value")
            yield Span(start, start + len(value), "SECRET")


def _is_secret(value: str, sign: str, quoted: bool) -> bool:
    if value.startswith(("[", "<", "${", "$(", "{{", "**", "os.environ", "dbutils.")):
        return False
    if not _NO_SECRET.fullmatch(value):
        # A bare number or date after "token is" counts something; after "=" it may be a PIN.
        if sign.endswith(("=", ">")):
            return True
        telling = r"[^\d.,:/%-]" if sign == ":" else r"\d.*[^\d.,:/%-]|[^\d.,:/%-].*\d|[!@#$^&*]"
        return bool(re.search(telling, value))
    return (quoted or sign == "=") and value.isalpha() and value.casefold() not in _STATE_WORDS


_STATE_WORDS = frozenset(
    """
    none null true false required missing expired pending unknown reset changed needed revoked
    rotated invalid todo optional enabled disabled string text field value secret password
    """.split()  # noqa: SIM905 - as words it can be read
)


def _ipv4(text: str) -> Iterator[Span]:
    for match in _IPV4.finditer(text):
        before = text[max(0, match.start() - 16) : match.start()]
        if not _VERSION_BEFORE.search(before):
            yield Span(match.start(), match.end(), "IP")


def _ipv6(text: str) -> Iterator[Span]:
    for match in _IPV6.finditer(text):
        shown = match[0]
        if shown.count(":") < 2 or not any(c.isdigit() for c in shown):
            continue
        # A colon that ends the clause belongs to the sentence.
        trimmed = shown.rstrip(":") if shown.endswith(":") and not shown.endswith("::") else shown
        if _is_ipv6(trimmed):
            yield Span(match.start(), match.start() + len(trimmed), "IP")


def _is_ipv6(shown: str) -> bool:
    try:
        ipaddress.IPv6Address(shown)
    except ValueError:
        return False
    return True


def _iban(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        end = _iban_end(match[0])
        if end:
            yield Span(match.start(), match.start() + end, "IBAN")


def _iban_end(shown: str) -> int:
    """Where the account number ends in ``shown``, 0 when its check digits do not hold."""
    wanted = _IBAN_LENGTHS.get(shown[:2].upper(), 0)
    taken = ""
    for position, char in enumerate(shown):
        taken += char.upper() if char.isascii() and char.isalnum() else ""
        if wanted and len(taken) == wanted:
            return position + 1 if _mod97(taken) else 0
    return 0


def _mod97(iban: str) -> bool:
    digits = "".join(str(int(char, 36)) for char in iban[4:] + iban[:4])
    return int(digits) % 97 == 1


def _card(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        digits = digits_of(match[0])
        if _is_card_range(digits) and _luhn(digits):
            yield Span(match.start(), match.end(), "CARD")


def _is_card_range(digits: str) -> bool:
    two, four, size = int(digits[:2]), int(digits[:4]), len(digits)
    return (
        (digits[0] == "4" and size in (13, 16, 19))
        or ((51 <= two <= 55 or 2221 <= four <= 2720) and size == 16)
        or (two in (34, 37) and size == 15)
        or (two in (30, 36, 38, 39) and 14 <= size <= 19)
        or ((two in (35, 50, 60, 62, 64, 65) or 56 <= two <= 69) and 13 <= size <= 19)
    )


def _luhn(digits: str) -> bool:
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


# In the order of trust: where two overlap, the earlier kind names the placeholder.
FINDERS: tuple[Callable[[str], Iterator[Span]], ...] = (
    _pem,
    _url_login,
    _whole(_TOKEN, "TOKEN"),
    _bearer,
    _assigned,
    _random,
    _whole(_EMAIL, "EMAIL"),
    _iban,
    _card,
    _ipv4,
    _ipv6,
    phones,
)


def shapes(text: str) -> Iterator[Span]:
    """Every stretch of ``text`` that has the shape of something personal or secret."""
    for find in FINDERS:
        yield from find(text)

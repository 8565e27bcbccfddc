"""Our own names in any spelling, found by word: the cost does not grow with their number.

Pure. A name is matched whole and by its parts, whatever the case, accents, hyphens, underscores or
camel case ("Zoë Müller" also as "zoe_mueller", "ZMuller", "MÜLLER'S").
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec

from insights.redaction_spans import Span

_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ħ": "h"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})

# Parts that say nothing of who is meant: alone they stay, within the whole name they go.
_GENERIC = frozenset(
    """
    ab admin ag agency airlines airways and as associates bank bv capital center centre city
    client cloud co college company consultant consulting corp corporation council county
    customer data de del della den department der designs digital dos dr du el energy
    engagement engineering enterprise enterprises federal finance financial first food foods
    foundation global gmbh group health healthcare holding holdings hospital inc industries
    insurance international kg la labs las le les limited llc llp logistics los ltd manager
    manufacturing media ministry motors mr mrs ms mx national new next nv of office one
    owner oy partner partners pharma plc power products prof project pty public regional
    retail sa sarl school se service services shop software solution solutions spa srl state
    store stores supply systems team tech technologies technology telecom test the trading
    transport travel university user van ventures von water works zu
    """.split()  # noqa: SIM905 - a list of a hundred words reads as words
)
# Names that are also the commonest words: alone they count only with a capital.
_EVERYDAY = frozenset(
    """
    an any april art august best bill can case chase day dean do else field go grant in june
    long mark may miles more my no page pat price ray rich rob see so sue to will young
    """.split()  # noqa: SIM905 - as above
)


class _Word(msgspec.Struct, frozen=True):
    folded: str
    start: int
    end: int
    capital: bool


def fold(text: str) -> str:
    """``text`` without case, accents or invisible characters: what two spellings have in common."""
    return "".join(_folded(char) for char in text)


@lru_cache(maxsize=8192)
def _folded(char: str) -> str:
    if char.isascii():
        return char.lower()
    shown = unicodedata.normalize("NFKD", char.casefold().translate(_PLAIN))
    kept = (c for c in shown if not "\u0300" <= c <= "\u036f" and unicodedata.category(c) != "Cf")
    return "".join(kept).casefold()


_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
_ASCII_PIECE = re.compile(r"[0-9]+|[A-Z]+[a-z]*|[a-z]+")


@lru_cache(maxsize=8192)
def _is_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char)[0] == "M"


def _words(text: str, *, camel: bool) -> list[_Word]:
    """The words of ``text``, cut at underscores; with ``camel`` also at digits and camel case."""
    if text.isascii():
        pattern = _ASCII_PIECE if camel else _ASCII_WORD
        return [_ascii_word(match) for match in pattern.finditer(text)]
    return list(_unicode_words(text, camel=camel))


def _ascii_word(match: re.Match[str]) -> _Word:
    shown = match[0]
    return _Word(shown.lower(), match.start(), match.end(), shown[0].isupper())


def _unicode_words(text: str, *, camel: bool) -> Iterator[_Word]:
    start, previous = -1, ""
    for position, char in enumerate(text):
        if not char.isascii() and unicodedata.category(char) == "Cf":
            continue
        inside = _is_word(char)
        if start >= 0 and (not inside or (camel and _turns(previous, char))):
            yield _word(text, start, position)
            start = -1
        if inside and start < 0:
            start = position
        previous = char
    if start >= 0:
        yield _word(text, start, len(text))


def _turns(previous: str, char: str) -> bool:
    return (previous.islower() and char.isupper()) or previous.isdecimal() != char.isdecimal()


def _word(text: str, start: int, end: int) -> _Word:
    shown = text[start:end].rstrip("\u200b\u200c\u200d\u2060\ufeff")
    return _Word(fold(shown), start, start + len(shown), shown[:1].isupper())


class Names:
    """Finds a fixed set of names in texts."""

    def __init__(self, names: Iterable[str]) -> None:
        self._sequences: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        self._unspaced: set[str] = set()
        for name in names:
            if name and name.strip():
                self._add(name)
                self._add(name.casefold().translate(_UMLAUTS))
        self._longest = {
            first: sorted(found, key=lambda words: (-len(words), words))
            for first, found in self._sequences.items()
        }

    def _add(self, name: str) -> None:
        # Both ways, since a name may be written in camel case itself ("DataBridge", "McAdam").
        for camel in (False, True):
            words = tuple(word.folded for word in _words(name, camel=camel) if word.folded)
            if words:
                self._learn(words)
        for piece in name.split():
            folded = tuple(word.folded for word in _words(piece, camel=False))
            if len(folded) > 1:  # "O'Brien", "Jean-Luc"
                self._put(folded)
                self._put_joined(folded)

    def _learn(self, words: tuple[str, ...]) -> None:
        self._put(words[::-1])
        self._put_joined(words)
        for part in _stretches(words):
            self._put(part)
        for word in filter(_tells, words):
            self._put((word,))
            if word not in _EVERYDAY and len(word) > 2:
                self._put((word + "s",))
        if len(words) > 1:
            self._put_logins(words[0], words[-1])
        self._unspaced |= {p for p in ("".join(words), *words) if len(p) > 1 and _is_unspaced(p)}

    def _put_logins(self, first: str, last: str) -> None:
        if len(last) > 2 and _tells(last):
            self._put((first[0] + last,))
            self._put((last + first[0],))

    def _put(self, words: tuple[str, ...]) -> None:
        if any(len(word) > 1 and not word.isdecimal() for word in words):
            self._sequences[words[0]].add(words)

    def _put_joined(self, words: tuple[str, ...]) -> None:
        joined = "".join(words)
        if len(words) > 1 and len(joined) > 3:
            self._put((joined,))
            self._put((joined + "s",))

    def find(self, text: str) -> Iterator[Span]:
        """Where a name, a part of one or a login made of one stands."""
        for camel in (False, True):
            if self._may_stand_in(text, camel=camel):
                yield from self._in_words(text, _words(text, camel=camel))
        yield from self._within(text)

    def _may_stand_in(self, text: str, *, camel: bool) -> bool:
        """Whether any word of an ASCII text begins a name: most texts hold none of them."""
        if not text.isascii():
            return True
        words = _ASCII_PIECE.findall(text) if camel else _ASCII_WORD.findall(text.lower())
        return not self._longest.keys().isdisjoint(map(str.lower, words) if camel else words)

    def _in_words(self, text: str, words: list[_Word]) -> Iterator[Span]:
        position = 0
        while position < len(words):
            if words[position].folded not in self._longest:
                position += 1
                continue
            count = self._match(text, words, position)
            if count:
                yield Span(words[position].start, words[position + count - 1].end, "PERSON")
            position += count or 1

    def _match(self, text: str, words: list[_Word], position: int) -> int:
        first = words[position]
        for wanted in self._longest.get(first.folded, ()):
            found = words[position : position + len(wanted)]
            if tuple(word.folded for word in found) != wanted or not _adjacent(text, found):
                continue
            if len(wanted) > 1 or first.capital or wanted[0] not in _EVERYDAY:
                return len(wanted)
        return 0

    def _within(self, text: str) -> Iterator[Span]:
        """Names of scripts that put no space between words."""
        if not self._unspaced or text.isascii():
            return
        for name in self._unspaced:
            position = text.find(name)
            while position >= 0:
                yield Span(position, position + len(name), "PERSON")
                position = text.find(name, position + len(name))


def _adjacent(text: str, words: list[_Word]) -> bool:
    """Whether only a separator stands between the words, not a sentence end or half a line."""
    return all(
        before.end <= after.start <= before.end + 3 and "\n\n" not in text[before.end : after.start]
        for before, after in zip(words, words[1:], strict=False)
    )


def _stretches(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Two and more neighbouring words that say who is meant; the whole in any case."""
    yield words
    for start in range(min(len(words), 8)):
        for end in range(start + 2, min(len(words), 8) + 1):
            if any(_tells(word) for word in words[start:end]):
                yield words[start:end]


def _tells(part: str) -> bool:
    return len(part) > 1 and part not in _GENERIC and not part.isdecimal()


def _is_unspaced(word: str) -> bool:
    return any(
        "\u3040" <= c <= "\u30ff"
        or "\u3400" <= c <= "\u9fff"
        or "\u0e00" <= c <= "\u0eff"
        or "\uac00" <= c <= "\ud7a3"
        or "\u1100" <= c <= "\u11ff"
        or "\u1780" <= c <= "\u17ff"
        for c in word
    )

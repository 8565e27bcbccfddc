"""Find a quote in a record whatever the typography, and give back the record's own characters.

Both sides are folded: compatibility forms (NFKD), quotes and dashes made one, invisible characters
dropped, white space collapsed, case folded. Every folded character remembers where it came from.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

MIN_QUOTE = 8
"""Folded characters a quote needs, unless it is the whole of a shorter record text."""

_QUOTES = dict.fromkeys("‘’‚‛′`´", "'") | dict.fromkeys("“”„‟«»″", '"')
_DASHES = dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
_SAME = _QUOTES | _DASHES
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789 .,")
_TRIMMED = " \"'."


class Folded(NamedTuple):
    """Folded text, and for each of its characters the position it came from."""

    text: str
    origin: tuple[int, ...]


def _invisible(char: str) -> bool:
    category = unicodedata.category(char)
    return category in ("Cf", "Cc", "Co", "Cs") or "\ufe00" <= char <= "\ufe0f" or char == "\u034f"


@lru_cache(maxsize=65536)
def _fold_char(char: str) -> str:
    """What a character becomes; one space for white space, nothing for an invisible one."""
    if char.isspace():
        return " "
    same = _SAME.get(char)
    if same is not None:
        return same
    folded = unicodedata.normalize("NFKD", char).casefold()
    return "".join(
        " " if c.isspace() else _SAME.get(c, c)
        for c in unicodedata.normalize("NFKD", folded)
        if c.isspace() or not _invisible(c)
    )


@lru_cache(maxsize=4096)
def fold(text: str) -> Folded:
    """Fold a text, keeping the way back to its own characters."""
    if text.isascii() and text.isprintable() and "  " not in text and text[:1] != " ":
        return Folded(text.replace("`", "'").lower(), tuple(range(len(text))))
    out: list[str] = []
    origin: list[int] = []
    after_space = True
    for position, char in enumerate(text):
        # Most characters of most records are these, and become themselves.
        for folded in char if char in _PLAIN else _fold_char(char):
            if folded == " " and after_space:
                continue
            after_space = folded == " "
            out.append(folded)
            origin.append(position)
    return Folded("".join(out), tuple(origin))


def folded(text: str) -> str:
    """A text as it is compared: folded, without white space at its ends."""
    return fold(text).text.strip()


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M"


def _on_boundaries(text: str, start: int, end: int) -> bool:
    """Whether a span begins and ends between words, and cuts no accent off its letter."""
    if end < len(text) and _is_mark(text[end]):
        return False
    if start and text[start - 1].isalnum() and text[start].isalnum():
        return False
    return not (end < len(text) and text[end].isalnum() and _is_word(text, end - 1))


def _is_word(text: str, position: int) -> bool:
    return text[position].isalnum() or _is_mark(text[position])


def _stands_at(quote: str, text: str, near: int) -> bool:
    """Whether a text says a quote right there, character by character, between words."""
    end = near + len(quote)
    if near < 0 or not text.startswith(quote, near) or quote != quote.strip():
        return False
    neighbours = text[max(0, near - 1) : near] + text[end : end + 1]
    # Beside another script or an invisible character only the folded text can tell.
    return quote.isascii() and neighbours.isascii() and _on_boundaries(text, near, end)


def _own_span(source: Folded, start: int, end: int, length: int) -> tuple[int, int]:
    """The span of the record's characters behind a span of its folded ones."""
    last = source.origin[end - 1]
    after = source.origin[end] if end < len(source.origin) else length
    return source.origin[start], min(last + 1, max(after, last + 1))


def _spans(quote: str, source: Folded, length: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = source.text.find(quote)
    while at >= 0 and len(found) < 20:
        if _on_boundaries(source.text, at, at + len(quote)):
            found.append(_own_span(source, at, at + len(quote), length))
        at = source.text.find(quote, at + len(quote))
    return found


@lru_cache(maxsize=8192)
def locate(quote: str, text: str, near: int = 0) -> tuple[int, int] | None:
    """Where a record's text says a quote: the span nearest to ``near``, or None.

    >>> locate("users are “very happy”", 'Demo done. Users  are "very happy" with it.')
    (11, 34)
    """
    wanted = folded(quote)
    if len(wanted) >= MIN_QUOTE and _stands_at(quote, text, near):
        return near, near + len(quote)
    source = fold(text)
    if wanted and wanted == source.text.strip():
        return source.origin[len(source.text) - len(source.text.lstrip())], len(text.rstrip())
    wanted = wanted.strip(_TRIMMED) if wanted.strip(_TRIMMED) else wanted
    if len(wanted) < MIN_QUOTE or _is_mark(wanted[0]):
        return None
    spans = _spans(wanted, source, len(text))
    return min(spans, key=lambda span: abs(span[0] - near), default=None)

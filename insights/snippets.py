"""The part of a text that holds the words looked for, with each of them marked. Always escaped."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from engagements.search import is_prefix
from engagements.search_index import WORD, folded

AROUND = 90  # characters before the first marked word
LONG = 240  # characters of a snippet
READ = 40_000  # characters of a text that are looked through


def lit(text: str, words: Sequence[str]) -> SafeString:
    """``text`` cut around the first of ``words`` found in it, with all of them in ``<mark>``."""
    found = _found(text, list(words))
    start, end = _window(text, found[0][0] if found else 0)
    parts: list[SafeString] = ["… "] if start else []  # type: ignore[list-item]
    at = start
    for left, right in found:
        if right > end:
            break
        parts += [conditional_escape(text[at:left])]
        parts += [format_html("<mark>{}</mark>", text[left:right])]
        at = right
    parts += [conditional_escape(text[at:end]), *([" …"] if end < len(text) else [])]  # type: ignore[list-item]
    return mark_safe("".join(parts))  # noqa: S308 - every part was escaped above


def holds(text: str, words: Sequence[str]) -> bool:
    """Whether every word stands in ``text``, the last one as the beginning of a word."""
    there = folded(text)
    prefix = words[-1] if is_prefix(list(words)) else None
    return all(
        word in there or (word == prefix and any(other.startswith(word) for other in there))
        for word in words
    )


def _found(text: str, words: list[str]) -> list[tuple[int, int]]:
    """Where the words stand in the text as it is written, in its order."""
    prefix = words[-1] if is_prefix(words) else None
    places = []
    for match in WORD.finditer(text[:READ]):
        parts = folded(match[0])
        if any(part in words or (prefix and part.startswith(prefix)) for part in parts):
            places.append(match.span())
    return places


def _window(text: str, first: int) -> tuple[int, int]:
    """A piece of the text around ``first`` that begins and ends between words."""
    start = max(0, first - AROUND)
    if start:
        space = text.find(" ", start, first)
        start = space + 1 if space >= 0 else start
    end = min(len(text), start + LONG)
    if end < len(text):
        space = text.rfind(" ", first, end)
        end = space if space > first else end
    return start, end

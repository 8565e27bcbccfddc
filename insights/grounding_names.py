"""Names in a claim: capitals that no sentence start explains, and the words that back them."""

from __future__ import annotations

import re
from functools import lru_cache

from insights.grounding_language import ASSERTS, stem, word_set
from insights.grounding_text import folded

_SENTENCE_START = re.compile(r"(?:^|[.!?:;|] |[\"'(] ?|- )$")
_NAME_TOKEN = re.compile(r"[^\W\d_][\w'’]*(?:[-&.][^\W\d_][\w'’]*)*")
_PLAIN_SUBJECTS = word_set(
    """there it this that these those nobody everybody someone somebody everyone work customer
    client team project engagement he she they we i you what which who one both some all most many
    few several another other neither none nothing everything something here access delivery health
    score progress people users"""
)  # fmt: skip


def _looks_named(token: str) -> bool:
    return token[0].isupper() and (len(token) > 1 or not token.isascii())


@lru_cache(maxsize=8192)
def names(text: str) -> list[str]:
    """The words of a text that look like names: capitals that no sentence start explains."""
    found: list[str] = []
    tokens = list(_NAME_TOKEN.finditer(text))
    for at, match in enumerate(tokens):
        token = match.group()
        if _looks_named(token) and (not _starts(text, match) or _named_at_start(text, tokens, at)):
            found.append(token)
    return found


def _starts(text: str, match: re.Match[str]) -> bool:
    return bool(_SENTENCE_START.search(text[max(0, match.start() - 3) : match.start()] or ""))


def _named_at_start(text: str, tokens: list[re.Match[str]], at: int) -> bool:
    """Whether a first word is a name: shouted, in a row of names, or the one who acts."""
    token = tokens[at].group()
    if sum(c.isupper() for c in token) > 1:
        return True
    if folded(token) in _PLAIN_SUBJECTS or at + 1 >= len(tokens):
        return False
    gap = text[tokens[at].end() : tokens[at + 1].start()]
    following = tokens[at + 1].group()
    return gap == " " and (following[0].isupper() or bool(ASSERTS.fullmatch(folded(following))))


@lru_cache(maxsize=16384)
def name_words(text: str) -> frozenset[str]:
    """Every word of a text in the form in which names are compared."""
    return frozenset(stem(part) for part in _parts(text))


def _parts(text: str) -> list[str]:
    return [p for p in re.split(r"[\W_]+", folded(text).replace("'s ", " ")) if p]


def unknown_names(text: str, known: frozenset[str]) -> list[str]:
    """The names in a text that none of the known words explains."""
    return [n for n in names(text) if not {stem(p) for p in _parts(n + " ")} <= known]

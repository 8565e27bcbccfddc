"""Plain lists of words, kept as data beside the lexicon (``lexicon/*.words``)."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def words(name: str) -> frozenset[str]:
    """The words of the list of this name; ``#`` begins a comment."""
    text = (resources.files("insights.engine") / "lexicon" / f"{name}.words").read_text("utf-8")
    return frozenset(w for line in text.splitlines() for w in line.partition("#")[0].split())

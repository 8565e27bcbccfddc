"""Lines that decide nothing: an open question, or "none"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from insights.engine.wordlists import words as listed

_OPEN = re.compile(
    r"\W*(?:whether\b"
    r"|how (?:to (?!use|create|link|install|run|write|get|work|set)|much|many|big|large|long|best"
    r"|should|will|the|we|it|[a-z]+ the)\b"
    r"|(?:what|which) (?!we did|i did|went|happened|have|has|did|was|were|you|you've|is new|i)\w+"
    r"|(?:who|where|when) (?:to|should|will)\b"
    r"|if (?:the \w+ |we |it |they )should\b)",
    re.IGNORECASE,
)
_LONGEST = 300  # characters of a question
_ALWAYS = re.compile(r"\W*(?:whether|how)\b", re.IGNORECASE)
_PAST = re.compile(r"\b(?:was|were|did|needed|had)\b", re.IGNORECASE)
_UNDECIDED = re.compile(r"\b(?:should|shall|to|will|need)\b", re.IGNORECASE)
_YES_OR_NO = re.compile(
    r"\W*(?:is|are|should|does|do|will|would|did) (?!you\b|anyone\b|anybody\b|we\b)"
    r"[^?]{3,200}\?+\W*",
    re.IGNORECASE,
)
_EITHER = re.compile(r"[^?]{1,80}\b(?:or|vs\.?|versus)\b[^?]{1,60}\?+\W*", re.IGNORECASE)


def is_open(text: str) -> bool:
    """Whether a line is a decision left open: "Whether to …", "How to …", "Which … to use?".

    A question put to somebody ("How do I …?", "What is …?") is none.
    """
    if len(text) > _LONGEST:
        return False
    if _OPEN.match(text) and not _PAST.search(text):
        return bool(_ALWAYS.match(text) and "?" not in text) or bool(_UNDECIDED.search(text))
    if "?" not in text:
        return False
    return bool(_YES_OR_NO.fullmatch(text) or _EITHER.fullmatch(text))


_NEED = re.compile(
    r"\W*(?:(?:we|i|still|also|mostly|just|really)\s+){0,3}needs?\s+(?!to\b|not\b|help\b|s?\W)",
    re.IGNORECASE,
)


def is_need(text: str) -> bool:
    """Whether a line begins with what is lacking: "Need a …", "We still need the …"."""
    return "?" not in text and bool(_NEED.match(text))


_NONE = frozenset({"none", "nil", "nope", "nada", "na", "nothing", "nobody", "no", "zero", "not"})
_ALONE = frozenset({"none", "nil", "nope", "nada", "na"})


def is_denial(words: Sequence[str]) -> bool:
    """Whether the tokens of a line say "none", in so many words and nothing more."""
    plain = [w for w in words if w[0].isalnum()]
    if not plain:
        return True
    if plain[0] in _ALONE or plain[:2] in (["n", "a"], ["not", "applicable"], ["all", "good"]):
        return True
    if plain[0] in _NONE and (len(plain) == 1 or not words[1][0].isalnum()):
        return True
    filler = listed("denial")
    denied = any(w in _NONE or w.endswith("n't") for w in plain)
    return denied and all(w in filler or w in _NONE or w.endswith("n't") for w in plain)

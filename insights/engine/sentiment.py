"""The tone of a text: a weak second signal, shown as a trend and never decisive.

VADER's scores, a few words of our trade and the text's vector go into a small linear model. Its
weights (``sentiment.json``, with what they were fitted on) come from ``manage.py fit_sentiment``.
Without vectors VADER decides alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from insights.engine.vectors import vectors, vectors_available

if TYPE_CHECKING:
    import numpy as np

TONES = ("negative", "neutral", "positive")
_LONGEST = 4_000  # characters read of a text
_SCORED = 2_000  # of them by VADER, whose cost grows faster
_CLEAR = 0.3  # VADER's compound from which a text leans one way
_VECTOR_SCALE = 4.0
_LEAST = 0.05  # VADER's compound below which it heard nothing
_SCORES = 8  # columns of VADER's scores and the marks beside them
_MANY = 3  # a word said more often counts no more

_SKIPPED = re.compile(
    r"```[^`]{0,4000}```|`[^`\n]{0,300}`|<!--.{0,2000}?-->|https?://\S{1,500}|^[ \t]*>[^\n]*$",
    re.DOTALL | re.MULTILINE,
)
_CUES = tuple(
    re.compile(words, re.IGNORECASE)
    for words in (
        r"\bthank|\bthx\b|\bcheers\b|appreciate",
        r"\blov(?:e|ely|ing)\b|awesome|great|excellent|amazing|fantastic|perfect|brilliant|nice",
        r"\bglad\b|happy|pleased|excit|enjoy",
        r"[:;=]-?[)D]|😀|😄|😊|🎉|👍|❤|\+1\b",
        r":-?\(|😞|😢|😕|👎|(?<!\w)-1\b",
        r"\bsorry\b|apolog|oops|my (?:bad|mistake|fault)",
        r"unfortunate|\bsad\b|sadly|\bpity\b|shame|afraid|regret",
        r"\bhate|awful|terrible|horribl|stupid|crap|\bugly\b|\bsucks?\b|\bwtf\b|damn|garbage"
        r"|ridiculous|nasty",
        r"annoy|frustrat|disappoint|painful|confus|weird|strange|messy|\bmess\b",
        r"wrong|broken|\bfail|\bbug|\bbad\b|worse|worst",
        r"\bdon'?t (?:think|like|see|understand)|not sure|doubt|disagree|concern|worr",
        r"\b(?:can't|cannot|won't|doesn't|didn't|isn't|not|never|no)\b",
        r"\blgtm\b|looks good|good (?:job|work|catch|idea|point|stuff)|well done|nice work"
        r"|works? (?:great|well|perfectly|like a charm)",
        r"\bplease\b|could you|can you",
        r"\bbut\b|however",
        r"!{2,}|\?{2,}",
        r"help(?:s|ed|ful)\b|hope (?:this|that|it) helps",
        r"welcome\b",
    )
)


def sentiment(text: str) -> str:
    """``positive``, ``neutral`` or ``negative``."""
    return sentiments([text])[0]


def sentiments(texts: Sequence[str]) -> list[str]:
    """The tone of each text."""
    if not texts:
        return []
    plain = [_plain(text) for text in texts]
    if not vectors_available():
        return [_by_score(text) for text in plain]
    rows = features(plain)
    said = (rows @ _weights()).argmax(axis=1).tolist()
    return [TONES[n] if _speaks(row) else "neutral" for n, row in zip(said, rows, strict=True)]


def _speaks(row: np.ndarray) -> bool:
    """Whether any word of the text has a tone: the vector alone does not give it one."""
    told = row[-len(_CUES) - _SCORES - 1 : -1]
    return bool(abs(told[0]) > _LEAST or told[_SCORES:].any())


def features(texts: Sequence[str]) -> np.ndarray:
    """One row per text: its vector, VADER's scores, our cues, and a last column of ones."""
    import numpy as np

    plain = [_plain(text) for text in texts]
    said = np.array([[*_scores(text), *_counts(text), 1.0] for text in plain], dtype=np.float32)
    return np.hstack([vectors(plain) * _VECTOR_SCALE, said])


def _plain(text: str) -> str:
    """The text without code, quotations, comments and addresses: what the author says."""
    return _SKIPPED.sub(" ", text[:_LONGEST])


def _scores(text: str) -> tuple[float, ...]:
    found = _vader().polarity_scores(text[:_SCORED])
    lean = found["compound"]
    words = min(max(1, len(text.split())), 200) / 200
    marks = (float("!" in text), float("?" in text))
    leans = (float(lean > _CLEAR), float(lean < -_CLEAR))
    return (lean, found["pos"], found["neg"], *leans, *marks, words)


def _counts(text: str) -> list[float]:
    return [float(min(_MANY, len(cue.findall(text)))) for cue in _CUES]


def _by_score(text: str) -> str:
    lean = _vader().polarity_scores(text[:_SCORED])["compound"]
    return "positive" if lean > _CLEAR else "negative" if lean < -_CLEAR else "neutral"


@cache
def _vader() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


@cache
def _weights() -> np.ndarray:
    import numpy as np

    data = (resources.files("insights.engine") / "lexicon" / "sentiment.json").read_text("utf-8")
    return np.array(json.loads(data)["weights"], dtype=np.float32)

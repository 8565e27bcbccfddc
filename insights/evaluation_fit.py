"""Fits the small tone model on labelled texts whose licence allows it to be shipped."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from insights.engine.sentiment import TONES, features

if TYPE_CHECKING:
    import numpy as np

_ROUNDS = 400
_STEP = 0.05
_PENALTY = 3e-3
_HELD_OUT_OF = 4


class Toned(NamedTuple):
    """A text with the tone people gave it."""

    text: str
    label: str


def is_held_out(text: str) -> bool:
    """Whether a text of a set without its own test part is kept from fitting: one in four."""
    return zlib.crc32(text.encode()) % _HELD_OUT_OF == 0


def fit(samples: Sequence[Toned]) -> list[list[float]]:
    """Weights, a row per feature and a column per tone: softmax regression, every tone equal."""
    import numpy as np

    rows = features([s.text for s in samples]).astype(float)
    tones = np.array([TONES.index(s.label) for s in samples])
    wanted = np.eye(len(TONES))[tones]
    share = (len(samples) / (len(TONES) * np.bincount(tones, minlength=len(TONES))))[tones][:, None]
    weights = np.zeros((rows.shape[1], len(TONES)))
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for number in range(1, _ROUNDS + 1):
        slope = rows.T @ ((_softmax(rows @ weights) - wanted) * share) / len(samples)
        slope += _PENALTY * weights
        mean = 0.9 * mean + 0.1 * slope
        square = 0.999 * square + 0.001 * slope**2
        weights -= (
            _STEP * (mean / (1 - 0.9**number)) / (np.sqrt(square / (1 - 0.999**number)) + 1e-8)
        )
    return [[round(float(value), 4) for value in row] for row in weights]


def _softmax(scores: np.ndarray) -> np.ndarray:
    import numpy as np

    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)

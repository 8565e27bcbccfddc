"""Texts as directions: near in meaning, near in space.

The 256 static weights per token come with the package ``wordllama`` (MIT; derived from the token
tables of Llama 2 and Phi 3). Its own loader looks for them in the wrong folder when offline, so the
two files are read here. Without the package the words themselves span the space (TF-IDF).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

_WEIGHTS = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
_LONGEST = 4_000  # characters read of a text: a direction needs no more
_MOST_TERMS = 2_000
_WORD = re.compile(r"[^\W\d_]{2,}")


class _Model(NamedTuple):
    table: np.ndarray
    tokenizer: Any


def vectors_available() -> bool:
    """Whether the static weights are installed; without them :func:`vectors` counts words."""
    return _files() is not None


def vectors(texts: Sequence[str]) -> np.ndarray:
    """One row of length 1 per text (zeros for an empty one); cosine is the dot product."""
    model = _model()
    return _pooled(texts, model) if model else _counted(texts)


@cache
def _files() -> tuple[Path, Path] | None:
    spec = find_spec("wordllama")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    weights, tokenizer = folder / _WEIGHTS, folder / _TOKENIZER
    return (weights, tokenizer) if weights.is_file() and tokenizer.is_file() else None


@cache
def _model() -> _Model | None:
    files = _files()
    if files is None:
        return None
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(files[1]))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return _Model(load_file(str(files[0]))["embedding.weight"], tokenizer)


def _pooled(texts: Sequence[str], model: _Model) -> np.ndarray:
    import numpy as np

    if not texts:
        return np.zeros((0, model.table.shape[1]), dtype=np.float32)
    return np.stack([_direction(text[:_LONGEST]) for text in texts])


@lru_cache(maxsize=8192)
def _direction(text: str) -> np.ndarray:
    """One text's row; kept, because the kinds of insight look at the same sentences."""
    import numpy as np

    model = _model()
    assert model is not None
    # One by one: a batch is spread over threads, which costs more than it saves on short texts.
    ids = model.tokenizer.encode(text, add_special_tokens=False).ids
    row = np.zeros(model.table.shape[1], dtype=np.float32)
    if ids:
        row = model.table[ids].astype(np.float32).mean(axis=0)
    row = _unit(row[None])[0]
    row.flags.writeable = False
    return row


def _counted(texts: Sequence[str]) -> np.ndarray:
    import numpy as np

    counts = [Counter(_WORD.findall(text[:_LONGEST].lower())) for text in texts]
    spread = Counter(word for count in counts for word in count)
    terms = sorted(spread, key=lambda word: (-spread[word], word))[:_MOST_TERMS]
    column = {word: number for number, word in enumerate(terms)}
    rows = np.zeros((len(texts), max(1, len(terms))), dtype=np.float32)
    for number, count in enumerate(counts):
        for word, times in count.items():
            if word in column:
                rarity = math.log((1 + len(texts)) / (1 + spread[word])) + 1
                rows[number, column[word]] = (1 + math.log(times)) * rarity
    return _unit(rows)


def _unit(rows: np.ndarray) -> np.ndarray:
    import numpy as np

    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)

"""Themes: texts that speak of the same thing, and the words that set each group apart.

k-means over the main directions of the vectors, with as many groups (2-8) as the silhouette likes
best. Own code, fixed seed: the same texts give the same themes, in whatever order they come.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, NamedTuple

from insights.engine.vectors import vectors
from insights.engine.wordlists import words

if TYPE_CHECKING:
    import numpy as np

FEWEST, MOST = 2, 8
_SEED = 7
_RESTARTS = 8
_ROUNDS = 30
_DIRECTIONS = 8  # main directions kept: the rest is how people happen to put it
_CENTRED = 0.7  # how much of what all texts share is taken away before they are compared
_LABEL_TERMS = 3
_MOST_COMPARED = 1_000  # silhouettes compare all pairs


class Cluster(NamedTuple):
    """A group of texts: the terms that set it apart, best first, and the indexes of its texts."""

    terms: tuple[str, ...]
    members: tuple[int, ...]

    @property
    def label(self) -> str:
        return ", ".join(self.terms)


def clusters(texts: Sequence[str], stop: AbstractSet[str] = frozenset()) -> list[Cluster]:
    """The themes of these texts, largest first, at least two texts each.

    ``stop``: words that may not name a theme (customers, people). Texts without a word are in none.
    """
    order = sorted((i for i, t in enumerate(texts) if _TERM.search(t)), key=lambda i: (texts[i], i))
    if len(order) < FEWEST:
        return []
    chosen = [texts[i] for i in order]
    groups = _grouped(vectors(chosen))
    members = [[i for i, group in enumerate(groups) if group == g] for g in sorted(set(groups))]
    labels = _labels(chosen, members, frozenset(word.casefold() for word in stop))
    found = [
        Cluster(terms, tuple(sorted(order[i] for i in group)))
        for terms, group in zip(labels, members, strict=True)
    ]
    return sorted(found, key=lambda c: (-len(c.members), min(texts[m] for m in c.members)))


def _grouped(rows: np.ndarray) -> list[int]:
    """The group of each row, as many groups as make the best silhouette."""
    import numpy as np

    count = len(rows)
    step = -(-count // _MOST_COMPARED)
    centred = _unit(rows - _CENTRED * rows.mean(axis=0))
    main = _main_directions(rows)
    best: tuple[float, list[int]] = (-math.inf, [0] * count)
    for k in range(FEWEST, min(MOST, count // FEWEST) + 1):
        groups = _without_singles(main, _k_means(main, k))
        if len(set(groups.tolist())) < FEWEST:
            continue
        score = _silhouette(centred[::step], groups[::step])
        if score > best[0] + 1e-9:
            best = (score, groups.tolist())
    return [int(g) for g in np.asarray(best[1])]


def _main_directions(rows: np.ndarray) -> np.ndarray:
    import numpy as np

    spread = rows - rows.mean(axis=0)
    _, _, axes = np.linalg.svd(spread, full_matrices=False)
    return _unit(spread @ axes[:_DIRECTIONS].T)


def _k_means(rows: np.ndarray, k: int) -> np.ndarray:
    """The best of some restarts of spherical k-means (k-means++ starts)."""
    import numpy as np

    chance = np.random.default_rng(_SEED)
    best: tuple[float, np.ndarray] | None = None
    for _ in range(_RESTARTS):
        centres = _starts(rows, k, chance)
        for _ in range(_ROUNDS):
            groups = (rows @ centres.T).argmax(axis=1)
            moved = _centres(rows, groups, centres)
            if np.allclose(moved, centres):
                break
            centres = moved
        fit = float((rows * centres[groups]).sum())
        if best is None or fit > best[0] + 1e-6:
            best = (fit, groups)
    assert best is not None
    return best[1]


def _starts(rows: np.ndarray, k: int, chance: np.random.Generator) -> np.ndarray:
    import numpy as np

    chosen = [int(chance.integers(len(rows)))]
    far = 1 - rows @ rows[chosen[0]]
    for _ in range(k - 1):
        weights = np.maximum(far, 0).astype(float)
        total = weights.sum()
        chosen.append(int(chance.choice(len(rows), p=weights / total if total > 0 else None)))
        far = np.minimum(far, 1 - rows @ rows[chosen[-1]])
    return rows[chosen]


def _centres(rows: np.ndarray, groups: np.ndarray, old: np.ndarray) -> np.ndarray:
    import numpy as np

    means = [
        rows[groups == g].sum(axis=0) if (groups == g).any() else old[g] for g in range(len(old))
    ]
    return _unit(np.stack(means))


def _without_singles(rows: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """A text alone joins the nearest group of two or more."""
    import numpy as np

    sizes = Counter(groups.tolist())
    large = [g for g in sorted(sizes) if sizes[g] >= FEWEST]
    if not large:
        return np.zeros_like(groups)
    centres = _unit(np.stack([rows[groups == g].sum(axis=0) for g in large]))
    nearest = np.asarray(large)[(rows @ centres.T).argmax(axis=1)]
    return np.where(np.isin(groups, large), groups, nearest)


def _silhouette(rows: np.ndarray, groups: np.ndarray) -> float:
    import numpy as np

    names, own = np.unique(groups, return_inverse=True)
    if len(names) < FEWEST:
        return -1.0
    apart = 1 - rows @ rows.T
    totals = np.stack([apart[:, own == g].sum(axis=1) for g in range(len(names))], axis=1)
    sizes = np.bincount(own)
    each = np.arange(len(rows))
    inside = totals[each, own] / np.maximum(1, sizes[own] - 1)
    outside = totals / sizes
    outside[each, own] = np.inf
    nearest = outside.min(axis=1)
    scores = (nearest - inside) / np.maximum(np.maximum(inside, nearest), 1e-9)
    scores[sizes[own] == 1] = 0
    return float(scores.mean())


def _unit(rows: np.ndarray) -> np.ndarray:
    import numpy as np

    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)


_TERM = re.compile(r"[^\W\d_]{3,}(?:['’][^\W\d_]+)?")


def _labels(
    texts: Sequence[str], groups: Sequence[Sequence[int]], stop: AbstractSet[str]
) -> list[tuple[str, ...]]:
    """c-TF-IDF: the terms that a group uses and the others do not."""
    terms = [list(_terms(text, stop)) for text in texts]
    used = [Counter(term for i in group for term in set(terms[i])) for group in groups]
    overall = Counter(term for count in used for term in count.elements())
    mean = sum(overall.values()) / max(1, len(groups))
    labels = []
    for count, group in zip(used, groups, strict=True):
        weight = {
            term: times
            / len(group)
            * math.log(1 + mean / overall[term])
            * (1.2 if " " in term else 1)
            for term, times in count.items()
            if times >= min(2, len(group) - 1) or len(group) == 1
        }
        ranked = sorted(weight or count, key=lambda term: (-weight.get(term, 0), term))
        labels.append(_distinct(ranked))
    return labels


def _distinct(ranked: Sequence[str]) -> tuple[str, ...]:
    """The first terms that do not repeat a word of one before."""
    kept: list[str] = []
    for term in ranked:
        said = {_root(word) for name in kept for word in name.split()}
        if not said & {_root(word) for word in term.split()}:
            kept.append(term)
        if len(kept) == _LABEL_TERMS:
            break
    return tuple(kept)


def _root(word: str) -> str:
    return word[:5]


def _terms(text: str, stop: AbstractSet[str]) -> Iterator[str]:
    """Words and pairs of neighbours, without empty and stopped ones."""
    before = ""
    for match in _TERM.finditer(text):
        word = match[0].casefold().replace("’", "'")
        if word in words("stop") or word in stop or "'" in word:
            before = ""
            continue
        yield word
        if before:
            yield f"{before} {word}"
        before = word

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
    centred = _unit(rows - _CENTRED * rows.mean(axis=0))[::step]
    apart = 1 - centred @ centred.T
    main = _main_directions(rows)
    best: tuple[float, list[int]] = (-math.inf, [0] * count)
    for k in range(FEWEST, min(MOST, count // FEWEST) + 1):
        groups = _without_singles(main, _k_means(main, k))
        if len(set(groups.tolist())) < FEWEST:
            continue
        score = _silhouette(apart, groups[::step])
        if score > best[0] + 1e-9:
            best = (score, groups.tolist())
    return [int(g) for g in np.asarray(best[1])]


def _main_directions(rows: np.ndarray) -> np.ndarray:
    import numpy as np

    spread = rows - rows.mean(axis=0)
    _, _, axes = np.linalg.svd(spread, full_matrices=False)
    return _unit(spread @ axes[:_DIRECTIONS].T)


def _k_means(rows: np.ndarray, k: int) -> np.ndarray:
    """The best of some restarts of spherical k-means (k-means++ starts), all moved at once."""
    import numpy as np

    centres = _starts(rows, k, np.random.default_rng(_SEED))
    groups = (rows @ centres.transpose(0, 2, 1)).argmax(axis=2)
    for _ in range(_ROUNDS):
        centres = _centres(rows, groups, centres)
        near = rows @ centres.transpose(0, 2, 1)
        before, groups = groups, near.argmax(axis=2)
        if np.array_equal(before, groups):
            break
    fits = near.max(axis=2).sum(axis=1)
    # Among fits that differ in rounding alone the first, so that no platform decides.
    return groups[int((fits > fits.max() - 1e-6).argmax())]


def _starts(rows: np.ndarray, k: int, chance: np.random.Generator) -> np.ndarray:
    """Centres of every restart: rows, each drawn the likelier the farther from those before."""
    import numpy as np

    chosen = [chance.integers(len(rows), size=_RESTARTS)]
    far = 1 - rows[chosen[0]] @ rows.T
    for _ in range(k - 1):
        reach = (np.maximum(far, 0).astype(float) + 1e-12).cumsum(axis=1)
        drawn = chance.random((_RESTARTS, 1)) * reach[:, -1:]
        chosen.append(np.minimum((reach < drawn).sum(axis=1), len(rows) - 1))
        far = np.minimum(far, 1 - rows[chosen[-1]] @ rows.T)
    return rows[np.stack(chosen, axis=1)]


def _centres(rows: np.ndarray, groups: np.ndarray, old: np.ndarray) -> np.ndarray:
    """The directions of the groups of every restart; one that lost its last text stays."""
    import numpy as np

    member = groups[:, None, :] == np.arange(old.shape[1])[:, None]
    sums = member.astype(rows.dtype) @ rows
    return _unit(np.where(member.any(axis=2)[..., None], sums, old))


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


def _silhouette(apart: np.ndarray, groups: np.ndarray) -> float:
    """How much nearer the texts are to their own group than to the next, -1 to 1."""
    import numpy as np

    names, own = np.unique(groups, return_inverse=True)
    if len(names) < FEWEST:
        return -1.0
    totals = apart @ np.eye(len(names), dtype=apart.dtype)[own]
    sizes = np.bincount(own)
    each = np.arange(len(apart))
    inside = totals[each, own] / np.maximum(1, sizes[own] - 1)
    outside = totals / sizes
    outside[each, own] = np.inf
    nearest = outside.min(axis=1)
    scores = (nearest - inside) / np.maximum(np.maximum(inside, nearest), 1e-9)
    scores[sizes[own] == 1] = 0
    return float(scores.mean())


def _unit(rows: np.ndarray) -> np.ndarray:
    import numpy as np

    lengths = np.sqrt((rows * rows).sum(axis=-1, keepdims=True))
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

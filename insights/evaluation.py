"""Measures the embedded engine against what people say: pure functions over labelled texts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from insights.engine.clusters import Cluster, clusters
from insights.engine.reader import is_risk
from insights.engine.scope import negated
from insights.engine.sentiment import TONES, sentiments
from insights.evaluation_fit import Toned
from insights.evaluation_sets import Labelled, Scoped

RISK = "risk"
_ROOT = 4  # letters by which a label's word and a theme's word are taken for the same


def measure_risks(items: Sequence[Labelled]) -> dict[str, Any]:
    """Sentences flagged as a risk against those labelled ``risk``; the heading counts if given."""
    pairs = [(i.label == RISK, is_risk(i.text, heading=i.heading)) for i in items]
    precision, recall, f1 = _agreement(pairs)
    flagged = sum(said for _, said in pairs)
    return {"n": len(pairs), "flagged": flagged, "precision": precision, "recall": recall, "f1": f1}


def flagged_share(items: Sequence[Labelled]) -> float:
    """The share of these texts that is flagged as a risk."""
    return _share(sum(is_risk(i.text, heading=i.heading) for i in items), len(items))


def measure_negation(items: Sequence[Scoped]) -> dict[str, Any]:
    """Concepts found denied against those labelled so."""
    pairs = [(i.negated, negated(i.text, i.start, i.end)) for i in items]
    return {"n": len(pairs), "f1": _agreement(pairs)[2]}


def measure_themes(items: Sequence[Labelled]) -> dict[str, Any]:
    """Normalised mutual information of themes and labels; how many themes are named like theirs."""
    found = clusters([i.text for i in items])
    group = {member: number for number, c in enumerate(found) for member in c.members}
    given = [i.label for i in items]
    made = [group.get(number, -1 - number) for number in range(len(items))]
    hits = sum(_named_alike(cluster, given) for cluster in found)
    return {
        "n": len(items),
        "nmi": round(mutual_information(given, made), 4),
        "label_hit": _share(hits, len(found)),
    }


def measure_sentiment(items: Sequence[Toned]) -> dict[str, Any]:
    """The mean of the F1 of the three tones."""
    told = sentiments([i.text for i in items])
    each = [
        _agreement([(i.label == tone, said == tone) for i, said in zip(items, told, strict=True)])
        for tone in TONES
    ]
    return {"n": len(items), "macro_f1": round(sum(f1 for _, _, f1 in each) / len(each), 4)}


def mutual_information(given: Sequence[object], made: Sequence[object]) -> float:
    """How much two groupings tell of each other: 0 nothing, 1 all (normalised by their mean)."""
    count = len(given)
    left, right, both = Counter(given), Counter(made), Counter(zip(given, made, strict=True))
    shared = sum(
        n / count * math.log(n * count / (left[a] * right[b])) for (a, b), n in both.items()
    )
    mean = (_entropy(left.values(), count) + _entropy(right.values(), count)) / 2
    return shared / mean if mean else 1.0


def _entropy(sizes: Iterable[int], count: int) -> float:
    return -sum(n / count * math.log(n / count) for n in sizes)


def _named_alike(cluster: Cluster, given: Sequence[str]) -> bool:
    label = Counter(given[m] for m in cluster.members).most_common(1)[0][0]
    wanted = {word[:_ROOT] for word in label.lower().replace("_", " ").split() if len(word) > 2}
    return bool(wanted & {word[:_ROOT] for term in cluster.terms for word in term.split()})


def _agreement(pairs: Sequence[tuple[bool, bool]]) -> tuple[float, float, float]:
    """Precision, recall and F1 of (given, said)."""
    right = sum(given and said for given, said in pairs)
    precision = _share(right, sum(said for _, said in pairs))
    recall = _share(right, sum(given for given, _ in pairs))
    both = precision + recall
    return precision, recall, round(2 * precision * recall / both, 4) if both else 0.0


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0

"""Which notes a prompt has room for: the newest, then those that add most. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

import msgspec

NEWEST = 5
_NEW_WORDS = 0.6  # how much a note's new words weigh against its age
_WORD = re.compile(r"[^\W\d_]{4,}")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One record as it stands in a prompt: already redacted, on one line."""

    record: str
    alias: str
    text: str

    @property
    def cost(self) -> int:
        return tokens(self.text) + 1


def tokens(text: str) -> int:
    """About how many tokens a model makes of a text, rather too many than too few."""
    ascii_chars = len(text.encode("ascii", "ignore"))
    return -(-ascii_chars // 3) + (len(text) - ascii_chars)


def choose(lines: Sequence[Line], budget: int) -> list[Line]:
    """The lines that fit into ``budget`` tokens, in their own order (newest first)."""
    if sum(line.cost for line in lines) <= budget:
        return list(lines)
    chosen: set[int] = set()
    for position in _order(lines):
        if lines[position].cost <= budget:
            chosen.add(position)
            budget -= lines[position].cost
    return [line for position, line in enumerate(lines) if position in chosen]


def within(lines: Sequence[str], budget: int) -> list[str]:
    """The first lines that fit into ``budget`` tokens together."""
    spent = list(accumulate(tokens(line) + 1 for line in lines))
    return [line for line, cost in zip(lines, spent, strict=True) if cost <= budget]


def _order(lines: Sequence[Line]) -> list[int]:
    """Positions by use: the newest five, then by maximal marginal relevance."""
    words = [frozenset(_WORD.findall(line.text.lower())) for line in lines]
    order = list(range(min(NEWEST, len(lines))))
    rest = list(range(len(order), len(lines)))
    nearest = [
        max((_likeness(words[i], words[j]) for j in order), default=0.0) for i in range(len(lines))
    ]
    while rest:
        best = max(rest, key=lambda i: (_worth(i, len(lines), nearest[i]), -i))
        rest.remove(best)
        order.append(best)
        for i in rest:
            nearest[i] = max(nearest[i], _likeness(words[i], words[best]))
    return order


def _worth(position: int, count: int, nearest: float) -> float:
    return (1 - _NEW_WORDS) * (1 - position / count) - _NEW_WORDS * nearest


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    union = len(one | other)
    return len(one & other) / union if union else 0.0


def in_groups(
    lines: Sequence[Line], budget: int, *, size: int = 25, most: int = 4
) -> list[list[Line]]:
    """At most ``most`` groups of at most ``size`` lines, each within ``budget`` tokens."""
    groups: list[list[Line]] = []
    room = 0
    for line in lines:
        if line.cost > budget:
            continue
        if not groups or len(groups[-1]) == size or line.cost > room:
            if len(groups) == most:
                break
            groups.append([])
            room = budget
        groups[-1].append(line)
        room -= line.cost
    return groups

"""The words the reader knows, kept as data, and one pass over a sentence that finds them.

A line of ``lexicon/*.txt`` is a phrase: words with a space between, ``a/b`` for one or the other,
``word*`` for every ending, ``word?`` for one that may be missing, ``..`` for up to three words in
between. A line ``[kind key=value …]`` says what the phrases below it mean. Matching looks up one
table per word, so its cost grows with the length of the text and with nothing else.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

from insights.engine.wordlists import words

GAP = 3  # words that `..` may stand for
_MOST_WORDS_KEPT = 50_000
CONTRACTED = words("contracted")
_STOPS = frozenset(".;:()[]!?,") | {"no", "not", "never", "without", "but"} | CONTRACTED


class Meaning(NamedTuple):
    """What a phrase stands for: its kind, and for a problem its reason and weight."""

    kind: str
    reason: str = ""
    severity: int = 0
    likelihood: float = 1.0
    blocker: bool = False
    weak: bool = False  # says "problem" without saying which: the topic of the sentence decides
    generic: bool = False  # says how something stands ("failed"): what it is said of decides


class Piece(NamedTuple):
    """One word of a phrase: exact words, or beginnings of words."""

    words: frozenset[str]
    prefixes: tuple[str, ...]


class Hit(NamedTuple):
    """A phrase found: tokens ``first`` to ``last`` (exclusive) and what it means."""

    first: int
    last: int
    meaning: Meaning


Rest = tuple[Piece | None, ...]  # None stands for a gap
Entry = tuple[Rest, Meaning]
Gapped = tuple[frozenset[str], Rest, Meaning]  # first: words of which the text must have one


class Opening(NamedTuple):
    """The phrases that begin with one word: that word alone, by their second word, and others."""

    alone: tuple[Meaning, ...]
    by_next: dict[str, list[Entry]]
    others: tuple[Gapped, ...]


class _Openings(dict[str, Opening | None]):
    """First word to the phrases that begin with it, worked out when the word is first met."""

    def __init__(self, exact: dict[str, list[Entry]], prefixed: dict[str, list[Entry]]) -> None:
        super().__init__()
        self._exact = exact
        self._prefixed = prefixed

    def __missing__(self, word: str) -> Opening | None:
        found = list(self._exact.get(word, ()))
        for length in range(3, len(word) + 1):
            found += self._prefixed.get(word[:length], ())
        if len(self) >= _MOST_WORDS_KEPT:  # hostile text may hold any number of new words
            self.clear()
        self[word] = _opening(found) if found else None
        return self[word]


def _opening(entries: Sequence[Entry]) -> Opening:
    by_next: dict[str, list[Entry]] = {}
    others = []
    for rest, meaning in entries:
        if rest and rest[0] and not rest[0].prefixes:
            for word in rest[0].words:
                by_next.setdefault(word, []).append((rest[1:], meaning))
        elif rest:
            others.append((_needed(rest), rest, meaning))
    return Opening(tuple(m for rest, m in entries if not rest), by_next, tuple(others))


def _needed(rest: Rest) -> frozenset[str]:
    """Words one of which must be there for the phrase to be: nothing to ask where a * will do."""
    asked = [piece.words for piece in rest if piece and not piece.prefixes]
    return min(asked, key=len) if asked else frozenset()


Hits = dict[str, list[Hit]]  # kind to the phrases found of it, in order of where they begin


class Lexicon:
    """Phrases and their meanings, ready to be looked for."""

    def __init__(self, phrases: Sequence[tuple[str, Meaning]]) -> None:
        exact: dict[str, list[Entry]] = {}
        prefixed: dict[str, list[Entry]] = {}
        for phrase, meaning in phrases:
            for pieces in _variants(phrase):
                entry = (pieces[1:], meaning)
                assert pieces[0] is not None, f"begins with a gap: {phrase}"
                for word in sorted(pieces[0].words):
                    exact.setdefault(word, []).append(entry)
                for prefix in pieces[0].prefixes:
                    prefixed.setdefault(prefix, []).append(entry)
        self._openings = _Openings(exact, prefixed)

    def find(self, words: Sequence[str]) -> Hits:
        """Every phrase in these lower-case tokens, by kind."""
        hits: Hits = {}
        openings = self._openings
        present = set(words)
        following = [*words[1:], ""]
        for first, word in enumerate(words):
            opening = openings[word]
            if opening is None:
                continue
            alone, by_next, others = opening
            for meaning in alone:
                hits.setdefault(meaning.kind, []).append(Hit(first, first + 1, meaning))
            if by_next and following[first] in by_next:
                for rest, meaning in by_next[following[first]]:
                    if last := _end(rest, words, first + 2):
                        hits.setdefault(meaning.kind, []).append(Hit(first, last, meaning))
            for needed, rest, meaning in others:
                if needed and needed.isdisjoint(present):
                    continue
                if last := _end(rest, words, first + 1):
                    hits.setdefault(meaning.kind, []).append(Hit(first, last, meaning))
        return hits


def _end(rest: Rest, words: Sequence[str], at: int) -> int:
    """Where the phrase ends when its remaining pieces fit from ``at``, else 0."""
    for number, piece in enumerate(rest):
        if piece is None:
            return _end_after_gap(rest[number + 1 :], words, at)
        if at >= len(words):
            return 0
        word = words[at]
        if word not in piece.words and not (piece.prefixes and word.startswith(piece.prefixes)):
            return 0
        at += 1
    return at


def _end_after_gap(rest: Rest, words: Sequence[str], at: int) -> int:
    piece = rest[0]
    assert piece is not None
    for start in range(at, min(at + GAP + 1, len(words))):
        word = words[start]
        fits = word in piece.words or (piece.prefixes and word.startswith(piece.prefixes))
        if fits and (end := _end(rest[1:], words, start + 1)):
            return end
        if word in _STOPS:
            return 0
    return 0


def _variants(phrase: str) -> Iterator[Rest]:
    """The phrase with and without each word that may be missing."""
    choices = []
    for word in phrase.split():
        optional = word.endswith("?") and len(word) > 1
        piece = _piece(word.removesuffix("?") if optional else word)
        choices.append([(piece,), ()] if optional else [(piece,)])
    for chosen in itertools.product(*choices):
        yield tuple(itertools.chain.from_iterable(chosen))


def _piece(word: str) -> Piece | None:
    if word == "..":
        return None
    parts = word.split("/") if len(word) > 1 else [word]
    exact = {part for part in parts if not part.endswith("*")}
    if "n't" in exact:
        exact |= CONTRACTED
    return Piece(frozenset(exact), tuple(part[:-1] for part in parts if part.endswith("*")))


_HEAD = re.compile(r"\[(?P<kind>[a-z_]+)(?P<rest>[^\]]*)\]$")


def parse(text: str) -> Iterator[tuple[str, Meaning]]:
    """Phrases of a lexicon file with the meaning of the head above them."""
    meaning = Meaning("")
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        if head := _HEAD.match(line):
            meaning = _meaning(head["kind"], head["rest"])
        elif line:
            yield line, meaning


def _meaning(kind: str, rest: str) -> Meaning:
    given = dict(pair.partition("=")[::2] for pair in rest.split())
    return Meaning(
        kind=kind,
        reason=given.get("reason", ""),
        severity=int(given.get("severity", 0)),
        likelihood=float(given.get("likelihood", 1)),
        blocker="blocker" in given,
        weak="weak" in given,
        generic="generic" in given,
    )


@cache
def lexicon() -> Lexicon:
    """The lexicon in this package, read once."""
    folder = resources.files("insights.engine") / "lexicon"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".txt")), key=lambda f: f.name)
    return Lexicon([pair for file in files for pair in parse(file.read_text("utf-8"))])


CATEGORY = {
    reason: category
    for category, reasons in {
        "schedule": ("overdue_task", "milestone_slip", "date_moved", "low_velocity"),
        "dependency_access": (
            "waiting_customer",
            "waiting_vendor",
            "access_missing",
            "env_not_ready",
        ),
        "scope": ("scope_creep", "unclear_requirement", "change_request"),
        "resourcing": ("key_person", "capacity_conflict", "handover_gap"),
        "technical_data": ("data_quality", "performance", "integration", "failed_runs"),
        "stakeholder": ("sponsor_absent", "low_engagement", "sentiment_drop", "escalation"),
        "adoption": ("usage_drop", "no_champion", "training_gap"),
        "commercial": ("budget_overrun", "renewal_risk", "payment_dispute"),
        "governance_security": ("compliance", "approval_pending", "sec_review"),
    }.items()
    for reason in reasons
}

# What an engagement has one of: its capacity, its sponsor, its budget. Whatever notes say of it is one
# matter, and the end of it is the end of each note on it.
ONE_AT_A_TIME = frozenset(
    {"capacity_conflict", "sponsor_absent", "low_engagement", "sentiment_drop", "escalation"}
    | {"usage_drop", "no_champion", "training_gap", "budget_overrun", "renewal_risk"}
    | {"low_velocity", "date_moved", "scope_creep", "payment_dispute"}
)

"""What the words around a problem do to it: deny it, doubt it, or say that it is over.

After NegEx (Chapman 2001): a trigger reaches forward to the next terminator ("but", "because", a
semicolon), some reach backward; a second trigger within reach turns the first around.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from engagements.records import FindingStatus
from insights.engine.lexicon import CONTRACTED, Hit, Hits, lexicon

VERB_REACH = 8  # words that "not" and "n't" reach; "no" and "without" reach to the terminator
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)?|[.,;:()!?–—]|--+|(?<=\s)-(?=\s)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|https?://\S{1,500}")
_VERBAL = CONTRACTED | {"not", "never", "cannot", "hardly", "barely"}
_COPULAS = frozenset({"is", "are", "was", "were", "means", "meant", "makes", "made"})
_THINKING = frozenset(
    {"think", "believe", "expect", "see", "foresee", "anticipate", "consider", "say", "claim"}
)
_OBJECT_REACH = 2  # words between a verb and the trouble it ends: "withdrew the complaint"
_AWAITED_REACH = 8
_AWAITING = frozenset({"until", "till", "unless", "if"})
_CLAUSE_ENDS = frozenset({",", ";", ":", "(", "but", "and"})
_COORDINATORS = frozenset({",", "and", "or", "nor", ";", "but"})
_OPENERS = frozenset({"the", "a", "this", "that", "our", "we", "they", "it", "there", "still"})


def tokens(text: str) -> list[str]:
    """Words and punctuation in lower case; tags and addresses say nothing and are left out."""
    if "<" in text or "://" in text:
        text = _TAG.sub(" ", text)
    return _TOKEN.findall(text.lower().replace("’", "'"))


class Turns(NamedTuple):
    """The triggers of one sentence by what they do."""

    words: Sequence[str]
    negations: tuple[Hit, ...]
    negations_after: tuple[Hit, ...]
    terminators: tuple[Hit, ...]
    hedges: tuple[Hit, ...]
    resolved: tuple[Hit, ...]
    unresolved: tuple[Hit, ...]
    ended: tuple[Hit, ...] = ()  # softer words ("signed", "is back"), only said after the problem


def turns(words: Sequence[str], hits: Hits) -> Turns:
    """The triggers among the hits; one inside a longer phrase ("no access") is none."""
    problems = hits.get("problem", []) + hits.get("lingering", [])
    covering = problems + hits.get("pseudo_negation", [])
    negations = [h for h in hits.get("negation", ()) if not _covered(h, covering)]
    unresolved = hits.get("unresolved", []) + hits.get("lingering", [])
    resolved = _said(hits.get("resolved", ()), unresolved, words)
    ended = _said(hits.get("ended", ()), [*unresolved, *problems], words)
    return Turns(
        words,
        tuple(negations),
        tuple(hits.get("negation_after", ())),
        tuple(hits.get("terminator", ())),
        tuple(hits.get("hedge", ())),
        tuple(resolved),
        tuple(unresolved),
        tuple(ended),
    )


def _said(ends: Sequence[Hit], against: Sequence[Hit], words: Sequence[str]) -> list[Hit]:
    """The ends that are said to be, not wished for: "withheld until the defects are fixed"."""
    return [h for h in ends if not _overlaps(h, against) and not _awaited(h, words)]


def _awaited(end: Hit, words: Sequence[str]) -> bool:
    for word in reversed(words[max(0, end.first - _AWAITED_REACH) : end.first]):
        if word in _AWAITING:
            return True
        if word in _CLAUSE_ENDS:
            return False
    return False


def _covered(hit: Hit, by: Sequence[Hit]) -> bool:
    return any(
        o.first <= hit.first and hit.last <= o.last and o.last - o.first > hit.last - hit.first
        for o in by
    )


def _overlaps(hit: Hit, others: Sequence[Hit]) -> bool:
    return any(o.first < hit.last and hit.first < o.last for o in others)


def status(cue: Hit, around: Turns, *, lists: bool = False) -> FindingStatus:
    """Whether the problem at ``cue`` is there, may come, is denied, or is over."""
    if _is_over(cue, around):
        return FindingStatus.RESOLVED
    if is_negated(cue.first, cue.last, around, lists=lists):
        return FindingStatus.NEGATED
    if cue.meaning.likelihood < 1 or _is_hedged(cue, around):
        return FindingStatus.POTENTIAL
    return FindingStatus.OPEN


def is_negated(first: int, last: int, around: Turns, *, lists: bool) -> bool:
    """Whether tokens ``first`` to ``last`` are denied.

    ``lists``: a comma does not end the reach ("denies fever, chills, or cough"), as in clinical
    notes. In delivery notes a comma often starts a new statement ("no update, waiting on access").
    """
    before = [t for t in around.negations if _reaches(t, first, around, lists=lists)]
    if before:
        return len(_independent(before, around.words)) % 2 == 1
    return any(
        last <= t.first <= last + VERB_REACH and not _stopped(last, t.first, around)
        for t in around.negations_after
    )


def _independent(triggers: Sequence[Hit], words: Sequence[str]) -> list[Hit]:
    """Triggers that turn one another: not those of a list ("no X, no Y"), nor overlapping ones."""
    kept: list[Hit] = []
    for trigger in triggers:
        if trigger.first and words[trigger.first - 1] in _COORDINATORS:
            kept = []
        if not (kept and trigger.first < kept[-1].last):
            kept.append(trigger)
    return kept


def _reaches(trigger: Hit, first: int, around: Turns, *, lists: bool) -> bool:
    if trigger.last > first or _stopped(trigger.last, first, around):
        return False
    between = around.words[trigger.last : first]
    if around.words[trigger.first] in _VERBAL and not lists:
        if len(between) > VERB_REACH:
            return False
        if _COPULAS.intersection(between) and not _THINKING.intersection(between):
            return False
    return lists or "," not in between or _listed(between, around.words[first])


def _listed(between: Sequence[str], cue: str) -> bool:
    """Whether the commas between trigger and cue are those of a list of things."""
    after = list(between)[len(between) - 1 - list(between)[::-1].index(",") + 1 :]
    if cue.endswith(("ing", "ed")) or _OPENERS.intersection(after):
        return False
    return len(after) <= (3 if {"or", "and", "nor"}.intersection(after) else 1)


def _stopped(start: int, end: int, around: Turns) -> bool:
    return any(start <= t.first and t.last <= end for t in around.terminators)


def _is_hedged(cue: Hit, around: Turns) -> bool:
    return any(
        (t.last <= cue.first or t.first < cue.last)
        and not _stopped(t.last, cue.first, around)
        and cue.first - t.last <= 12
        for t in around.hedges
    )


def _is_over(cue: Hit, around: Turns) -> bool:
    later = [done for done in around.ended if cue.first - done.last <= _OBJECT_REACH]
    return any(_ends(done, cue, around) for done in (*around.resolved, *later))


def _ends(done: Hit, cue: Hit, around: Turns) -> bool:
    if done.first < cue.last and cue.first < done.last:  # "no longer blocked" as one phrase
        return True
    start, end = (done.last, cue.first) if done.last <= cue.first else (cue.last, done.first)
    labelled = start < end and around.words[end - 1] == ":"  # "data quality: fixed on Friday"
    if _stopped(start, end - labelled, around) or any(
        _reaches(t, done.first, around, lists=False) for t in around.negations
    ):
        return False
    if _is_denied_end(done, around):
        return False
    between = around.words[start:end]
    if done.last <= cue.first:
        return "," not in between and not ("and" in between and len(between) > 2)
    return len(between) <= 20


def _is_denied_end(done: Hit, around: Turns) -> bool:
    return any(u.first <= done.first < u.last + 2 for u in around.unresolved)


def negated(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` is denied by its sentence, whatever it is about."""
    left, right = _sentence(text, start, end)
    before, inside = tokens(text[left:start]), tokens(text[start:end])
    if not inside:
        return False
    words = before + inside + tokens(text[end:right])
    hits = lexicon().find(words)
    hits.pop("problem", None)
    first, last = len(before), len(before) + len(inside)
    hits["pseudo_negation"] = [h for h in hits.get("pseudo_negation", ()) if h.last <= first]
    around = turns(words, hits)
    over = any(
        words[done.first].startswith("resolv")
        and last <= done.first
        and _ends(done, Hit(first, last, done.meaning), around)
        for done in around.resolved
    )
    return over or is_negated(first, last, around, lists=True)


_STOP = re.compile(r"[.!?](?=\s{1,4}[A-Z*])|\n\n")


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    left, right = 0, len(text)
    for stop in _STOP.finditer(text):
        if stop.end() <= start:
            left = stop.end()
        elif stop.start() >= end:
            right = stop.start()
            break
    return left, right

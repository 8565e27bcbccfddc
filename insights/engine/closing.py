"""A later note that says a problem is over closes the finding of the earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from engagements.records import FindingStatus, NoteFinding, NoteRecord
from insights.engine.lexicon import Hit, lexicon
from insights.engine.scope import tokens, turns
from insights.engine.sections import sentences
from insights.engine.wordlists import words as listed

_LEAST_STEM = 4
_STANDING = (FindingStatus.OPEN, FindingStatus.POTENTIAL)


class Ending(NamedTuple):
    """A sentence that says something is over, and what it is about."""

    note: NoteRecord
    start: int
    end: int
    about: frozenset[str]
    reasons: frozenset[str]


def close_resolved(
    findings: Sequence[NoteFinding], notes: Sequence[NoteRecord]
) -> list[NoteFinding]:
    """The findings, oldest first, with the first later sentence that ends each."""
    if not findings:
        return []
    endings = [ending for note in notes for ending in _endings(note)]
    order = {note.note_id: number for number, note in enumerate(notes)}
    return [_closed(finding, endings, order) for finding in findings]


def _closed(finding: NoteFinding, endings: Sequence[Ending], order: dict[str, int]) -> NoteFinding:
    if finding.status not in _STANDING:
        return finding
    about = None
    for ending in endings:
        if order[ending.note.note_id] <= order[finding.note_id]:
            continue
        about = about if about is not None else _about(finding.quote)
        if _answers(finding, about, ending):
            return msgspec.structs.replace(
                finding,
                status=FindingStatus.RESOLVED,
                resolved_on=ending.note.created_at.date(),
                resolved_by=ending.note.note_id,
                resolved_quote=ending.note.content[ending.start : ending.end],
                resolved_start=ending.start,
                resolved_end=ending.end,
            )
    return finding


def _answers(finding: NoteFinding, about: frozenset[str], ending: Ending) -> bool:
    shared = len(about & ending.about)
    return shared >= 2 or (shared == 1 and finding.reason in ending.reasons)


def _endings(note: NoteRecord) -> list[Ending]:
    found = []
    for sentence in sentences(note.content):
        words, _ = tokens(note.content, sentence.start, sentence.end)
        hits = lexicon().find(words)
        if not any(h.meaning.kind == "resolved" for h in hits):
            continue
        around = turns(words, hits)
        if (
            around.resolved
            and not around.unresolved
            and not _denied(around.resolved, around.negations)
        ):
            reasons = frozenset(h.meaning.reason for h in hits if h.meaning.reason)
            found.append(
                Ending(note, sentence.start, sentence.end, _content_words(words, hits), reasons)
            )
    return found


def _denied(done: Sequence[Hit], negations: Sequence[Hit]) -> bool:
    return any(0 <= d.first - n.last <= 3 for d in done for n in negations)


def _about(quote: str) -> frozenset[str]:
    words, _ = tokens(quote)
    return _content_words(words, lexicon().find(words))


def _content_words(words: Sequence[str], hits: Sequence[Hit]) -> frozenset[str]:
    """The stems of what is spoken of, without the words for trouble, ending and doubt."""
    empty = listed("empty")
    said = {i for h in hits if h.meaning.kind in _SAYING for i in range(h.first, h.last)}
    return frozenset(
        _stem(w) for i, w in enumerate(words) if i not in said and w not in empty and len(w) > 2
    )


_SAYING = frozenset({"negation", "hedge", "resolved", "terminator", "blocker", "team"})


def _stem(word: str) -> str:
    for ending in ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM:
            return word[: -len(ending)]
    return word.rstrip("e") or word

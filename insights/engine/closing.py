"""A later note that says a problem is over closes the finding of the earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

from engagements.records import FindingStatus, NoteFinding, NoteRecord
from insights.engine.lexicon import Hit, Hits, lexicon
from insights.engine.mentions import Reading
from insights.engine.scope import tokens
from insights.engine.sections import Heading
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


def ending(note: NoteRecord, reading: Reading) -> Ending | None:
    """What this sentence says is over, if it says so without a doubt."""
    if reading.sentence.heading is not Heading.OVER and not _says_over(reading):
        return None
    reasons = {h.meaning.reason for found in reading.hits.values() for h in found}
    about = _content_words(reading.words, reading.hits)
    place = reading.sentence
    return Ending(note, place.start, place.end, about, frozenset(reasons - {""}))


def _says_over(reading: Reading) -> bool:
    if "resolved" not in reading.hits:
        return False
    around = reading.around()
    unsure = around.unresolved or _denied(around.resolved, around.negations)
    return bool(around.resolved) and not unsure


def close_resolved(
    findings: Sequence[NoteFinding], endings: Sequence[Ending], notes: Sequence[NoteRecord]
) -> list[NoteFinding]:
    """The findings, each closed by the first later sentence that ends it; all oldest first."""
    said_at = {note.note_id: (note.created_at, note.note_id) for note in notes}
    return [_closed(finding, endings, said_at) if endings else finding for finding in findings]


def _closed(
    finding: NoteFinding, endings: Sequence[Ending], said_at: dict[str, tuple[datetime, str]]
) -> NoteFinding:
    if finding.status not in _STANDING:
        return finding
    about = _about(finding.quote)
    for over in endings:
        if said_at[over.note.note_id] <= said_at[finding.note_id]:
            continue
        if _answers(finding, about, over):
            return msgspec.structs.replace(
                finding,
                status=FindingStatus.RESOLVED,
                resolved_on=over.note.created_at.date(),
                resolved_by=over.note.note_id,
                resolved_quote=over.note.content[over.start : over.end],
                resolved_start=over.start,
                resolved_end=over.end,
            )
    return finding


def _answers(finding: NoteFinding, about: frozenset[str], ending: Ending) -> bool:
    shared = len(about & ending.about)
    return shared >= 2 or (shared == 1 and finding.reason in ending.reasons)


def _denied(done: Sequence[Hit], negations: Sequence[Hit]) -> bool:
    return any(0 <= d.first - n.last <= 3 for d in done for n in negations)


@lru_cache(maxsize=4096)
def _about(quote: str) -> frozenset[str]:
    words = tokens(quote)
    return _content_words(words, lexicon().find(words))


def _content_words(words: Sequence[str], hits: Hits) -> frozenset[str]:
    """The stems of what is spoken of, without the words for trouble, ending and doubt."""
    empty = listed("empty")
    said = {i for kind in _SAYING for h in hits.get(kind, ()) for i in range(h.first, h.last)}
    return frozenset(
        _stem(w) for i, w in enumerate(words) if i not in said and w not in empty and len(w) > 2
    )


_SAYING = frozenset({"negation", "hedge", "resolved", "terminator", "blocker", "team"})


def _stem(word: str) -> str:
    for ending in ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM:
            return word[: -len(ending)]
    return word.rstrip("e") or word

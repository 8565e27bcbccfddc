"""A later note that says a problem is over closes the finding of the earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

from engagements.records import FindingStatus, NoteFinding, NoteRecord
from insights.engine.lexicon import ONE_AT_A_TIME, Hit, Hits, lexicon
from insights.engine.mentions import Reading, mentions, named_matter
from insights.engine.scope import tokens
from insights.engine.sections import Heading
from insights.engine.wordlists import words as listed

_LEAST_STEM = 4
_SURELY_THE_SAME = 3  # words shared with the end of a matter of another reason
_SAME_MATTER = 2  # words that two findings of one reason share when they speak of one matter
SaidAt = dict[str, tuple[datetime, str]]  # a note's id to when it was written
_LEADING = frozenset({"the", "our", "all", "that", "this", "now", "finally"})
_OF = frozenset({"to", "of", "for", "on", "in", "with", "from"})
_STANDING = (FindingStatus.OPEN, FindingStatus.POTENTIAL)


class Ending(NamedTuple):
    """A sentence that says something is over, and what it is about."""

    note: NoteRecord
    start: int
    end: int
    about: frozenset[str]
    reasons: frozenset[str]
    matter: str | None  # the reason it is about in so many words
    bare: bool  # it names the matter alone ("access came through"), not that of something


def ending(note: NoteRecord, reading: Reading) -> Ending | None:
    """What this sentence says is over, if it says so without a doubt."""
    if reading.sentence.heading is not Heading.OVER and not _says_over(reading):
        return None
    reasons = {h.meaning.reason for found in reading.hits.values() for h in found}
    about = _content_words(reading.words, reading.hits)
    place = reading.sentence
    return Ending(note, place.start, place.end, about, frozenset(reasons - {""}), *_matter(reading))


def _matter(reading: Reading) -> tuple[str | None, bool]:
    named = named_matter(reading.hits)
    if named is None:
        return None, False
    before, after = reading.words[: named.first], reading.words[named.last : named.last + 1]
    return named.meaning.reason, _LEADING.issuperset(before) and _OF.isdisjoint(after)


def _says_over(reading: Reading) -> bool:
    if not {"resolved", "ended"}.intersection(reading.hits):
        return False
    around = reading.around()
    said = (*around.resolved, *around.ended)
    unsure = around.unresolved or _denied(said, around.negations)
    if not said or unsure:
        return False
    told = {mention.status for mention in mentions(reading)}
    if around.resolved and FindingStatus.RESOLVED in told:
        return True
    return told.isdisjoint(_STANDING)


def close_resolved(
    findings: Sequence[NoteFinding], endings: Sequence[Ending], notes: Sequence[NoteRecord]
) -> list[NoteFinding]:
    """The findings, each closed by the first later sentence that ends it; all oldest first."""
    if not endings:
        return list(findings)
    said_at = {note.note_id: (note.created_at, note.note_id) for note in notes}
    closed = _closed_by_name(
        [_closed(finding, endings, said_at) for finding in findings], endings, said_at
    )
    return _with_their_like(closed, said_at)


def _with_their_like(findings: list[NoteFinding], said_at: SaidAt) -> list[NoteFinding]:
    """Closes what was said earlier of a matter that is now closed, in other words of it."""
    over = [f for f in findings if f.resolved_by]
    following = list(over)
    while following:
        end = following.pop()
        for place, finding in enumerate(findings):
            if _is_like(finding, end, said_at):
                findings[place] = _ended_as(finding, end)
                following.append(findings[place])
    return findings


def _closed_by_name(
    findings: list[NoteFinding], endings: Sequence[Ending], said_at: SaidAt
) -> list[NoteFinding]:
    """Closes the only open matter of a reason where a later note names just that: "access is there"."""
    for over in endings:
        if not over.bare:
            continue
        places = [
            place
            for place, f in enumerate(findings)
            if f.reason == over.matter
            and f.status in _STANDING
            and said_at[f.note_id] < said_at[over.note.note_id]
        ]
        if places and _is_one_matter([_about(findings[place].quote) for place in places]):
            for place in places:
                findings[place] = _ended_by(findings[place], over)
    return findings


def _is_one_matter(said: Sequence[frozenset[str]]) -> bool:
    """Whether each finding shares a word with those before it, or has none of its own."""
    known: frozenset[str] = frozenset()
    for words in said:
        if known and words and not known & words:
            return False
        known |= words
    return True


def _is_like(finding: NoteFinding, end: NoteFinding, said_at: SaidAt) -> bool:
    if finding.status not in _STANDING or finding.reason != end.reason or not end.resolved_by:
        return False
    if said_at[finding.note_id] >= said_at[end.resolved_by]:
        return False
    mine, theirs = _about(finding.quote), _about(end.quote)
    return mine <= theirs or len(mine & theirs) >= _SAME_MATTER


def _ended_by(finding: NoteFinding, over: Ending) -> NoteFinding:
    return msgspec.structs.replace(
        finding,
        status=FindingStatus.RESOLVED,
        resolved_on=over.note.created_at.date(),
        resolved_by=over.note.note_id,
        resolved_quote=over.note.content[over.start : over.end],
        resolved_start=over.start,
        resolved_end=over.end,
    )


def _ended_as(finding: NoteFinding, end: NoteFinding) -> NoteFinding:
    return msgspec.structs.replace(
        finding,
        status=FindingStatus.RESOLVED,
        resolved_on=end.resolved_on,
        resolved_by=end.resolved_by,
        resolved_quote=end.resolved_quote,
        resolved_start=end.resolved_start,
        resolved_end=end.resolved_end,
    )


def _closed(finding: NoteFinding, endings: Sequence[Ending], said_at: SaidAt) -> NoteFinding:
    if finding.status not in _STANDING:
        return finding
    about = _about(finding.quote)
    for over in endings:
        if said_at[over.note.note_id] <= said_at[finding.note_id]:
            continue
        if _answers(finding, about, over):
            return _ended_by(finding, over)
    return finding


def _answers(finding: NoteFinding, about: frozenset[str], ending: Ending) -> bool:
    shared = len(about & ending.about)
    if finding.reason not in ending.reasons:
        return shared >= (2 if ending.matter is None else _SURELY_THE_SAME)
    bare = not about or not ending.about
    if finding.reason == ending.matter and (finding.reason in ONE_AT_A_TIME or bare):
        return True
    return shared >= 1


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


_SAYING = frozenset(
    {
        "negation",
        "hedge",
        "resolved",
        "ended",
        "lingering",
        "matter",
        "terminator",
        "blocker",
        "team",
    }
)


def _stem(word: str) -> str:
    for ending in ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM:
            return word[: -len(ending)]
    return word.rstrip("e") or word

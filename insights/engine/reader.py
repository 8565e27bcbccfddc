"""Reads the notes of an engagement: the problems they speak of, where, and how they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from engagements.records import FindingStatus, NoteFinding, NoteRecord
from insights.engine import questions, world
from insights.engine.closing import close_resolved
from insights.engine.lexicon import CATEGORY, Hit, lexicon
from insights.engine.scope import Tokens, Turns, status, tokens, turns
from insights.engine.sections import Heading, Sentence, heading_kind, sentences

UNLIKELY, POSSIBLE, LIKELY, HAPPENED = 0.25, 0.5, 0.75, 1.0
GRAVEST = 4
_ORDER = {
    FindingStatus.OPEN: 0,
    FindingStatus.POTENTIAL: 1,
    FindingStatus.RESOLVED: 2,
    FindingStatus.NEGATED: 3,
}
_STANDING = (FindingStatus.OPEN, FindingStatus.POTENTIAL)
_BLOCKING = frozenset({"access_missing", "env_not_ready"})


class Mention(NamedTuple):
    """A problem as one sentence speaks of it."""

    reason: str
    severity: int
    likelihood: float
    status: FindingStatus
    is_blocker: bool
    start: int
    end: int


def read_notes(notes: Sequence[NoteRecord]) -> tuple[NoteFinding, ...]:
    """The problems that one engagement's notes speak of, oldest first, in whatever order given.

    One finding per note and reason, however often the note repeats it. Denied and resolved ones are
    in it with that status; a later note that says a problem is over closes the earlier finding.
    """
    ordered = sorted(notes, key=lambda note: (note.created_at, note.note_id))
    findings = [finding for note in ordered for finding in _findings(note)]
    return tuple(close_resolved(findings, ordered))


def is_risk(text: str, *, heading: str | None = None) -> bool:
    """Whether this text, under this heading, speaks of a problem that stands or may come."""
    under = heading_kind(heading) if heading else None
    return any(mention.status in _STANDING for mention in mentions(text, under))


def mentions(content: str, under: Heading | None = None) -> Iterator[Mention]:
    """Every problem of a text, sentence by sentence."""
    for sentence in sentences(content):
        if under and sentence.heading is None:
            sentence = sentence._replace(heading=under)
        yield from _mentions(content, sentence)


def _findings(note: NoteRecord) -> Iterator[NoteFinding]:
    best: dict[str, Mention] = {}
    for mention in mentions(note.content):
        known = best.get(mention.reason)
        if known is None or _rank(mention) < _rank(known):
            best[mention.reason] = mention
    for mention in sorted(best.values(), key=lambda m: (m.start, m.reason)):
        yield NoteFinding(
            note_id=note.note_id,
            noted_on=note.created_at.date(),
            category=CATEGORY[mention.reason],
            reason=mention.reason,
            severity=mention.severity,
            likelihood=mention.likelihood,
            status=mention.status,
            is_blocker=mention.is_blocker,
            quote=note.content[mention.start : mention.end],
            start=mention.start,
            end=mention.end,
        )


def _rank(mention: Mention) -> tuple[int, float, int]:
    return _ORDER[mention.status], -mention.severity * mention.likelihood, mention.start


def _mentions(content: str, sentence: Sentence) -> Iterable[Mention]:
    read = tokens(content, sentence.start, sentence.end)
    if not read.words:
        return ()
    hits = lexicon().find(read.words)
    around = turns(read.words, hits)
    cues = _cues(hits, read, sentence)
    if not cues and (reason := _asked(content, sentence)):
        return [_mention(reason, 1, HAPPENED, FindingStatus.OPEN, sentence, hits, around)]
    found = [(cue, status(cue, around)) for cue in cues]
    if sentence.heading and sentence.heading.troubled:
        return _under_trouble(found, sentence, read, hits, around)
    return [_of_cue(cue, how, sentence, hits, around) for cue, how in found]


def _cues(hits: Sequence[Hit], read: Tokens, sentence: Sentence) -> list[Hit]:
    """The problem phrases that count: the longest of overlapping ones, none about the world."""
    found = [hit for hit in hits if hit.meaning.kind in ("problem", "benign")]
    if not found:
        return []
    found.sort(key=lambda h: (h.first - h.last, h.meaning.weak, -h.meaning.severity, h.first))
    kept: list[Hit] = []
    for hit in found:
        if not any(k.first < hit.last and hit.first < k.last for k in kept):
            kept.append(hit)
    kept = [hit for hit in kept if hit.meaning.kind == "problem"]
    if not (sentence.heading and sentence.heading.troubled):
        kept = [h for h in kept if not _is_handled(h, hits)]
        kept = [h for h in kept if not world.is_elsewhere(h, hits, read.words)]
        kept = _outside_trouble(kept, sentence.heading)
    if any(not hit.meaning.weak for hit in kept):
        kept = [h for h in kept if not h.meaning.weak]
    return sorted(kept, key=lambda h: h.first)


_REACH = 6  # words between a verb and the trouble it handles: "fix the two last bugs"


def _is_handled(cue: Hit, hits: Sequence[Hit]) -> bool:
    """Whether the trouble is the object of work or talk: "fix bugs", "discussed the issues"."""
    if not any(h.meaning.kind == "thing" and cue.first <= h.first < cue.last for h in hits):
        return False
    barred = [h for h in hits if h.meaning.kind in ("terminator", "unresolved")]
    return any(
        h.last <= cue.first <= h.last + _REACH
        and not any(b.first < cue.first and h.first < b.last for b in barred)
        for h in hits
        if h.meaning.kind in ("remedy", "talk")
    )


def _outside_trouble(cues: list[Hit], heading: Heading | None) -> list[Hit]:
    """Under "Done" and "Next" only words that leave no doubt count."""
    if heading in (Heading.PROGRESS, Heading.PLAN, Heading.LEARNED):
        return [h for h in cues if not h.meaning.weak and h.last - h.first > 1]
    return cues


def _asked(content: str, sentence: Sentence) -> str | None:
    if sentence.heading in (Heading.PROGRESS, Heading.PLAN, Heading.LEARNED):
        return None
    text = content[sentence.start : sentence.end]
    return "unclear_requirement" if questions.is_open(text) else None


def _under_trouble(
    found: list[tuple[Hit, FindingStatus]],
    sentence: Sentence,
    read: Tokens,
    hits: Sequence[Hit],
    around: Turns,
) -> Iterable[Mention]:
    """Under "Blockers" a line is a problem unless it denies one or says that it is over."""
    if questions.is_denial(read.words):
        return ()
    if found:
        return [_of_cue(cue, how, sentence, hits, around) for cue, how in found]
    if not sentence.opening:
        return ()
    reason = _topic(hits) or _DEFAULT.get(sentence.heading or Heading.ISSUE, "low_velocity")
    over = bool(around.resolved) or any(h.first == 0 and h.meaning.kind == "done" for h in hits)
    how = FindingStatus.RESOLVED if over else FindingStatus.OPEN
    return [_mention(reason, 2, HAPPENED, how, sentence, hits, around)]


_DEFAULT = {Heading.BLOCKER: "waiting_customer"}


def _topic(hits: Sequence[Hit]) -> str | None:
    """What most of the words of the sentence are about, the first of equals."""
    counts: dict[str, int] = {}
    for hit in hits:
        if hit.meaning.kind == "topic":
            counts[hit.meaning.reason] = counts.get(hit.meaning.reason, 0) + 1
    return max(counts, key=lambda reason: counts[reason]) if counts else None


def _of_cue(
    cue: Hit, how: FindingStatus, sentence: Sentence, hits: Sequence[Hit], around: Turns
) -> Mention:
    meaning = cue.meaning
    reason = (_topic(hits) if meaning.weak else None) or meaning.reason
    return _mention(reason, meaning.severity, meaning.likelihood, how, sentence, hits, around)


def _mention(
    reason: str,
    severity: int,
    likelihood: float,
    how: FindingStatus,
    sentence: Sentence,
    hits: Sequence[Hit],
    around: Turns,
) -> Mention:
    if sentence.heading is Heading.RISK and how is FindingStatus.OPEN:
        how, likelihood = FindingStatus.POTENTIAL, min(likelihood, POSSIBLE)
    if how is FindingStatus.POTENTIAL:
        likelihood = min(likelihood, _chance(around.words))
    if any(hit.meaning.kind == "grave" for hit in hits):
        severity = min(GRAVEST, severity + 1)
    blocking = how is FindingStatus.OPEN and (
        sentence.heading is Heading.BLOCKER
        or reason in _BLOCKING
        or any(hit.meaning.kind == "blocker" for hit in hits)
    )
    return Mention(reason, severity, likelihood, how, blocking, sentence.start, sentence.end)


def _chance(words: Sequence[str]) -> float:
    if "unlikely" in words:
        return UNLIKELY
    return LIKELY if _PROBABLE.intersection(words) else POSSIBLE


_PROBABLE = frozenset({"likely", "probably", "expect", "expected", "expecting"})

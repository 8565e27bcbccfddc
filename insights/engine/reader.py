"""Reads the notes of an engagement: the problems they speak of, where, and how they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engagements.records import FindingStatus, NoteFinding, NoteRecord
from insights.engine.closing import Ending, close_resolved, ending
from insights.engine.lexicon import CATEGORY
from insights.engine.mentions import Mention, Reading, mentions, read
from insights.engine.sections import Heading, heading_kind, sentences

_ORDER = {
    FindingStatus.OPEN: 0,
    FindingStatus.POTENTIAL: 1,
    FindingStatus.RESOLVED: 2,
    FindingStatus.NEGATED: 3,
}
_STANDING = (FindingStatus.OPEN, FindingStatus.POTENTIAL)


def read_notes(notes: Sequence[NoteRecord]) -> tuple[NoteFinding, ...]:
    """The problems that one engagement's notes speak of, oldest first, in whatever order given.

    One finding per note and reason, however often the note repeats it. Denied and resolved ones are
    in it with that status; a later note that says a problem is over closes the earlier finding.
    """
    findings: list[NoteFinding] = []
    endings: list[Ending] = []
    for note in sorted(notes, key=lambda note: (note.created_at, note.note_id)):
        readings = list(_readings(note.content))
        findings += _findings(note, readings)
        endings += [e for reading in readings if (e := ending(note, reading))]
    return tuple(close_resolved(findings, endings, notes))


def is_risk(text: str, *, heading: str | None = None) -> bool:
    """Whether this text, under this heading, speaks of a problem that stands or may come."""
    under = heading_kind(heading) if heading else None
    return any(
        mention.status in _STANDING
        for reading in _readings(text, under)
        for mention in mentions(reading)
    )


def _readings(content: str, under: Heading | None = None) -> Iterator[Reading]:
    for sentence in sentences(content):
        if under and sentence.heading is None:
            sentence = sentence._replace(heading=under)
        yield read(content, sentence)


def _findings(note: NoteRecord, readings: Sequence[Reading]) -> Iterator[NoteFinding]:
    best: dict[str, Mention] = {}
    for reading in readings:
        for mention in mentions(reading):
            known = best.get(mention.reason)
            if known is None or _rank(mention) < _rank(known):
                best[mention.reason] = mention
    for mention in sorted(best.values(), key=lambda m: (m.start, m.reason)):
        yield _finding(note, mention)


def _finding(note: NoteRecord, mention: Mention) -> NoteFinding:
    return NoteFinding(
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

"""A note as people write it: headings, bullets, sentences, each with its place in the text.

A heading types what stands under it ("Blockers", "Done", "Next"). About half of the bullets that
people put under "Blockers" do not read as a problem without it.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from typing import NamedTuple


class Heading(enum.Enum):
    """What a heading says of the lines under it."""

    BLOCKER = "blocker"
    ISSUE = "issue"
    RISK = "risk"
    PROGRESS = "progress"
    PLAN = "plan"
    LEARNED = "learned"
    OVER = "over"
    OTHER = "other"

    @property
    def troubled(self) -> bool:
        return self in (Heading.BLOCKER, Heading.ISSUE, Heading.RISK)


class Sentence(NamedTuple):
    """A sentence or bullet: ``content[start:end]``, under a heading or none."""

    start: int
    end: int
    heading: Heading | None
    bullet: bool
    opening: bool = True  # the first of its bullet or line


_KINDS: tuple[tuple[Heading, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"\b(?:{words})\b"))
    for kind, words in (
        (Heading.OTHER, r"problem statements?|github issues|issue links?|no issues|risk register"),
        (
            Heading.OVER,
            r"(?:resolved|closed|fixed|solved|mitigated|completed|past) (?:issues?|risks?|problems?"
            r"|blockers?|challenges)|(?:issues?|risks?|problems?|blockers?) (?:(?:was|were) )?"
            r"(?:resolved|closed|fixed|solved|mitigated|completed)|problems? solved"
            r"|^ *(?:closed|resolved|fixed|solved|sorted(?: out)?) *$",
        ),
        (
            Heading.BLOCKER,
            r"block(?:ed|ers?|ing)|roadblocks?|impediments?|show ?stoppers?|waiting (?:on|for)"
            r"|stuck|on hold|dependenc(?:y|ies)",
        ),
        (
            Heading.ISSUE,
            r"issues?|problems?|challenges?|troubles?|difficult(?:y|ies)|obstacles?|hurdles?"
            r"|setbacks?|delays?|escalations?|pain points?|bugs|incidents?|(?:did|does)(?:n't| not)"
            r" (?:go well|work)|went (?:wrong|badly)|not (?:going|working) well|what went bad"
            r"|struggles?|bad news|lowlights?|red flags?|obstructions?|gaps",
        ),
        (Heading.RISK, r"risks?|concerns?|worries|threats?|watch ?list|watch ?outs?"),
        (
            Heading.PLAN,
            r"next|plans?|planned|to ?dos?|actions?(?: items?)?|goals?|upcoming|follow ?ups?"
            r"|tasks?|priorities|asks|needs|roadmap|agenda|objectives?",
        ),
        (
            Heading.LEARNED,
            r"learn(?:ed|t|ings?)|lessons?|retro(?:spective)?|insights?|findings|research|takeaways"
            r"|feedback|user (?:needs|feedback)|reading|links",
        ),
        (
            Heading.PROGRESS,
            r"done|progress|complet(?:ed|ions?)|accomplish(?:ed|ments?)|achieve(?:d|ments?)|wins?"
            r"|went well|highlights?|updates?|status|successe?s?|(?:last|this|past) (?:week|sprint"
            r"|month)|what (?:we|i) did|delivered|shipped|finished|worked on|good news",
        ),
    )
)


def heading_kind(text: str) -> Heading:
    """What this heading says of its lines; ``OTHER`` when it says nothing that we know."""
    plain = _WORDS_ONLY.sub(" ", text[:200].replace("’", "'").lower())
    return next((kind for kind, words in _KINDS if words.search(plain)), Heading.OTHER)


_WORDS_ONLY = re.compile(r"[^a-z']+")
_LINE = re.compile(r"[^\n\r]+")
_BULLET = re.compile(r"(?:[-*+•‣◦▪–—]|\d{1,3}[.)]|[a-z][.)]|\[[ xX]\])[ \t]+")
_MARK = re.compile(r"(#{1,6})[ \t]*(?=\S)")
_BOLD = re.compile(
    r"(\*\*|__)([^*_\n]{1,80})\1[ \t]*(:?)[ \t]*|<b>([^<\n]{1,80})</b>[ \t]*(:?)[ \t]*"
)
_LABEL = re.compile(r"([^\s:–—][^:–—\n]{0,60}?)[ \t]{0,4}(?::(?!//)|[ \t][-–—](?=[ \t]))[ \t]{0,8}")
_LABEL_WORDS = 7


class _Open(NamedTuple):
    heading: Heading
    indent: int  # of the bullet that opened it; -1 for a heading of its own line


def sentences(content: str) -> Iterator[Sentence]:
    """Every sentence and bullet of a note with the heading it stands under."""
    opened: list[_Open] = []
    for line in _LINE.finditer(content):
        start, end = _trim(content, line.start(), line.end())
        if start == end:
            continue
        indent = start - line.start()
        mark = _MARK.match(content, start, end)
        bullets = 0
        while not mark and (bullet := _BULLET.match(content, start, end)):
            start, bullets = bullet.end(), bullets + 1
        if bullets:
            while opened and opened[-1].indent >= indent:
                opened.pop()
        if mark:
            opened = [_Open(heading_kind(content[mark.end() : end]), -1)]
            continue
        label = _label(content, start, end)
        heading = opened[-1].heading if opened else None
        if label:
            heading, start = label
            own_line = start >= end
            if own_line:
                opened = [*opened, _Open(heading, indent)] if bullets else [_Open(heading, -1)]
                continue
        yield from _split(content, start, end, heading, bullet=bool(bullets))


def _trim(content: str, start: int, end: int) -> tuple[int, int]:
    while start < end and content[start].isspace():
        start += 1
    while end > start and content[end - 1].isspace():
        end -= 1
    return start, end


def _label(content: str, start: int, end: int) -> tuple[Heading, int] | None:
    """The heading a line opens with and where the rest begins: ``Risks - the API …``."""
    if bold := _BOLD.match(content, start, end):
        name = bold[2] or bold[4] or ""
        kind = heading_kind(name)
        alone = bold.end() >= end
        if alone or ((bold[3] or bold[5] or name.rstrip().endswith(":")) and kind is not _UNKNOWN):
            return kind, bold.end()
    if label := _LABEL.match(content, start, end):
        kind = heading_kind(label[1])
        short = len(label[1].split()) <= _LABEL_WORDS
        if short and label.end() >= end and (kind.troubled or not _NEED.match(label[1])):
            return kind, end
        if len(label[1].split()) <= 4 and kind is not _UNKNOWN and _is_name(label[1]):
            return kind, label.end()
    name = content[start:end]
    if len(name) <= 40 and name[-1] not in ".!?" and _is_name(name):
        kind = heading_kind(name)
        return (kind, end) if kind is not _UNKNOWN else None
    return None


_UNKNOWN = Heading.OTHER
_NEED = re.compile(r"(?:still |we )?(?:need|wait|await|block|stuck|miss)", re.IGNORECASE)
_NAME = re.compile(
    r"\W*(?:\d+[.)]\W*)?(?:(?:current|key|main|open|known|top|other|any|major|our|the|project|new"
    r"|blockers?|blocked|issues?|problems?|risks?|concerns?|challenges?|impediments?|roadblocks?"
    r"|dependencies|progress|done|completed|in|next|steps?|plans?|todos?|to|do|actions?|items?"
    r"|updates?|status|highlights?|lowlights?|wins|lessons|learned|learnt|learnings|faced|facing"
    r"|encountered|escalations?|and|or|with|for|this|last|week|weeks|sprint|resolved|closed|fixed"
    r"|asks|needs|goals?|accomplishments?|achievements?|difficulties|obstacles|delays|went|well"
    r"|wrong|what|we|i|are|stuck|where|you|had|sorted|solved|trouble|raised|on|a|month|delivery)\b\W*){1,7}",
    re.IGNORECASE,
)


def _is_name(text: str) -> bool:
    return len(text) <= 80 and bool(_NAME.fullmatch(text))


_SENTENCE_END = re.compile(r"[.!?…]{1,8}[\"'”’)\]]{0,3}[ \t]{1,8}(?=[^a-z \t])")
_LONGEST = 600  # characters
_ABBREVIATIONS = (
    "e.g.",
    "i.e.",
    "vs.",
    "mr.",
    "mrs.",
    "ms.",
    "dr.",
    "approx.",
    "cf.",
    "inc.",
    "ltd.",
)


def _split(
    content: str, start: int, end: int, heading: Heading | None, *, bullet: bool
) -> Iterator[Sentence]:
    opening = start
    for stop in _stops(content, start, end):
        while start < stop:
            part = stop if stop - start <= _LONGEST else _break(content, start)
            yield Sentence(start, _trim(content, start, part)[1], heading, bullet, start == opening)
            start = _trim(content, part, stop)[0]


def _stops(content: str, start: int, end: int) -> Iterator[int]:
    for stop in _SENTENCE_END.finditer(content, start, end):
        before = content[max(start, stop.start() - 6) : stop.start() + 1].lower()
        if not before.endswith(_ABBREVIATIONS):
            yield stop.end()
    yield end


def _break(content: str, start: int) -> int:
    """Where a run of words without an end is cut: no sentence is so long that reading it drags."""
    space = content.rfind(" ", start + 1, start + _LONGEST)
    return space if space > 0 else start + _LONGEST

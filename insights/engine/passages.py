"""Sentences of the notes worth quoting: good news, things to do, the most representative."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from engagements.records import NoteFinding, NoteRecord, Sentiment
from insights.engine.sections import Heading, sentences
from insights.engine.words import plain, word_set
from insights.grounding_language import hedged, negated_terms, terms
from insights.prompts_instructions import is_instruction
from insights.schema import Evidence

SHORTEST, LONGEST = 25, 320  # characters of a sentence worth quoting
LEAST_TERMS = 5  # of a sentence that may represent the others
GOOD_NEWS_DAYS = 35
TO_DO_DAYS = 30
_GOOD = re.compile(
    r"\b(?:completed?|delivered|finished|shipped|released|deployed|went live|gone live|live in"
    r"|signed off|sign-off (?:received|given)|approved|accepted|passed|granted|unblocked|ahead of"
    r"|on track|on schedule|on time|validated|success(?:ful(?:ly)?)?|working well|works well"
    r"|went well|going well|great|excellent|happy(?! to)|pleased|delighted|impressed|praised"
    r"|positive|strong adoption|adopted|improved|faster|saved|achieved|milestone (?:reached|met)"
    r"|resolved|fixed|closed|smooth(?:ly)?|enthusiastic|good progress|proud|exceeded|kudos)\b",
    re.IGNORECASE,
)
_BAD = re.compile(
    r"\b(?:but|however|although|except|despite|unless|until|only after|block\w*|delay\w*|risk\w*"
    r"|issue\w*|problem\w*|concern\w*|fail\w*|late|overdue|slip\w*|waiting|missing|escalat\w*"
    r"|not|no|never|cannot|unable|yet|still|need(?:s|ed)?|must|should|pending|to be|once|if)\b"
    r"|n't\b",
    re.IGNORECASE,
)
_REPORT = re.compile(  # how much is done is a figure, and what comes is no news
    r"^(?:status|summary|weekly|reporting|as of|the coming|there is a chance)\b"
    r"|\b\d+ ?(?:%|of \d+) (?:of )?(?:the )?(?:planned )?tasks\b",
    re.IGNORECASE,
)
_CODE_BLOCK = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_LABELLED = re.compile(
    r"^(?:actions?(?: items?)?|next(?: steps?)?|to-?do|ai|follow[- ]?ups?)\b ?[:\-–] ?"
    r"(?P<rest>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_ASKED = re.compile(
    r"^(?i:(?:we|i|team|(?:the )?consultants?) (?:still )?(?:need|have|agreed|plan|want) to) "
    r"(?P<rest>.+)$"
    r"|^(?i:needs? to) (?P<need>.+)$|^(?i:please|let's|let us) (?P<ask>.+)$"
    r"|^(?P<who>[A-Z][\w'-]+(?: [A-Z][\w'.-]+)?) to (?P<will>.+)$",
    re.DOTALL,
)
_VERBS = word_set(
    """add address agree align arrange ask assign book build call chase check circulate clarify
    close
    collect complete configure confirm contact coordinate create decide define deliver demo deploy
    design discuss document draft enable escalate escalates estimate evaluate export extend finalise
    finalize find finish fix follow get give host identify implement import improve install
    investigate invite involve issue launch load map measure meet migrate monitor move negotiate
    obtain onboard open organise organize plan prepare present prioritise prioritize profile propose
    provide publish raise re-plan reach refactor refine remind remove replace report request resolve
    review revisit run schedule secure send set settle share show sign speak start submit switch
    sync talk test track train trace transfer tune update upgrade validate verify walk work write
    """
)


class Passage(NamedTuple):
    """A sentence of a note, and where it stands."""

    note_id: str
    noted_on: date
    start: int
    end: int
    text: str
    heading: Heading | None
    positive: bool  # the source calls the note positive

    def evidence(self) -> Evidence:
        return Evidence(source=self.note_id, quote=self.text, start=self.start, end=self.end)

    @property
    def ahead(self) -> bool:
        """Whether it says what comes next rather than how things are."""
        return bool(_REPORT.search(self.text)) or self.text.lower().startswith(
            ("next", "plan", "to do", "todo", "action")
        )

    def touches(self, findings: Sequence[NoteFinding]) -> bool:
        """Whether one of the findings rests on these words."""
        return any(
            f.note_id == self.note_id and f.start < self.end and self.start < f.end
            for f in findings
        )


@lru_cache(maxsize=4096)
def _sentences(content: str) -> tuple[tuple[int, int, Heading | None], ...]:
    code = [found.span() for found in _CODE_BLOCK.finditer(content)]
    return tuple(
        (s.start, s.end, s.heading)
        for s in sentences(content)
        # A pasted program says nothing of an engagement.
        if not any(start < s.end and s.start < end for start, end in code)
    )


def passages(notes: Sequence[NoteRecord]) -> list[Passage]:
    """The sentences of notes that are worth quoting, in the order of the notes."""
    return [
        Passage(
            note.note_id, note.created_at.date(), start, end, note.content[start:end], heading,
            note.sentiment is Sentiment.POSITIVE,
        )
        for note in notes
        for start, end, heading in _sentences(note.content)
        if SHORTEST <= end - start <= LONGEST
    ]  # fmt: skip


def stating(found: Sequence[Passage]) -> list[Passage]:
    """Those that say how things are: one that tells its reader what to do says nothing of them."""
    return [p for p in found if not _instructs(p.text)]


@lru_cache(maxsize=8192)
def _instructs(sentence: str) -> bool:
    return is_instruction(sentence)


def stated(content: str) -> str:
    """What a note states, without the sentences that instruct its reader."""
    kept = [
        content[start:end]
        for start, end, _ in _sentences(content)
        if not _instructs(content[start:end])
    ]
    return " ".join(kept)


def good_news(
    found: Sequence[Passage], findings: Sequence[NoteFinding], as_of: date
) -> list[Passage]:
    """Sentences that say something went well, with no "but", the best first."""
    since = as_of - timedelta(days=GOOD_NEWS_DAYS)
    scored = [
        (_goodness(p), p.noted_on.toordinal(), p)
        for p in found
        if p.noted_on > since and _is_good(p) and not p.touches(findings)
    ]
    return [p for _, _, p in sorted(scored, key=lambda s: (-s[0], -s[1], s[2][:3]))]


def _is_good(passage: Passage) -> bool:
    if passage.heading and (passage.heading.troubled or passage.heading is Heading.PLAN):
        return False
    text = passage.text
    return bool(_GOOD.search(text)) and not (
        _REPORT.search(text) or _BAD.search(text) or hedged(text) or negated_terms(text)[0]
    )


def _goodness(passage: Passage) -> int:
    cues = len(set(map(str.lower, _GOOD.findall(passage.text))))
    return min(cues, 3) + passage.positive + (passage.heading is Heading.PROGRESS)


class ToDo(NamedTuple):
    """Something a note asks for: the sentence, and the request beginning with its verb."""

    passage: Passage
    title: str


def to_dos(found: Sequence[Passage], as_of: date) -> Iterator[ToDo]:
    """What recent notes ask to be done, in the order of the passages."""
    since = as_of - timedelta(days=TO_DO_DAYS)
    for passage in found:
        if passage.noted_on > since and (title := request(passage.text, passage.heading)):
            yield ToDo(passage, title)


def request(text: str, heading: Heading | None = None) -> str:
    """What a sentence asks for, beginning with its verb; empty where it asks for nothing.

    >>> request("Priya to schedule the workshop with IT by Friday.")
    'Schedule the workshop with IT by Friday'
    """
    said = " ".join(text.split()).lstrip("-*•–[] ").strip()
    labelled = _LABELLED.match(said)
    rest = plain(labelled["rest"] if labelled else said)
    asked = _ASKED.match(rest)
    wanted = (asked["rest"] or asked["need"] or asked["ask"] or asked["will"]) if asked else rest
    told = asked is not None or labelled is not None or heading is Heading.PLAN
    first = wanted.split(" ", 1)[0].lower() if wanted else ""
    if not told or first not in _VERBS or len(wanted) < 12:
        return ""
    return wanted[:1].upper() + wanted[1:]


def representative(found: Sequence[Passage], most: int = 1) -> list[Passage]:
    """The passages nearest to what all say and far from each other (MMR over their vectors)."""
    found = [p for p in found if len(terms(p.text)) >= LEAST_TERMS]
    if len(found) < 3:
        return []
    import numpy as np

    from insights.engine.vectors import vectors

    rows = np.asarray(vectors([p.text for p in found]), dtype="float32")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = rows / np.where(lengths == 0, 1, lengths)
    central = rows @ rows.mean(axis=0)
    chosen: list[int] = []
    nearest = np.zeros(len(found), dtype="float32")
    while len(chosen) < min(most, len(found)):
        worth = 0.7 * central - 0.3 * nearest
        worth[chosen] = -np.inf
        best = int(worth.argmax())
        chosen.append(best)
        nearest = np.maximum(nearest, rows @ rows[best])
    return [found[place] for place in chosen]


def covers(task_name: str, asked: str) -> bool:
    """Whether a task's name speaks of what is asked: most of the shorter one's words are shared."""
    one, other = terms(task_name), terms(asked)
    if not one or not other:
        return False
    return len(one & other) >= max(2, 0.6 * min(len(one), len(other)))

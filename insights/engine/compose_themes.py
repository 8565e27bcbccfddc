"""Theme extraction: what the notes keep coming back to, and whether it grows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from engagements.records import InsightType, NoteRecord
from insights.engine.clusters import Cluster, clusters
from insights.engine.desk import Desk, certainty_of, fitting, numbered
from insights.engine.gaps import unread
from insights.engine.passages import Passage, passages, stated, stating
from insights.engine.wordlists import words
from insights.engine.words import capitalised, clause, lowered, word_set
from insights.facts import known_names
from insights.grounding_language import hedged, terms
from insights.schema import Claim, Draft, ThemeDetail

FEWEST_NOTES = 5
MOST_THEMES = 6
LEAST_SHARE = 0.5  # of a theme's notes that speak of it by its name
MOST_WORDS, MOST_TELLING = 6, 4  # words of a label
RISING, FADING = 1.5, 0.67  # share of the later half of the time against the earlier half
_CLAUSE = re.compile(r"[.,;:!?()\n\"“”]+")
_WORD = re.compile(r"[^\W_][\w'&/-]*")
_LINKS = frozenset(("for", "of", "on", "to", "with", "and", "in", "the"))
_UNNAMED = (
    words("stop")
    | words("empty")
    | word_set(
        """begin began closed complete completed continue continues continued delivered done drama finish
    finished held joined open ongoing passed planned prepare prepares progress remaining remains
    reminded reviewed schedule scheduled signed started start sorted spoke tick went worked works
    happy pleased thanks hello short brief quick busy productive lots mixed little small accepted
    granted missing overdue failed fails lost keep keeps keeping run running
    ahead coming reporting without cannot cancelled unsigned unsolved look looks
    found asked joined remarks people right still nothing status summary per via vs etc it's"""
    )
)
_STOP = frozenset(
    ("client", "customer", "team", "project", "meeting", "engagement", "note", "week")
)


def compose_themes(desk: Desk) -> Draft:
    """The themes as claims, the largest first; none where there is too little to read."""
    notes = [n for n in desk.notes if stated(n.content).strip()]
    if len(notes) < FEWEST_NOTES:
        said = f"Too little to read for themes: {len(notes)} of the {FEWEST_NOTES} notes needed."
        return Draft(kind=InsightType.THEME_EXTRACTION, claims=(), left_out=(said, *unread(desk)))
    found = clusters([stated(n.content) for n in notes], _stop_words(desk))
    groups = sorted(found, key=lambda c: (-len(c.members), c.members[0]))
    made = [(group, claim) for group in groups if (claim := _theme(desk, group, notes))]
    alone = len(notes) - len({m for group, _ in made for m in group.members})
    return Draft(
        kind=InsightType.THEME_EXTRACTION,
        claims=numbered("t", _labelled_once([claim for _, claim in made][:MOST_THEMES])),
        left_out=(*_alone(alone), *unread(desk)),
    )


def _alone(number: int) -> Iterator[str]:
    if number:
        yield f"{number} {'note belongs' if number == 1 else 'notes belong'} to no theme."


def _stop_words(desk: Desk) -> frozenset[str]:
    """Names of people and customer, and the words every note has."""
    named = {w.lower() for name in known_names(desk.dossier.engagement) for w in name.split()}
    return _STOP | named


def _people(desk: Desk) -> frozenset[str]:
    """Words of the names of people and customer, which name no theme."""
    engagement = desk.dossier.engagement
    members = [member.name for member in engagement.team_members]
    names = [engagement.customer_name, engagement.owner_name or "", *members]
    return _STOP | {word.lower() for name in names for word in name.split()}


def _labelled_once(claims: Sequence[Claim]) -> Iterator[Claim]:
    seen: set[str] = set()
    for claim in claims:
        label = claim.theme.label.lower() if claim.theme else ""
        if label not in seen:
            seen.add(label)
            yield claim


def _theme(desk: Desk, group: Cluster, notes: Sequence[NoteRecord]) -> Claim | None:
    members = [notes[place] for place in group.members]
    if len(members) < 2 or not group.terms:
        return None
    label = capitalised(_shared_phrase(members, _people(desk), group.terms))
    if not label:
        return None
    days = sorted(n.created_at.date() for n in members)
    detail = ThemeDetail(
        label=label,
        notes=len(members),
        trend=trend(days, sorted(n.created_at.date() for n in notes)),
        first_on=days[0],
        last_on=days[-1],
    )
    spoken = _speaking(stating(passages(members)), label)
    return desk.first_sound(_wordings(detail, spoken))


def _shared_phrase(
    members: Sequence[NoteRecord], stop: frozenset[str], found: Sequence[str]
) -> str:
    """The noun phrase that most of the notes share: "external locations for bed census".

    Empty where they share none: such a group has no subject that a person would name.
    """
    about = {word for term in found for word in term.lower().split()}
    shared: Counter[tuple[str, ...]] = Counter()
    for note in members:
        shared.update(set(_phrases(note.content, stop)))
    least = max(2, round(LEAST_SHARE * len(members)))
    named = [
        (_telling(phrase, notes), phrase)
        for phrase, notes in shared.items()
        if notes >= least and about.intersection(phrase)
    ]
    return " ".join(max(named)[1]) if named else ""


def _telling(phrase: Sequence[str], notes: int) -> float:
    """More words tell more, as long as most notes share them."""
    return notes * min(MOST_TELLING, sum(word not in _LINKS for word in phrase))


def _phrases(content: str, stop: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """Runs of two to six words that may name something: no verb, no name, links only inside."""
    for line in _CLAUSE.split(stated(content)):
        spoken = _WORD.findall(line)
        named = [
            word if word.isupper() or any(c.isupper() for c in word[1:]) else word.lower()
            for word in spoken
        ]
        yield from _named(named, [_part(word, stop) for word in named])


def _part(word: str, stop: frozenset[str]) -> str:
    """Whether a word may begin and end a name, link two words of one, or end the search for it."""
    if word in _LINKS:
        return "link"
    plain = word.lower()
    return "end" if plain in stop or plain in _UNNAMED else "name"


def _named(said: Sequence[str], parts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for first, part in enumerate(parts):
        if part != "name":
            continue
        for last in range(first + 1, min(first + MOST_WORDS, len(said))):
            if parts[last] == "end":
                break
            if parts[last] == "name":
                yield tuple(said[first : last + 1])


def _speaking(found: Sequence[Passage], label: str) -> list[Passage]:
    """The passages that speak of the theme: most of its words first, stated before feared."""
    about = terms(label)
    scored = [(len(about & terms(p.text)), not hedged(p.text), p) for p in found]
    ranked = sorted(
        (s for s in scored if s[0]), key=lambda s: (-s[0], not s[1], -s[2].noted_on.toordinal())
    )
    return [p for _, _, p in ranked]


def _wordings(detail: ThemeDetail, spoken: Sequence[Passage]) -> Iterator[Claim]:
    for passage in spoken[:4]:
        said = clause(passage.text, 140)
        rest = [p.evidence() for p in spoken if p.note_id != passage.note_id]
        for text in (f"{detail.label}: {lowered(said)}", f"{detail.label}: “{said}”", detail.label):
            yield Claim(
                id="t",
                text=text,
                kind="theme",
                certainty=certainty_of(passage.text),
                evidence=fitting(text, [passage.evidence(), *rest], 2),
                theme=detail,
            )


def trend(days: Sequence[date], all_days: Sequence[date]) -> str:
    """Whether a theme's share of the notes grows from the earlier half of the time to the later."""
    middle = all_days[0] + timedelta(days=(all_days[-1] - all_days[0]).days / 2)
    later_all = sum(d > middle for d in all_days)
    earlier_all = len(all_days) - later_all
    if not later_all or not earlier_all:
        return "steady"
    later = sum(d > middle for d in days) / later_all
    earlier = (len(days) - sum(d > middle for d in days)) / earlier_all
    if later >= RISING * earlier:
        return "rising"
    return "fading" if later <= FADING * earlier else "steady"

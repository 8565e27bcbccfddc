"""Theme extraction: what the notes keep coming back to, and whether it grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from engagements.records import InsightType, NoteRecord
from insights.engine.clusters import Cluster, clusters
from insights.engine.desk import Desk, certainty_of, fitting, numbered
from insights.engine.gaps import unread
from insights.engine.passages import Passage, passages, stated, stating
from insights.engine.words import capitalised, clause, lowered
from insights.facts import known_names
from insights.grounding_language import hedged, terms
from insights.schema import Claim, Draft, ThemeDetail

FEWEST_NOTES = 5
MOST_THEMES = 6
MOST_LABEL_TERMS = 2
RISING, FADING = 1.5, 0.67  # share of the later half of the time against the earlier half
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
    claims = [c for group in groups if (c := _theme(desk, group, notes))][:MOST_THEMES]
    alone = len(notes) - len({m for g in groups for m in g.members})
    return Draft(
        kind=InsightType.THEME_EXTRACTION,
        claims=numbered("t", _labelled_once(claims)),
        left_out=(*_alone(alone), *unread(desk)),
    )


def _alone(number: int) -> Iterator[str]:
    if number:
        yield f"{number} {'note belongs' if number == 1 else 'notes belong'} to no theme."


def _stop_words(desk: Desk) -> frozenset[str]:
    """Names of people and customer, and the words every note has."""
    named = {w.lower() for name in known_names(desk.dossier.engagement) for w in name.split()}
    return _STOP | named


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
    label = capitalised(", ".join(_distinct(group.terms)[:MOST_LABEL_TERMS]))
    days = sorted(n.created_at.date() for n in members)
    detail = ThemeDetail(
        label=label,
        notes=len(members),
        trend=trend(days, sorted(n.created_at.date() for n in notes)),
        first_on=days[0],
        last_on=days[-1],
    )
    spoken = _speaking(stating(passages(members)), group.terms)
    return desk.first_sound(_wordings(detail, spoken))


def _distinct(found: Sequence[str]) -> list[str]:
    """Label terms without those whose words another one has."""
    kept: list[str] = []
    for term in found:
        if not any(terms(term) & terms(other) for other in kept):
            kept.append(term)
    return kept or list(found[:1])


def _speaking(found: Sequence[Passage], labels: Sequence[str]) -> list[Passage]:
    """The passages that speak of the theme: most of its words first, stated before feared."""
    about = terms(" ".join(labels))
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

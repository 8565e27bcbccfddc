"""Let through only the claims that check: every word of a claim rests on what the records say.

Pure. :func:`verify` looks at each claim by itself, then at the claims together, and refuses with a
stable code (the list is in docs/insights.md). It proves that the quotes exist and that the numbers,
dates, names and polarity of a claim are theirs; it does not prove that the claim follows. That is
why a quote is always shown beside its claim.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date

import msgspec

from insights import grounding_dates as dates
from insights import grounding_details as details
from insights import grounding_language as language
from insights import grounding_names as naming
from insights import grounding_quantities as quantities
from insights.grounding_details import Refused
from insights.grounding_quantities import Reading
from insights.grounding_text import MIN_QUOTE, folded, locate
from insights.schema import Certainty, Claim, Evidence, Fact, Rejection, Verification

__all__ = ["MIN_OVERLAP", "MIN_QUOTE", "Refused", "check", "distinct", "hedged", "locate", "verify"]

MIN_OVERLAP = 0.25
MAX_TEXT = 600
MAX_QUOTE = 1500
MAX_EVIDENCE = 8
MAX_PER_RECORD = 5  # claims that rest on one record alone: a note cannot fill an insight
_BAND_OF = {
    "on track": "On track", "healthy": "On track", "green": "On track",
    "watch": "Watch", "amber": "Watch", "yellow": "Watch",
    "critical": "Critical", "red": "Critical", "off track": "Critical",
}  # fmt: skip
_BAND = re.compile(rf"(?i)\b(?:{'|'.join(_BAND_OF)})\b")
KINDS = frozenset(("verdict", "concern", "progress", "coverage", "risk", "theme", "action"))

hedged = language.hedged


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What claims are checked against, and how those that were checked came out."""

    texts: Mapping[str, str]
    facts: Mapping[str, Fact]
    names: frozenset[str]
    as_of: date | None
    outcomes: dict[object, tuple[Evidence, ...] | Refused] = msgspec.field(default_factory=dict)

    def is_of(self, other: Ground) -> bool:
        """Whether both hold the same; then a claim comes out the same on either."""
        return (self.texts, self.facts, self.names, self.as_of) == (
            other.texts, other.facts, other.names, other.as_of,
        )  # fmt: skip


class Support(msgspec.Struct, frozen=True, kw_only=True):
    """What one claim rests on: its located quotes and the sentences of its facts."""

    evidence: tuple[Evidence, ...]
    facts: tuple[Fact, ...]
    given: Reading  # their numbers and dates

    @property
    def quotes(self) -> list[str]:
        return [e.quote for e in self.evidence]

    @property
    def sentences(self) -> list[str]:
        return [f.sentence for f in self.facts]


def verify(
    claims: Sequence[Claim],
    texts: Mapping[str, str],
    facts: Mapping[str, Fact],
    *,
    names: Iterable[str] = (),
    as_of: date | None = None,
) -> Verification:
    """Keep the claims that check, with the record's own characters as quotes; refuse the rest.

    ``texts`` is record id to text, of this engagement only; ``names`` are the names known of it
    (customer, team, type), which a claim may say without quoting them; ``as_of`` gives dates
    without a year theirs.
    """
    ground = ground_of(texts, facts, names=names, as_of=as_of)
    kept: list[Claim] = []
    rejected: list[Rejection] = []
    company = _Company()
    for claim in claims:
        try:
            checked = check(claim, ground)
            company.admit(checked)
        except Refused as refusal:
            rejected.append(_rejection(claim, refusal))
        else:
            kept.append(checked)
    return Verification(kept=tuple(kept), rejected=tuple(rejected))


_newest: list[Ground] = []


def ground_of(
    texts: Mapping[str, str], facts: Mapping[str, Fact], *, names: Iterable[str], as_of: date | None
) -> Ground:
    """What claims are checked against; the newest one again where it holds exactly the same.

    So the claims that the engine composes and checks are not worked out anew when they are verified.
    It keeps copies: what is changed later in place is not the same any more.
    """
    known = frozenset().union(*map(naming.name_words, names))
    ground = Ground(texts=dict(texts), facts=dict(facts), names=known, as_of=as_of)
    for kept in _newest:
        if kept.is_of(ground):
            return kept
    _newest[:] = [ground]
    return ground


def distinct(claims: Iterable[Claim]) -> Iterator[Claim]:
    """The checked claims that say something the ones before them do not."""
    company = _Company()
    for claim in claims:
        with suppress(Refused):
            company.admit(claim)
            yield claim


def _rejection(claim: Claim, refusal: Refused) -> Rejection:
    return Rejection(
        claim_id=claim.id, code=refusal.code, detail=refusal.detail, text=claim.text[:MAX_TEXT]
    )


class _Company:
    """The claims let through so far: a new one must say something new."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._texts: set[str] = set()
        self._meanings: set[tuple[object, ...]] = set()
        self._alone: dict[str, int] = {}

    def admit(self, claim: Claim) -> None:
        text = "".join(filter(str.isalnum, folded(claim.text)))
        meaning = _meaning(claim)
        if claim.id in self._ids:
            raise Refused("duplicate_id", claim.id)
        if text in self._texts or meaning in self._meanings:
            raise Refused("duplicate_claim")
        self._count_alone(claim)
        self._ids.add(claim.id)
        self._texts.add(text)
        self._meanings.add(meaning)

    def _count_alone(self, claim: Claim) -> None:
        sources = {e.source for e in claim.evidence}
        if claim.facts or len(sources) != 1:
            return
        source = sources.pop()
        if self._alone.get(source, 0) >= MAX_PER_RECORD:
            raise Refused("too_many_from_one_record", source)
        self._alone[source] = self._alone.get(source, 0) + 1


def _meaning(claim: Claim) -> tuple[object, ...]:
    """Two claims of a kind with the same terms, numbers and negations say the same."""
    reading = quantities.read(claim.text)
    negated = language.negated_terms(claim.text)[0]
    return claim.kind, language.terms(claim.text), negated, reading


def check(claim: Claim, ground: Ground) -> Claim:
    """A claim with its evidence located, or :class:`Refused`."""
    _check_shape(claim)
    # Nothing below looks at the id. A plain word equals the enum's, and is another claim.
    asked = (msgspec.structs.replace(claim, id=""), type(claim.certainty))
    found = ground.outcomes.get(asked)
    if found is None:
        found = ground.outcomes[asked] = _outcome(claim, ground)
    if isinstance(found, tuple):
        return msgspec.structs.replace(claim, evidence=found)
    raise Refused(found.code, found.detail)


def _outcome(claim: Claim, ground: Ground) -> tuple[Evidence, ...] | Refused:
    try:
        return _proved(claim, ground)
    except Refused as refusal:
        return refusal.with_traceback(None)


def _proved(claim: Claim, ground: Ground) -> tuple[Evidence, ...]:
    """The claim's evidence as it stands in the records, where every rule lets the claim through."""
    evidence = tuple(_located(e, ground) for e in claim.evidence)
    facts = tuple(_named_facts(claim, ground))
    support = Support(evidence=evidence, facts=facts, given=_given(evidence, facts))
    for rule in _RULES:
        rule(claim, support, ground)
    details.check(claim, ground.as_of, len(ground.texts))
    return support.evidence


def _given(evidence: tuple[Evidence, ...], facts: tuple[Fact, ...]) -> Reading:
    """The numbers and dates of quotes and facts, and the ids of the records themselves."""
    texts = [e.quote for e in evidence] + [f.sentence for f in facts]
    values = [quantities.of_value(f.value, f.name) for f in facts]
    given = quantities.merge([*map(quantities.read, texts), *values])
    ids = [e.source for e in evidence] + [s for f in facts for s in f.sources]
    named = [quantities.read(record).identifiers for record in ids]
    return given._replace(identifiers=given.identifiers.union(*named))


def _check_shape(claim: Claim) -> None:
    if not claim.id.strip() or len(claim.id) > 80 or language.hidden_characters(claim.id):
        raise Refused("bad_id", claim.id)
    if not claim.text.strip():
        raise Refused("empty_text")
    if len(claim.text) > MAX_TEXT:
        raise Refused("text_too_long", len(claim.text))
    if claim.kind not in KINDS:
        raise Refused("unknown_kind", claim.kind)
    if not claim.evidence and not claim.facts:
        raise Refused("no_evidence")
    if len(claim.evidence) > MAX_EVIDENCE:
        raise Refused("too_much_evidence", len(claim.evidence))


def _located(evidence: Evidence, ground: Ground) -> Evidence:
    text = ground.texts.get(evidence.source)
    if text is None:
        raise Refused("unknown_record", evidence.source)
    if len(evidence.quote) > MAX_QUOTE:
        raise Refused("quote_too_long", len(evidence.quote))
    span = locate(evidence.quote, text, evidence.start)
    if span is None:
        short = len(folded(evidence.quote)) < MIN_QUOTE
        raise Refused("quote_too_short" if short else "quote_not_in_record", evidence.quote)
    return Evidence(source=evidence.source, quote=text[slice(*span)], start=span[0], end=span[1])


def _named_facts(claim: Claim, ground: Ground) -> Iterator[Fact]:
    for name in claim.facts:
        if name not in ground.facts:
            raise Refused("unknown_fact", name)
        yield ground.facts[name]


def _no_hidden_characters(claim: Claim, support: Support, ground: Ground) -> None:
    if any(map(language.hidden_characters, details.all_texts(claim))):
        raise Refused("control_character")


def _no_link_or_markup(claim: Claim, support: Support, ground: Ground) -> None:
    for text in details.all_texts(claim):
        found = language.link_or_markup(text, support.quotes + support.sentences)
        if found:
            raise Refused("link_or_markup", found)


def _record_ids_are_cited(claim: Claim, support: Support, ground: Ground) -> None:
    """A record named in the text is one that the claim cites."""
    cited = {e.source for e in support.evidence}.union(*(f.sources for f in support.facts))
    said = details.tokens(claim.text)
    for source in said & ground.texts.keys():
        if source not in cited and not any(source in s for s in support.quotes + support.sentences):
            raise Refused("record_not_cited", source)


def _health_agrees(claim: Claim, support: Support, ground: Ground) -> None:
    """A verdict may not paint the engagement in another colour than the one that is computed."""
    band = ground.facts.get("band")
    if claim.kind != "verdict" or band is None:
        return
    said = _BAND.search(claim.text)
    if said and _BAND_OF[said.group().casefold()] != str(band.value):
        raise Refused("contradicts_health", said.group())


def _numbers_stand(claim: Claim, support: Support, ground: Ground) -> None:
    for text in details.stated_texts(claim):
        missing = quantities.unsupported_quantities(quantities.read(text), support.given)
        if missing:
            raise Refused("number_not_supported", ", ".join(missing))


def _dates_stand(claim: Claim, support: Support, ground: Ground) -> None:
    given = support.given
    for text in details.stated_texts(claim):
        said = quantities.read(text)
        missing = dates.unsupported(said.days, given.days, ground.as_of)
        missing += dates.unsupported_words(said.relative, given.relative, given.days)
        if missing:
            raise Refused("date_not_supported", ", ".join(missing))


def _names_stand(claim: Claim, support: Support, ground: Ground) -> None:
    said = [naming.name_words(t) for t in support.quotes + support.sentences]
    values = [naming.name_words(f.value) for f in support.facts if isinstance(f.value, str)]
    ids = [naming.name_words(e.source) for e in support.evidence]
    sources = [naming.name_words(s) for f in support.facts for s in f.sources]
    known = ground.names.union(_CALENDAR, *said, *values, *ids, *sources)
    for text in details.stated_texts(claim):
        unknown = naming.unknown_names(text, known)
        if unknown:
            raise Refused("name_not_supported", ", ".join(unknown))


# Months and weekdays are checked as dates.
_CALENDAR = naming.name_words(
    "January February March April May June July August September October November December "
    "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Q I "
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
)


def _words_overlap(claim: Claim, support: Support, ground: Ground) -> None:
    share = language.overlap(claim.text, support.quotes + support.sentences)
    if share < MIN_OVERLAP:
        raise Refused("unrelated_to_evidence", round(share, 2))
    said = language.terms(claim.text)
    for quote in support.quotes:
        if not said & language.terms(quote):
            raise Refused("unrelated_quote", quote)


def _backing(text: str, support: Support) -> list[str]:
    """The quotes that share most words with a text, unless a fact's sentence shares more."""
    said = language.terms(text)
    shared = {q: len(said & language.terms(q)) for q in support.quotes}
    most = max(shared.values(), default=0)
    if any(len(said & language.terms(s)) > most for s in support.sentences):
        return []
    return [q for q, count in shared.items() if count == most]


def _polarity_agrees(claim: Claim, support: Support, ground: Ground) -> None:
    for text in details.asserted_texts(claim):
        backing = _backing(text, support) or support.sentences
        turned = [language.flipped(text, said) for said in backing]
        if turned and all(turned):
            raise Refused("polarity_flipped", turned[0])


def _certainty_is_the_sources(claim: Claim, support: Support, ground: Ground) -> None:
    for text in details.stated_texts(claim):
        more = language.overclaims(text, support.quotes + support.sentences)
        if more:
            raise Refused("overclaim", ", ".join(more))
    backing = _backing(claim.text, support)
    if claim.certainty is Certainty.OBSERVED and backing and all(map(hedged, backing)):
        raise Refused("hedged_source_stated_as_fact", backing[0])


_RULES: tuple[Callable[[Claim, Support, Ground], None], ...] = (
    _no_hidden_characters,
    _no_link_or_markup,
    _record_ids_are_cited,
    _health_agrees,
    _numbers_stand,
    _dates_stand,
    _names_stand,
    _words_overlap,
    _polarity_agrees,
    _certainty_is_the_sources,
)

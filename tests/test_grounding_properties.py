"""Grounding: whatever a model says and whatever a text holds."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights.grounding import Ground, locate, verify
from insights.grounding_language import flipped
from insights.grounding_names import names
from insights.grounding_quantities import read
from insights.schema import (
    Certainty,
    Claim,
    Level,
)
from tests.grounding_parts import AS_OF, FACTS, TEXTS, answer, ev, make_action, make_risk

PIECES = st.sampled_from(
    [
        "data access request", "not approved", "approved", "may slip", "will slip", "two weeks", "14 days",
        "3 tasks", "overdue", "Acme", "Priya Nair", "https://x.example", "on 3 Nov 2026", "on Friday",
        "eleven lanes", "2%", "the dashboard", "very happy", "never", "no one owns the reconciliation",
        "T3", "N2", "tests are passing", "failing", "$1,250", "v2.1", "\u200b", "**bold**", "and", "but", ",",
    ]
)  # fmt: skip
QUOTES = st.builds(
    lambda source, a, b: ev(source, TEXTS[source][min(a, b) : max(a, b)], min(a, b)),
    st.sampled_from(sorted(TEXTS)), st.integers(0, 90), st.integers(0, 90),
) | st.builds(ev, st.sampled_from([*TEXTS, "N99"]), st.text(max_size=20))  # fmt: skip
CLAIMS = st.builds(
    Claim,
    id=st.text("abc1", max_size=2),
    text=st.lists(PIECES, max_size=6).map(" ".join)
    | st.sampled_from(sorted(TEXTS.values()))
    | st.text(max_size=40),
    kind=st.sampled_from(["concern", "progress", "risk", "action", "odd"]),
    certainty=st.sampled_from(Certainty),
    severity=st.none() | st.sampled_from(Level),
    evidence=st.lists(QUOTES, max_size=3).map(tuple),
    facts=st.lists(st.sampled_from([*FACTS, "nothing"]), max_size=2).map(tuple),
    risk=st.none() | st.just(make_risk()),
    action=st.none() | st.just(make_action()),
)


def _digits(text: str) -> set[str]:
    return set(re.findall(r"\d+", text))


@settings(max_examples=400, deadline=None)
@given(st.lists(CLAIMS, max_size=5))
def test_whatever_a_model_says_every_kept_claim_holds(claims: list[Claim]) -> None:
    result = answer(*claims)
    assert len(result.kept) + len(result.rejected) == len(claims)
    assert len({c.id for c in result.kept}) == len(result.kept)
    for claim in result.kept:
        assert claim.evidence or claim.facts
        said = " ".join(
            [p.quote for p in claim.evidence] + [FACTS[f].sentence for f in claim.facts]
        )
        for piece in claim.evidence:
            assert TEXTS[piece.source][piece.start : piece.end] == piece.quote
            assert (
                len(unicodedata.normalize("NFKC", piece.quote)) >= 8
                or piece.quote == TEXTS[piece.source].strip()
            )
        assert "://" not in claim.text
        assert "**" not in claim.text
        assert claim.text.isprintable()
        ids = {p.source for p in claim.evidence} | {
            s for f in claim.facts for s in FACTS[f].sources
        }
        assert _digits(re.sub(r"\b[NT]\d\b", "", claim.text)) - _digits(said) <= {"14"} | _worded(
            said
        )
        assert set(re.findall(r"\b[NT]\d\b", claim.text)) & set(TEXTS) <= ids
        assert "Acme" not in claim.text
        if "Priya" in claim.text:
            assert "Priya" in said
        if "never" in claim.text.split():
            assert "never" in said
        if "will slip" in claim.text:
            assert "will" in said
        if claim.severity:
            assert claim.risk


def _worded(text: str) -> set[str]:
    """Digits a text says in words, of those the fuzz may meet."""
    return {d for w, d in (("eleven", "11"), ("two", "2")) if w in text.lower()}


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_a_located_quote_stands_where_it_is_said_to(text: str, one: int, other: int) -> None:
    quote = text[min(one, other) : max(one, other)]
    span = locate(quote, text)
    if span:
        start, end = span
        assert 0 <= start < end <= len(text)
        assert locate(text[start:end], text, start) is not None


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_reading_any_text_gives_values_and_no_error(text: str) -> None:
    assert read(text) == read(text)
    assert isinstance(names(text), list)


@pytest.mark.parametrize(
    "hostile",
    ["1," * 20000, "1 000" * 8000, "a." * 20000, "not " * 10000, "<" * 40000, "A" * 40000, "may " * 10000,
     "one hundred and " * 3000, "“" * 40000, "3 nov " * 8000, "#" * 40000, "x@" * 20000, "é\u0301" * 20000],
)  # fmt: skip
def test_hostile_text_costs_no_more_than_its_length(hostile: str) -> None:
    """A pattern that went back and forth would not end within the suite's patience."""
    ground = Ground(texts={"N1": hostile}, facts={}, names=frozenset(), as_of=AS_OF)
    quote = hostile[:1400]
    result = verify(
        [Claim(id="c", text=hostile[:590], kind="concern", evidence=(ev("N1", quote),))],
        ground.texts,
        {},
    )
    assert len(result.kept) + len(result.rejected) == 1
    assert read(hostile) is not None
    names(hostile)
    flipped(hostile[:2000], hostile)

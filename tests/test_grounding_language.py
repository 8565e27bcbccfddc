"""Grounding: how claims, clauses, names and dates are read, and what is asked of a company of claims."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import msgspec
import pytest

from insights.grounding import Ground, check, verify
from insights.grounding_language import flipped, hedged, stem
from insights.grounding_names import names
from insights.grounding_quantities import read
from insights.schema import (
    Claim,
    Evidence,
    Fact,
)
from tests.grounding_parts import (
    ACCESS,
    AS_OF,
    BAD,
    FACTS,
    NOT_APPROVED,
    TEXTS,
    answer,
    code,
    ev,
    make_claim,
)


def test_the_same_claim_twice_is_kept_once() -> None:
    first = make_claim(NOT_APPROVED, ACCESS)
    assert code(first, make_claim(NOT_APPROVED + "!", ACCESS, id="c2")) == "duplicate_claim"
    assert (
        code(first, make_claim("Request of data access: not approved", ACCESS, id="c2"))
        == "duplicate_claim"
    )
    assert code(first, make_claim("No approval of data access", ACCESS)) == "duplicate_id"


def test_a_refused_claim_does_not_make_its_repair_a_duplicate() -> None:
    result = answer(
        make_claim("Data access request is not approved by Bob", ACCESS),
        make_claim(NOT_APPROVED, ACCESS),
    )
    assert [c.text for c in result.kept] == [NOT_APPROVED]


def test_one_note_cannot_fill_an_insight() -> None:
    text = "Cable broke. Router broke. Switch broke. Printer broke. Scanner broke. Monitor broke."
    claims = [
        Claim(id=w, text=f"{w} broke", kind="concern", evidence=(ev("N1", f"{w} broke"),))
        for w in ("Cable", "Router", "Switch", "Printer", "Scanner", "Monitor")
    ]
    result = verify(claims, {"N1": text}, {})
    assert len(result.kept) == 5
    assert [r.code for r in result.rejected] == ["too_many_from_one_record"]


def test_a_year_of_ours_is_understood_where_the_record_gives_none() -> None:
    claim = Claim(
        id="c",
        text="Cut-over on 7 Nov 2026",
        kind="concern",
        evidence=(ev("N1", "Cut-over on 7 Nov"),),
    )
    texts = {"N1": "Cut-over on 7 Nov was missed."}
    assert verify([claim], texts, {}, as_of=AS_OF).kept
    assert verify([claim], texts, {}).rejected[0].code == "date_not_supported"
    assert (
        verify([claim], texts, {}, as_of=date(2020, 1, 1)).rejected[0].code == "date_not_supported"
    )


def test_may_the_verb_is_no_month_and_may_the_month_no_hedge() -> None:
    assert not read("the date may slip").days
    assert {d.month for d in read("in May the date slips").days} == {5}
    assert hedged("it may slip")
    assert not hedged("due on 3 May 2026")


@pytest.mark.parametrize(
    ("claim", "quote", "turned"),
    [
        ("The job is failing", "The job is no longer failing", True),
        ("Access is missing", "We have no access yet", False),
        ("Demo went well", "Demo went well, no issues with login", False),
        ("The vendor confirmed", "We did not get access but the vendor confirmed", False),
        ("Login issues in the demo", "The demo had no login issues", True),
        ("Budget is approved", "Budget isn't approved", True),
        ("Go-live is early", "Go-live is late", True),
        ("No approval yet", "Approval has not come", False),
        ("We are within budget", "We are over budget", True),
    ],
)
def test_polarity_is_read_by_clause(claim: str, quote: str, turned: bool) -> None:
    assert bool(flipped(claim, quote)) is turned


def test_forms_of_a_word_meet_in_its_stem() -> None:
    assert stem("approved") == stem("approval") == stem("approves")
    assert stem("delay") == stem("delayed") == stem("delays")
    assert stem("owner") == stem("owns")


def test_names_are_capitals_that_no_sentence_start_explains() -> None:
    assert names("Waiting on Acme for the VPN") == ["Acme", "VPN"]
    assert names("The load fails. Access is missing.") == []
    assert names("Databricks is down") == ["Databricks"]


def test_check_gives_the_claim_back_with_its_evidence_located() -> None:
    ground = Ground(texts=TEXTS, facts=FACTS, names=frozenset(), as_of=AS_OF)
    checked = check(make_claim(NOT_APPROVED, ACCESS), ground)
    assert checked.evidence[0].start == 0


def test_every_code_is_explained_in_the_docs() -> None:
    root = Path(__file__).parent.parent
    told = (root / "docs" / "insights.md").read_text("utf-8")
    sources = "".join(
        p.read_text("utf-8") for p in sorted((root / "insights").glob("grounding*.py"))
    )
    codes = set(re.findall(r'Refused\("([a-z_]+)"', sources)) | {
        "quote_too_short",
        "quote_not_in_record",
    }
    assert len(codes) > 25
    assert [c for c in sorted(codes) if f"`{c}`" not in told] == []
    assert codes == {wanted for wanted, _ in BAD} | {
        "contradicts_health",
        "duplicate_id",
        "duplicate_claim",
        "too_many_from_one_record",
    }


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Critical: health is 41 of 100", True),
        ("On track: health is 41 of 100", False),
        ("The engagement is green, health is 41 of 100", False),
        ("Health is 41 of 100", True),
    ],
)
def test_a_verdict_may_not_paint_another_colour_than_the_computed_one(text, kept):
    facts = {
        "band": Fact(name="band", value="Critical", sentence="Health is 41 of 100 (Critical)"),
        "score": Fact(name="score", value=41, sentence="Health is 41 of 100 (Critical)"),
    }
    claim = Claim(id="V1", text=text, kind="verdict", facts=("score", "band"))
    result = verify([claim], {}, facts)
    assert bool(result.kept) is kept
    if not kept:
        assert result.rejected[0].code == "contradicts_health"


def test_what_was_checked_before_is_refused_again_on_other_records():
    quote = "The firewall change is approved."
    claim = Claim(
        id="c1",
        text="The firewall change is approved",
        kind="progress",
        evidence=(Evidence(source="N-1", quote=quote, start=0, end=len(quote)),),
    )
    texts = {"N-1": quote}
    assert verify([claim], texts, {}).kept
    texts["N-1"] = "The firewall change is not approved."  # the same mapping, changed in place
    assert [r.code for r in verify([claim], texts, {}).rejected] == ["quote_not_in_record"]
    texts["N-1"] = quote
    assert verify([claim], texts, {}).kept
    assert [r.code for r in verify([claim], {}, {}).rejected] == ["unknown_record"]


def test_a_claim_that_was_checked_is_still_looked_at_by_its_id_and_its_company():
    quote = "The firewall change is approved."
    claim = Claim(
        id="c1",
        text="The firewall change is approved",
        kind="progress",
        evidence=(Evidence(source="N-1", quote=quote, start=0, end=len(quote)),),
    )
    unnamed = msgspec.structs.replace(claim, id=" ")
    codes = [r.code for r in verify([claim, unnamed, claim], {"N-1": quote}, {}).rejected]
    assert codes == ["bad_id", "duplicate_id"]

"""Only claims that check get through: each bad one is refused with its code."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights.grounding import Ground, check, locate, verify
from insights.grounding_language import flipped, hedged, stem
from insights.grounding_names import names
from insights.grounding_quantities import read
from insights.schema import (
    ActionDetail,
    Certainty,
    Claim,
    Evidence,
    Fact,
    Level,
    RiskDetail,
    ThemeDetail,
    Verification,
)

AS_OF = date(2026, 11, 20)
TEXTS = {
    "N1": "Client has not approved the data access request; go-live may slip by two weeks.",
    "N2": "Demo went well.\nUsers are “very happy” with the dashboard.",
    "N3": "Eleven lanes still differ by more than 2%. The carrier changed its currency column in week 31.",
    "N4": "The security review is due on 3 November 2026 and costs $1,250.",
    "N5": "Network access was granted on Friday. Tests are passing on orders.daily now.",
    "N6": "Nightly load fails since the upgrade to v2.1; 5 of 40 tables are stale.",
    "N7": "Priya Nair left the project and no one owns the reconciliation.",
    "N8": "The café system — “Größe” export — is blocked until the naïve parser is fixed.",
    "T3": "Migrate 40 reports (due 2026-12-01)",
    "T4": "UAT",
}
FACTS = {
    "overdue_tasks": Fact(
        name="overdue_tasks", value=3, sentence="3 tasks are overdue", sources=("T3",)
    ),
    "work_done_percent": Fact(
        name="work_done_percent", value=40, sentence="40% of the work is done"
    ),
    "end_date": Fact(
        name="end_date", value=date(2027, 1, 19), sentence="The planned end date is 19 Jan 2027"
    ),
    "no_overdue": Fact(name="no_overdue", value=0, sentence="No task is overdue"),
    "usage_change_percent": Fact(
        name="usage_change_percent", value=-38, sentence="Notebook runs fell by 38%"
    ),
}
NAMES = ("Halden Freight", "Ines Marl")


def ev(source: str, quote: str, start: int = 0) -> Evidence:
    return Evidence(source=source, quote=quote, start=start, end=start + len(quote))


def make_claim(text: str, *evidence: tuple[str, str], **given: Any) -> Claim:
    values: dict[str, Any] = {"id": "c1", "kind": "concern"}
    facts = tuple(given.pop("facts", ()))
    return Claim(
        text=text, evidence=tuple(ev(*e) for e in evidence), facts=facts, **(values | given)
    )


def answer(*claims: Claim) -> Verification:
    return verify(claims, TEXTS, FACTS, names=NAMES, as_of=AS_OF)


def code(*claims: Claim) -> str:
    """The code of the last refusal, or "kept"."""
    rejected = answer(*claims).rejected
    return rejected[-1].code if rejected else "kept"


def make_risk(**given: Any) -> RiskDetail:
    values: dict[str, Any] = {
        "category": "dependency_access", "reason": "access_missing", "severity": 3, "likelihood": 1.0,
    }  # fmt: skip
    return RiskDetail(**(values | given))


def make_action(**given: Any) -> ActionDetail:
    values: dict[str, Any] = {
        "why": "Client has not approved the data access request",
        "priority": "P1",
        "owner_role": "Engagement lead",
        "due_on": date(2026, 11, 24),
        "due_basis": "P1: within 2 working days",
        "effort": "S",
        "done_when": "The request is approved",
        "rule": "playbook:access_missing",
    }
    return ActionDetail(**(values | given))


def make_theme(**given: Any) -> ThemeDetail:
    values: dict[str, Any] = {
        "label": "Data access", "notes": 3, "trend": "rising",
        "first_on": date(2026, 10, 1), "last_on": date(2026, 11, 1),
    }  # fmt: skip
    return ThemeDetail(**(values | given))


ACCESS = ("N1", "Client has not approved the data access request")
SLIP = ("N1", "go-live may slip by two weeks")
HAPPY = ("N2", "Users are “very happy” with the dashboard")
LANES = ("N3", "Eleven lanes still differ by more than 2%")
COLUMN = ("N3", "The carrier changed its currency column in week 31")
REVIEW = ("N4", "The security review is due on 3 November 2026 and costs $1,250")
GRANTED = ("N5", "Network access was granted on Friday")
PASSING = ("N5", "Tests are passing on orders.daily now")
LOAD = ("N6", "Nightly load fails since the upgrade to v2.1; 5 of 40 tables are stale")
PRIYA = ("N7", "Priya Nair left the project and no one owns the reconciliation")
NOT_APPROVED = "Data access request is not approved"

GOOD = [
    make_claim(NOT_APPROVED, ACCESS),
    make_claim("Go-live may slip by two weeks", SLIP, certainty=Certainty.POSSIBLE),
    make_claim("Go-live may slip by 14 days", SLIP, certainty=Certainty.POSSIBLE),
    make_claim("Users are very happy with the dashboard", HAPPY),
    make_claim("11 lanes differ by more than 2 percent", LANES),
    make_claim("The carrier changed its currency column", COLUMN),
    make_claim("Security review due on 2026-11-03", REVIEW),
    make_claim("Security review due on Nov 3rd", REVIEW),
    make_claim("Security review due 03/11/2026", REVIEW),
    make_claim(
        "The security review costs 1250 dollars",
        ("N4", "costs $1,250. ".strip()),
        ("N4", "The security review"),
    ),
    make_claim("3 tasks are overdue", facts=["overdue_tasks"]),
    make_claim("Three tasks are overdue", facts=["overdue_tasks"]),
    make_claim("40% of the work is done", facts=["work_done_percent"]),
    make_claim("The planned end is 19 January 2027", facts=["end_date"]),
    make_claim("Notebook runs fell by 38%", facts=["usage_change_percent"]),
    make_claim("Halden Freight has not approved the data access request", ACCESS),
    make_claim("Tests are passing on orders.daily", PASSING),
    make_claim("No one owns the reconciliation since Priya Nair left", PRIYA),
    make_claim("5 of 40 tables are stale after the upgrade to v2.1", LOAD),
    make_claim("UAT is the next milestone", ("T4", "UAT")),
    make_claim(
        "40 reports to migrate by 1 Dec 2026", ("T3", "Migrate 40 reports (due 2026-12-01)")
    ),
    make_claim(
        "Access missing: data access request not approved",
        ACCESS,
        kind="risk",
        severity=Level.CRITICAL,
        risk=make_risk(),
    ),
    make_claim("Escalate the data access request", ACCESS, kind="action", action=make_action()),
    make_claim(
        "Data access: the request is not approved", ACCESS, kind="theme", theme=make_theme()
    ),
    make_claim(
        "The Größe export is blocked until the naïve parser is fixed",
        ("N8", '"Größe" export - is blocked until the naïve parser is fixed'),
        certainty=Certainty.OBSERVED,
    ),
]

BAD = [
    ("no_evidence", make_claim("All good")),
    ("empty_text", make_claim("   ", ACCESS)),
    ("text_too_long", make_claim("data access request " * 40, ACCESS)),
    ("bad_id", make_claim(NOT_APPROVED, ACCESS, id="")),
    ("bad_id", make_claim(NOT_APPROVED, ACCESS, id="c\u200b1")),
    ("unknown_kind", make_claim(NOT_APPROVED, ACCESS, kind="rumour")),
    ("too_much_evidence", make_claim(NOT_APPROVED, *[ACCESS] * 9)),
    ("unknown_record", make_claim(NOT_APPROVED, ("N9", "approved the data access request"))),
    ("unknown_record", make_claim(NOT_APPROVED, ACCESS, ("X1", "approved the data access request"))),
    ("unknown_fact", make_claim("3 tasks are overdue", facts=["late_tasks"])),
    ("quote_not_in_record", make_claim(NOT_APPROVED, ("N1", "approval of the data access request"))),
    ("quote_not_in_record", make_claim(NOT_APPROVED, ("N2", "approved the data access request"))),
    ("quote_not_in_record", make_claim("Go-live may slip", ("N1", "ot approved the data access reques"))),
    ("quote_not_in_record", make_claim("Demo well", ("N2", "Demo … dashboard"))),
    ("quote_not_in_record", make_claim("The café system is blocked", ("N8", "The cafe system"))),
    ("quote_too_short", make_claim("Go-live may slip", ("N1", "slip"))),
    ("quote_too_short", make_claim("Demo went well", ("N2", "Demo"))),
    ("quote_too_short", make_claim("UAT is next", ("T4", "UA"))),
    ("quote_too_short", make_claim(NOT_APPROVED, ("N1", ""))),
    ("quote_too_long", make_claim(NOT_APPROVED, ("N1", "a" * 1600))),
    ("control_character", make_claim("Data access request\nis not approved", ACCESS)),
    ("control_character", make_claim("Data access request is not \u202eapproved", ACCESS)),
    ("control_character", make_claim("Data access request is not app\u200broved", ACCESS)),
    ("control_character", make_claim("Escalate the data access request", ACCESS, kind="action", action=make_action(why="data access request\x07"))),
    ("link_or_markup", make_claim("Data access request not approved, see https://evil.example", ACCESS)),
    ("link_or_markup", make_claim("Data access request not approved, see www.evil.example", ACCESS)),
    ("link_or_markup", make_claim("Data access request not approved, ask evil.example", ACCESS)),
    ("link_or_markup", make_claim("Data access request not approved, ask bob@evil.example", ACCESS)),
    ("link_or_markup", make_claim("Data access request not approved @bob", ACCESS)),
    ("link_or_markup", make_claim("Data access request <b>not</b> approved", ACCESS)),
    ("link_or_markup", make_claim("Data access request **not** approved", ACCESS)),
    ("link_or_markup", make_claim("Data access [request](x) not approved", ACCESS)),
    ("link_or_markup", make_claim("Data access request `not` approved", ACCESS)),
    ("link_or_markup", make_claim("Data access request not approved [INST]", ACCESS)),
    ("link_or_markup", make_claim("Data access request &lt;not&gt; approved", ACCESS)),
    ("link_or_markup", make_claim("javascript:alert(1) data access request not approved", ACCESS)),
    ("link_or_markup", make_claim("Escalate the data access request", ACCESS, kind="action", action=make_action(done_when="See http://x.example"))),
    ("record_not_cited", make_claim("Data access request not approved, T3 waits", ACCESS)),
    ("record_not_cited", make_claim("Data access request not approved as N2 says", ACCESS)),
    ("number_not_supported", make_claim("Go-live may slip by four weeks", SLIP, certainty=Certainty.POSSIBLE)),
    ("number_not_supported", make_claim("Go-live may slip by two days", SLIP, certainty=Certainty.POSSIBLE)),
    ("number_not_supported", make_claim("Go-live may slip by two months", SLIP, certainty=Certainty.POSSIBLE)),
    ("number_not_supported", make_claim("Go-live may slip by 2 sprints", SLIP, certainty=Certainty.POSSIBLE)),
    ("number_not_supported", make_claim("5 tasks are overdue", facts=["overdue_tasks"])),
    ("number_not_supported", make_claim("3% of tasks are overdue", facts=["overdue_tasks"])),
    ("number_not_supported", make_claim("Half of the tasks are overdue", facts=["overdue_tasks"])),
    ("number_not_supported", make_claim("Twenty-three tasks are overdue", facts=["overdue_tasks"])),
    ("number_not_supported", make_claim("Three hundred tasks are overdue", facts=["overdue_tasks"])),
    ("number_not_supported", make_claim("40 of the work is done at 41%", facts=["work_done_percent"])),
    ("number_not_supported", make_claim("Lanes differ by more than 2 points", LANES)),
    ("number_not_supported", make_claim("Twelve lanes differ by more than 2%", LANES)),
    ("number_not_supported", make_claim("The security review costs €1,250", REVIEW)),
    ("number_not_supported", make_claim("The security review costs $1.25", REVIEW)),
    ("number_not_supported", make_claim("The security review costs $1,250k", REVIEW)),
    ("number_not_supported", make_claim("The security review takes 3 people", REVIEW)),
    ("number_not_supported", make_claim("The nightly load fails since v2.2", LOAD)),
    ("number_not_supported", make_claim("The second nightly load fails", LOAD)),
    ("number_not_supported", make_claim("Escalate the data access request", ACCESS, kind="action", action=make_action(why="Data access request not approved for 9 weeks"))),
    ("date_not_supported", make_claim("Security review due on 4 November 2026", REVIEW)),
    ("date_not_supported", make_claim("Security review due on 3 December", REVIEW)),
    ("date_not_supported", make_claim("Security review due on 3 Nov 2027", REVIEW)),
    ("date_not_supported", make_claim("Security review due on 2026-11-30", REVIEW)),
    ("date_not_supported", make_claim("Security review due in March", REVIEW)),
    ("date_not_supported", make_claim("Security review due tomorrow", REVIEW)),
    ("date_not_supported", make_claim("Network access was granted on Thursday", GRANTED)),
    ("date_not_supported", make_claim("Network access was granted last week", GRANTED)),
    ("date_not_supported", make_claim("The planned end is 20 Jan 2027", facts=["end_date"])),
    ("name_not_supported", make_claim("Acme has not approved the data access request", ACCESS)),
    ("name_not_supported", make_claim("Data access request not approved by Bob", ACCESS)),
    ("name_not_supported", make_claim("Data access request for Snowflake not approved", ACCESS)),
    ("name_not_supported", make_claim("GDPR blocks: data access request not approved", ACCESS)),
    ("name_not_supported", make_claim("John Smith: data access request not approved", ACCESS)),
    ("name_not_supported", make_claim("Kafka is why the data access request is not approved", ACCESS)),
    ("name_not_supported", make_claim("Data access", ACCESS, kind="theme", theme=make_theme(label="Access for Contoso"))),
    ("unrelated_to_evidence", make_claim("Security vulnerability discovered inside payroll integration", HAPPY)),
    ("unrelated_to_evidence", make_claim("It is so", HAPPY)),
    ("unrelated_quote", make_claim(NOT_APPROVED, ACCESS, HAPPY)),
    ("polarity_flipped", make_claim("Data access request is approved", ACCESS)),
    ("polarity_flipped", make_claim("Network access was not granted on Friday", GRANTED)),
    ("polarity_flipped", make_claim("Network access was denied on Friday", GRANTED)),
    ("polarity_flipped", make_claim("Tests are failing on orders.daily", PASSING)),
    ("polarity_flipped", make_claim("Users are unhappy with the dashboard", HAPPY)),
    ("polarity_flipped", make_claim("Notebook runs rose by 38%", facts=["usage_change_percent"])),
    ("polarity_flipped", make_claim("Someone owns the reconciliation", ("N7", "no one owns the reconciliation"))),
    ("polarity_flipped", make_claim("Escalate the data access request", ACCESS, kind="action", action=make_action(why="Client approved the data access request"))),
    ("overclaim", make_claim("Go-live will slip by two weeks", SLIP, certainty=Certainty.POSSIBLE)),
    ("overclaim", make_claim("Go-live definitely slips by two weeks", SLIP, certainty=Certainty.POSSIBLE)),
    ("overclaim", make_claim("Go-live is going to slip by two weeks", SLIP, certainty=Certainty.POSSIBLE)),
    ("overclaim", make_claim("All users are very happy with the dashboard", HAPPY)),
    ("overclaim", make_claim("Tests are always passing on orders.daily", PASSING)),
    ("overclaim", make_claim("The load proves the upgrade fails", LOAD)),
    ("overclaim", make_claim("Everyone is very happy with the dashboard", HAPPY)),
    ("hedged_source_stated_as_fact", make_claim("Go-live slips by two weeks", SLIP)),
    ("hedged_source_stated_as_fact", make_claim("Go-live slips by two weeks", SLIP, ("N1", "approved the data access request; go-live may slip"))),
    ("severity_not_backed", make_claim(NOT_APPROVED, ACCESS, severity=Level.CRITICAL)),
    ("severity_not_backed", make_claim(NOT_APPROVED, ACCESS, kind="risk", severity=Level.LOW, risk=make_risk())),
    ("detail_missing", make_claim(NOT_APPROVED, ACCESS, kind="risk")),
    ("detail_missing", make_claim("Escalate the data access request", ACCESS, kind="action")),
    ("detail_missing", make_claim(NOT_APPROVED, ACCESS, kind="theme")),
    ("unknown_reason", make_claim(NOT_APPROVED, ACCESS, kind="risk", risk=make_risk(reason="bad_luck"))),
    ("unknown_reason", make_claim(NOT_APPROVED, ACCESS, kind="risk", risk=make_risk(category="scope"))),
    ("unknown_reason", make_claim("Escalate the data access request", ACCESS, kind="action", action=make_action(answers="bad_luck"))),
    ("bad_weight", make_claim(NOT_APPROVED, ACCESS, kind="risk", risk=make_risk(severity=5))),
    ("bad_weight", make_claim(NOT_APPROVED, ACCESS, kind="risk", risk=make_risk(likelihood=0.9))),
    ("possible_but_certain", make_claim(NOT_APPROVED, ACCESS, kind="risk", risk=make_risk(), certainty=Certainty.POSSIBLE)),
    ("bad_action", make_claim("Escalate the data access request", ACCESS, kind="action", action=make_action(priority="P0"))),
    ("bad_action", make_claim("Escalate the data access request", ACCESS, kind="action", action=make_action(due_on=date(2026, 11, 1)))),
    ("bad_action", make_claim("Escalate the data access request", ACCESS, kind="action", action=make_action(done_when=" "))),
    ("bad_action", make_claim("Escalate the data access request", ACCESS, kind="action", action=make_action(expected_points=101.0))),
    ("bad_theme", make_claim(NOT_APPROVED, ACCESS, kind="theme", theme=make_theme(notes=1))),
    ("bad_theme", make_claim(NOT_APPROVED, ACCESS, kind="theme", theme=make_theme(notes=99))),
    ("bad_theme", make_claim(NOT_APPROVED, ACCESS, kind="theme", theme=make_theme(trend="exploding"))),
    ("bad_theme", make_claim(NOT_APPROVED, ACCESS, kind="theme", theme=make_theme(last_on=date(2026, 12, 1)))),
]  # fmt: skip


@pytest.mark.parametrize("claim", GOOD, ids=lambda c: c.text[:50])
def test_a_claim_that_says_what_its_records_say_is_kept(claim: Claim) -> None:
    result = answer(claim)
    assert [(r.code, r.detail) for r in result.rejected] == []


@pytest.mark.parametrize(
    ("wanted", "claim"), BAD, ids=lambda v: v if isinstance(v, str) else v.text[:50]
)
def test_a_bad_claim_is_refused_with_its_code(wanted: str, claim: Claim) -> None:
    assert code(claim) == wanted


def test_a_refusal_names_the_claim_and_what_is_wrong() -> None:
    refusal = answer(make_claim("Five tasks are overdue", facts=["overdue_tasks"])).rejected[0]
    assert (refusal.claim_id, refusal.code, refusal.detail) == (
        "c1",
        "number_not_supported",
        "5 task",
    )
    assert refusal.text == "Five tasks are overdue"


def test_a_kept_quote_is_the_records_own_characters() -> None:
    kept = answer(
        make_claim(
            "Users are very happy with the dashboard",
            ("N2", 'users ARE  "very  happy" with the dashboard.'),
        )
    ).kept
    piece = kept[0].evidence[0]
    assert piece.quote == "Users are “very happy” with the dashboard"
    assert TEXTS["N2"][piece.start : piece.end] == piece.quote


def test_the_occurrence_nearest_to_the_place_named_is_taken() -> None:
    text = "Load failed. Later the same: load failed. Then load failed again."
    assert locate("load failed", text, near=45) == (47, 58)


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("non-breaking hyphen", "A non‑breaking hyphen"),
        ("full width text", "ｆｕｌｌ　ｗｉｄｔｈ　ｔｅｘｔ"),
        ("zero width inside", "ze\u200bro wid\u00adth inside"),
        ("office files", "oﬃce ﬁles"),
        ("straße gesperrt", "STRASSE GESPERRT"),
        ("café closed", "cafe\u0301 closed"),
        ("it's blocked", "It’s blocked"),
        ("two lines here", "two\n\n   lines\there"),
    ],
)
def test_typography_does_not_hide_a_quote(quote: str, text: str) -> None:
    span = locate(quote, text)
    assert span
    assert text[slice(*span)].strip()


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("approved the", "disapproved the plan"),
        ("the plan was", "the plan wasn't accepted, sadly"[:14] + "x"),
        ("access to cafe", "access to café"),
        ("resolved it", "unresolved item"),
    ],
)
def test_a_quote_begins_and_ends_between_words(quote: str, text: str) -> None:
    assert locate(quote, text) is None


def test_a_short_record_may_be_quoted_whole() -> None:
    assert locate("uat", " UAT ") == (1, 4)
    assert locate("UAT", "UAT exit") is None


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

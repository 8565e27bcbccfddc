"""Grounding: good claims are kept, bad ones refused with their code, quotes located."""

from __future__ import annotations

import pytest

from insights.grounding import locate
from insights.schema import (
    Certainty,
    Claim,
    Level,
)
from tests.grounding_parts import (
    ACCESS,
    BAD,
    HAPPY,
    LANES,
    LOAD,
    NOT_APPROVED,
    PASSING,
    REVIEW,
    SLIP,
    TEXTS,
    answer,
    code,
    make_action,
    make_claim,
    make_risk,
    make_theme,
)

COLUMN = ("N3", "The carrier changed its currency column in week 31")


PRIYA = ("N7", "Priya Nair left the project and no one owns the reconciliation")


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

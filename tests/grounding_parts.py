"""What the tests of grounding share: records, facts, and claims about them."""

from __future__ import annotations

from datetime import date
from typing import Any

from insights.grounding import verify
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


REVIEW = ("N4", "The security review is due on 3 November 2026 and costs $1,250")
GRANTED = ("N5", "Network access was granted on Friday")
PASSING = ("N5", "Tests are passing on orders.daily now")
LOAD = ("N6", "Nightly load fails since the upgrade to v2.1; 5 of 40 tables are stale")


NOT_APPROVED = "Data access request is not approved"


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

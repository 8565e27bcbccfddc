"""The printable status report: what it tells, on what evidence, and what it leaves out."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from engagements.models import DeliveryNote, Engagement, Standing
from engagements.records import InsightType
from insights.models import Action, Insight, Risk
from insights.schema import Claim, Evidence, Fact, Level
from tests.factories import (
    DAY,
    assess_rows,
    days,
    make_engagement,
    make_note,
    make_task,
    signed_in,
)

pytestmark = pytest.mark.django_db

QUOTE = "Two directors each said the other one does."


@pytest.fixture(autouse=True)
def data_of_a_day(settings: Any) -> None:
    settings.TODAY = DAY.isoformat()


@pytest.fixture
def ines() -> Client:
    return signed_in("ines")


def claim(text: str, source: str = "", quote: str = QUOTE, **given: Any) -> Claim:
    evidence = (Evidence(source=source, quote=quote, start=0, end=len(quote)),) if source else ()
    return Claim(id=text[:8], text=text, evidence=evidence, **{"kind": "concern", **given})


def make_insight(
    engagement: Engagement, *claims: Claim, facts: tuple[Fact, ...] = (), **given: Any
) -> Insight:
    payload = {
        "claims": msgspec.to_builtins(claims),
        "facts": {fact.name: msgspec.to_builtins(fact) for fact in facts},
        "left_out": ["38 of 61 notes were read."],
    }
    values = {
        "insight_type": InsightType.HEALTH_SUMMARY,
        "generated_at": timezone.now(),
        "provider": "embedded",
        "content": "-",
        "verification": {"checked": len(claims), "kept": len(claims)},
    }
    return Insight.objects.create(engagement=engagement, payload=payload, **values | given)


@pytest.fixture
def halden() -> Engagement:
    """An engagement about which there is something to tell of every kind."""
    row = make_engagement(
        {"reason": "Milestones are 12 days late.", "notes_total": 7, "phase": "Build"},
        customer_name="Halden Freight",
        owner_name="Zoë Müller",
        contract_value=987654.0,
    )
    for number in range(4):
        make_task(row, task_id=f"T-{number}", end_date=days(number - 6))
    make_task(row, task_id="M-1", name="Go-live", is_milestone=True, end_date=days(20))
    make_note(row, note_id="N-14", content=QUOTE)
    assess_rows(row)
    risk = Risk.objects.create(
        engagement=row, category="stakeholder", reason="sponsor_absent", seen=["N-14"],
        title="Nobody owns the decision", severity=4, likelihood=1, exposure=16, level="critical",
        first_seen_on=DAY, last_seen_on=DAY,
    )  # fmt: skip
    Action.objects.create(
        engagement=row, risk=risk, title="Get one signatory", why="Depots wait.", priority="P1",
        due_on=days(2), rule="stated", proposed_on=DAY, owner_role="Delivery manager",
    )  # fmt: skip
    make_insight(row, claim("No owner of the cut-over", "N-14", severity=Level.HIGH))
    return row


def report(client: Client, row: Engagement) -> str:
    answer = client.get(f"/engagements/{row.pk}/report")
    assert answer.status_code == 200
    return answer.text


def test_it_tells_the_verdict_the_reasons_and_what_is_done(halden, ines):
    html = report(ines, halden)
    assert "data as of 19 November 2026 from JSON files" in html
    for told in ("Halden Freight", "Milestones are 12 days late.", "Zoë Müller", "Build"):
        assert told in html
    for told in ("Nobody owns the decision", "Get one signatory", "Go-live", "1 of 7"):
        assert told in html
    headings = re.findall(r'<h2 id="r-[\w-]+">([^<]+)</h2>', html)
    assert headings == [
        "In short", "Health summary", "Open risks", "Actions", "Health", "Tasks and milestones",
        "Last notes",
    ]  # fmt: skip


def test_what_the_register_tells_is_not_told_by_the_summary_too(halden, ines):
    Insight.objects.filter(engagement=halden).delete()
    told = claim("No owner of the cut-over", "N-14"), claim("Nobody owns the decision.", "N-14")
    make_insight(halden, *told)
    html = report(ines, halden)
    assert "No owner of the cut-over" in html
    assert html.count("Nobody owns the decision") == 1


def test_every_claim_names_its_source(halden, ines):
    html = report(ines, halden)
    assert "No owner of the cut-over" in html
    assert f"“{QUOTE}”" in html
    assert f'href="/engagements/{halden.pk}?at=N-14#N-14"' in html
    assert "38 of 61 notes were read." in html
    assert "Embedded engine" in html


def test_points_of_the_signals_stand_beside_what_they_rest_on(halden, ines):
    html = report(ines, halden)
    assert "Signals behind the score" in html
    assert re.search(r"T-0</a>", html)


@pytest.mark.parametrize("change", ["edited", "removed"])
def test_a_claim_whose_evidence_has_changed_is_left_out_and_counted(halden, ines, change):
    note = DeliveryNote.objects.get()
    if change == "edited":
        DeliveryNote.objects.update(content="All is well.")
    else:
        note.delete()
    html = report(ines, halden)
    assert "No owner of the cut-over" not in html
    assert "1 claim left out: the records no longer say so." in html


def test_a_claim_without_a_source_is_left_out(halden, ines):
    make_insight(
        halden, claim("Budget may be cut"), insight_type=InsightType.THEME_EXTRACTION,
    )  # fmt: skip
    assert "Budget may be cut" not in report(ines, halden)


def test_a_claim_on_facts_is_told_with_the_facts(halden, ines):
    fact = Fact(name="overdue", value=3, sentence="3 tasks are overdue", sources=("T-0",))
    make_insight(
        halden, claim("The plan slips", facts=("overdue",)), facts=(fact,),
        insight_type=InsightType.THEME_EXTRACTION,
    )  # fmt: skip
    assert "3 tasks are overdue" in report(ines, halden)


def test_what_was_made_elsewhere_needs_a_quote_that_checks(halden, ines):
    fact = Fact(name="overdue", value=3, sentence="3 tasks are overdue", sources=("T-0",))
    make_insight(
        halden, claim("The plan slips", facts=("overdue",)), facts=(fact,), imported=True,
        insight_type=InsightType.THEME_EXTRACTION,
    )  # fmt: skip
    assert "The plan slips" not in report(ines, halden)


def test_paper_has_no_controls_and_no_feedback(halden, ines):
    html = report(ines, halden)
    main = html[html.index('<article class="report') : html.index("</article>")]
    assert not re.findall(r"<(form|button|input|select|textarea)\b", main)
    assert "Useful" not in main
    assert "987654" not in main.replace(",", "")  # what it is worth is nobody's business here


def test_insights_that_are_not_there_are_named(halden, ines):
    assert "Not written yet: Risks, Themes, Recommended actions." in report(ines, halden)


def test_an_engagement_of_which_little_is_known_has_a_short_report(ines):
    row = make_engagement({"health": None, "band": "unknown", "state": "unknown"})
    html = report(ines, row)
    assert "There is no score." in html
    assert "There are no open tasks and no milestones in the plan." in html


def test_an_engagement_without_a_standing_has_a_report_too(ines):
    row = Engagement.objects.create(engagement_id="NEW", customer_name="New", status="Active")
    assert "Not scored" in report(ines, row)


def test_a_stranger_gets_404(halden):
    assert Client().get(f"/engagements/{halden.pk}/report").status_code == 302
    assert signed_in().get("/engagements/NONE/report").status_code == 404
    assert signed_in().get("/engagements/a%00b/report").status_code == 404


def test_the_engagement_offers_its_report(halden, ines):
    assert f'href="/engagements/{halden.pk}/report"' in ines.get(f"/engagements/{halden.pk}").text


@pytest.mark.parametrize(
    "payload", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{% debug %}"]
)
def test_what_the_records_say_is_never_markup(ines, payload):
    row = make_engagement(
        {"reason": payload, "contradiction": payload, "phase": payload},
        customer_name=payload, owner_name=payload, engagement_type=payload, region=payload,
        team_members=[{"id": "1", "name": payload}],
    )  # fmt: skip
    make_task(row, name=payload, owner_id=payload, end_date=days(-5))
    note = make_note(row, content=payload, author_id=payload)
    make_insight(row, claim(payload, note.pk, payload), model=payload)
    Risk.objects.create(
        engagement=row, category="x", reason="x", title=payload, owner=payload, severity=1,
        likelihood=1, exposure=4, level="low", first_seen_on=DAY, last_seen_on=DAY,
    )  # fmt: skip
    html = report(ines, row)
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "&lt;" in html or "{% debug %}" in html


def test_the_number_of_queries_does_not_grow(halden, ines):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            report(ines, halden)
        return len(queries)

    first = asked()
    for number in range(20):
        make_note(halden, content=f"Note {number}")
        make_task(halden)
    assert first == asked() <= 8


def test_what_the_register_tells_is_not_told_twice(halden, ines):
    make_insight(
        halden, claim("Nobody owns the decision", "N-14"), insight_type=InsightType.RISK_DETECTION,
    )  # fmt: skip
    assert report(ines, halden).count("Nobody owns the decision") == 1


def test_an_open_risk_shows_its_quote_or_says_that_the_record_changed(halden, ines):
    evidence = {"source": "N-14", "quote": QUOTE, "start": 0, "end": len(QUOTE)}
    Risk.objects.update(claim={"evidence": [evidence]})
    Insight.objects.all().delete()
    assert f"“{QUOTE}”" in report(ines, halden)
    DeliveryNote.objects.update(content="All is well.")
    html = report(ines, halden)
    assert QUOTE not in html
    assert "The records it was found in have changed since" in html


@pytest.mark.parametrize(("inputs", "is_told"), [("now", True), ("before", False)])
def test_the_verdict_comes_first_unless_the_records_have_moved_on(halden, ines, inputs, is_told):
    Standing.objects.update(inputs="now")
    Insight.objects.all().delete()
    verdict = claim("Watch, 53 of 100", "N-14", kind="verdict")
    make_insight(halden, verdict, inputs=inputs)
    html = report(ines, halden)
    assert ("Watch, 53 of 100" in html) is is_told
    assert ("Milestones are 12 days late." in html) is not is_told
    assert ("Out of date" in html) is not is_told

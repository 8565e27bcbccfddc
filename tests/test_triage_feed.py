"""Triage in the feed of insights: its filters, its cost, and the forms that are fetched."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from engagements.models import Assignment, Engagement, SavedView
from insights.models import Decision, Insight, Risk
from insights.today import worries
from tests.factories import (
    DAY,
    make_engagement,
    make_finding,
    make_note,
    signed_in,
)
from tests.triage_parts import HTMX, QUOTE, client, engagement, make_action, make_risk, post, today

__all__ = ["client", "engagement", "today"]
pytestmark = pytest.mark.django_db


# The feed ────────────────────────────────────────────────────────────────────


def make_insight(engagement: Any, kind: str = "risk_detection", **given: Any) -> Insight:
    values = {"content": "x", "generated_at": timezone.now(), "customer_name": "Talvik Energy"}
    return Insight.objects.create(engagement=engagement, insight_type=kind, **values | given)


def with_claim(risk: Risk) -> dict[str, Any]:
    detail = {"category": "commercial", "reason": risk.reason, "severity": 4, "likelihood": 0.75}
    claim = {"id": "r1", "text": risk.title, "kind": "risk", "severity": "critical", "risk": detail}
    return {"claims": [claim]}


def test_the_feed_decides_a_risk_in_its_place(client, engagement):
    risk = make_risk(engagement)
    make_insight(engagement, payload=with_claim(risk))
    text = client.get("/insights").text
    assert f'action="/risks/{risk.pk}/accept"' in text
    assert "Owner and date" not in text
    answer = post(client, f"/risks/{risk.pk}/dismiss", "/insights", reason="Agreed")
    assert "Agreed" in answer.text
    assert "Owner and date" not in answer.text


def test_the_feed_decides_an_action_in_its_place(client, engagement):
    action = make_action(engagement, status="proposed")
    claim = {"id": "a1", "text": action.title, "kind": "action"}
    make_insight(engagement, "action_recommendation", payload={"claims": [claim]})
    assert f'action="/actions/{action.pk}/accept"' in client.get("/insights").text
    answer = post(client, f"/actions/{action.pk}/accept", "/insights")
    assert f'id="brief-{action.pk}"' in answer.text
    assert "Accepted" in answer.text


@pytest.mark.parametrize(
    ("status", "shown"),
    [("open", {"open"}), ("accepted", {"mitigating"}), ("dismissed", {"dismissed"})],
)
def test_the_feed_is_narrowed_by_what_was_decided(client, status, shown):
    for word in ("open", "mitigating", "dismissed"):
        row = make_engagement()
        make_insight(row, customer_name=f"Customer {word}")
        make_risk(row, status=word)
    make_insight(make_engagement(), "health_summary", customer_name="Customer summary")
    text = client.get(f"/insights?status={status}").text
    assert {
        w for w in ("open", "mitigating", "dismissed", "summary") if f"Customer {w}" in text
    } == (shown)
    assert "1 of 4 insights" in text


def test_the_feed_shows_the_worst_first_when_asked(client):
    for word in ("low", "critical", "", "medium"):
        make_insight(make_engagement(), severity=word, customer_name=f"Customer {word or 'none'}")
    text = client.get("/insights?sort=severity").text
    names = ["critical", "medium", "low", "none"]
    places = [text.index(f"Customer {word}") for word in names]
    assert places == sorted(places)


def test_pages_of_the_feed_keep_its_filters(client, engagement):
    for number in range(13):
        row = make_engagement()
        make_insight(row, severity="high", customer_name=f"Customer {number}")
    text = client.get("/insights?severity=high").text
    assert "1–12 of 13" in text
    assert 'href="?severity=high&amp;page=2"' in text
    assert "13–13 of 13" in client.get("/insights?severity=high&page=2").text


def test_a_dismissed_risk_says_why_on_its_engagements_page(client, engagement):
    risk = make_risk(engagement, status="dismissed", dismissed_reason="Agreed with the sponsor")
    make_insight(engagement, payload=with_claim(risk))
    assert "Agreed with the sponsor" in client.get(f"/engagements/{engagement.pk}").text


# What it costs ───────────────────────────────────────────────────────────────


def test_the_dashboard_costs_eight_queries_whatever_stands_on_it(client, settings):
    settings.AI_PROVIDER = "huggingface"
    for number in range(12):
        standing = {"heaviest_finding": 16.0, "delta_7d": -9, "milestones_late": 1}
        row = make_engagement(standing=standing)
        make_finding(make_note(row, content=QUOTE))
        make_risk(row, reason=f"reason_{number}")
        make_action(row)
        Assignment.objects.create(engagement=row, member="TM-1")
    person = client.get("/").wsgi_request.user
    view = SavedView.objects.create(owner=person, name="Falling", query="?view=dropped")
    for part in ("all", "mine", f"view-{view.pk}"):
        client.get(f"/?scope={part}")
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"/?scope={part}")
        assert sum("django_session" not in query["sql"] for query in queries) <= 8
        assert len(answer.content) <= 60_000


def test_a_page_of_the_feed_is_light_however_much_waits(client):
    for number in range(14):
        row = make_engagement(engagement_id=f"A-LONG-IDENTIFIER-{number}")
        title = (
            f"Milestone TSK-{number} Solution design approval is overdue, past its end date. " * 2
        )
        risk = make_risk(row, title=title)
        claims = with_claim(risk)["claims"]
        evidence = risk.claim["evidence"]
        claims = [{**claims[0], "id": f"r{at}", "evidence": evidence} for at in range(4)]
        make_insight(row, payload={"claims": claims}, severity="critical")
    assert len(client.get("/insights?status=open").content) <= 60_000


def test_of_no_engagement_there_is_no_risk():
    make_engagement()
    for rows in (Engagement.objects.none(), Engagement.objects.filter(pk="other")):
        assert worries(rows, DAY).rows == []


# The forms ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("verb", ["dismiss", "assign"])
def test_the_form_of_a_decision_is_a_page_with_a_way_back(client, engagement, verb):
    risk = make_risk(engagement)
    came_from = {"Referer": "http://testserver/?scope=all"}
    text = client.get(f"/risks/{risk.pk}/{verb}", headers=came_from).text
    assert "<h1>" in text
    assert f'method="post" action="/risks/{risk.pk}/{verb}"' in text
    assert 'name="next" value="/?scope=all"' in text
    assert 'href="/?scope=all#risks">Cancel' in text
    assert not Decision.objects.exists()


def test_in_place_it_is_the_part_that_takes_its_links_place(client, engagement):
    action = make_action(engagement, status="proposed")
    text = client.get(f"/actions/{action.pk}/edit", headers=HTMX).text
    assert "<html" not in text
    assert '<details class="confirm" open>' in text
    assert f'value="{action.title}"' in text
    assert "autofocus" in text


def test_only_a_decision_that_asks_something_has_a_form(client, engagement):
    risk = make_risk(engagement)
    assert client.get(f"/risks/{risk.pk}/accept").status_code == 405
    assert client.get(f"/risks/{risk.pk}/edit").status_code == 404
    assert client.get("/risks/987654321/dismiss").status_code == 404


def test_a_form_is_for_those_who_may_decide(engagement):
    path = f"/risks/{make_risk(engagement).pk}/dismiss"
    assert signed_in("vera", role="viewer").get(path).status_code == 403
    assert signed_in("sten", role="consultant").get(path).status_code == 404

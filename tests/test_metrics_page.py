"""The metrics page: use, insights, decisions, coverage, time saved, history and span."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from engagements.records import InsightType
from insights.models import Feedback
from metrics import value
from metrics.adoption import Decisions
from metrics.models import Adoption, AiMetric
from metrics.period import mondays
from metrics.value import time_saved
from metrics.writing import percentile
from tests.factories import DAY, days, make_engagement, make_reading
from tests.metrics_parts import (
    cells,
    client,
    ines,
    make_action,
    make_insight,
    make_risk,
    seen,
    show,
    the_day,
    today,
)

__all__ = ["client", "ines", "show", "the_day"]
pytestmark = pytest.mark.django_db


# Nothing yet ─────────────────────────────────────────────────────────────────


def test_without_anything_every_card_says_so(show):
    text = show()
    assert text.count("Nothing measured yet") >= 5
    assert "The source brought no history for this period." in text
    assert "0 of 20 used insights needed" in text
    assert '<svg class="plot"' not in text


# Use ─────────────────────────────────────────────────────────────────────────


def test_people_are_counted_once_and_by_role(client, ines):
    omar = get_user_model().objects.create(username="omar")
    consultants = Group.objects.create(name="Consultant")
    for person in (ines, omar, get_user_model().objects.create(username="pia")):
        person.groups.add(consultants)
    for subject in ("dashboard", "insights:index"):
        seen(ines, subject=subject)
    seen(omar, back=20)
    found = cells(client, "?days=28")
    assert found["use", "accounts", "Consultant"] == "3"
    assert found["use", "active in 7 days", "Consultant"] == "1"
    assert found["use", "active in the period", "Consultant"] == "2"


def test_what_was_viewed_opened_and_decided_is_counted(client, ines):
    seen(ines, "insight_viewed", "ENG-1")
    seen(ines, "insight_viewed", "ENG-2")
    seen(ines, "evidence_opened", "N-1")
    seen(ines, "action_taken", "action:1:accept", back=200)
    found = cells(client)
    assert (found["use", "viewed", ""], found["use", "evidence", ""]) == ("2", "1")
    assert found["use", "decided", ""] == "0"
    assert cells(client, "?days=365")["use", "decided", ""] == "1"


def test_weeks_before_the_first_visit_are_blank_and_not_nought(client, ines):
    seen(ines, back=8)
    found = cells(client, "?days=28")
    weeks = [found[key] for key in found if key[:2] == ("use", "active people")]
    assert weeks[0] == ""
    assert "1" in weeks


def test_a_small_group_can_be_hidden(show, client, ines):
    ines.groups.add(Group.objects.create(name="PS Leader"))
    assert "PS Leader" in show()
    assert "Under 3 accounts, hidden" in show("?small=hide")
    assert ("use", "accounts", "PS Leader") not in cells(client, "?small=hide")


# Insights ────────────────────────────────────────────────────────────────────


def test_imported_insights_are_not_counted_as_made_here(client):
    make_insight()
    make_insight(imported=True)
    assert cells(client)["written by", "made", "Embedded engine"] == "1"


def test_claims_fallbacks_and_tokens_add_up_by_provider(client):
    make_insight(verification={"checked": 4, "kept": 3}, fallback_reason="It did not answer.")
    make_insight(verification={"checked": 6, "kept": 6})
    make_insight(provider="huggingface", verification={}, input_tokens=900, output_tokens=120)
    found = cells(client)
    assert found["written by", "kept", "Embedded engine"] == "9"
    assert found["written by", "checked", "Embedded engine"] == "10"
    assert found["written by", "fallbacks", "Embedded engine"] == "1"
    assert found["written by", "input tokens", "Hugging Face"] == "900"
    text = client.get("/metrics").text
    assert "90 %" in text
    assert "1 of 3 (33 %)" in text


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [([], 50, None), ([7], 95, 7), ([1, 2, 3, 4], 50, 2), (list(range(1, 101)), 95, 95)],
)
def test_a_percentile_is_a_value_that_occurred(values, share, found):
    assert percentile(values, share) == found


def test_times_are_shown_as_p50_and_p95(show):
    for milliseconds in (10, 20, 30, 400):
        make_insight(latency_ms=milliseconds)
    text = show()
    assert ">20 ms<" in text
    assert ">400 ms<" in text


# Decisions ───────────────────────────────────────────────────────────────────


def test_acceptance_leaves_the_undecided_out_and_shows_them(client):
    for status in ("accepted", "in_progress", "done", "edited", "dismissed", "proposed", "expired"):
        make_action(status=status)
    found = cells(client)
    assert found["decisions", "acceptance %", "Actions"] == "80"
    assert found["decisions", "undecided", "Actions"] == "1"
    assert found["decisions", "lapsed", "Actions"] == "1"
    assert "n=5" in client.get("/metrics").text


def test_without_a_decision_there_is_no_acceptance():
    nothing = Decisions(what="Actions", accepted=0, edited=0, dismissed=0, undecided=9)
    assert nothing.acceptance is None


def test_reasons_are_counted_over_actions_and_risks_and_escaped(show):
    make_action(status="dismissed", dismissed_reason="Done already")
    make_risk(status="dismissed", dismissed_reason="Done already")
    make_risk(status="dismissed", dismissed_reason="<script>x</script>")
    text = show()
    assert "2 × Done already" in text
    assert "<script>x" not in text


def test_feedback_is_counted_both_ways(client, ines):
    omar = get_user_model().objects.create(username="omar")
    insight = make_insight()
    Feedback.objects.create(insight=insight, user=ines, useful=True)
    Feedback.objects.create(insight=insight, user=omar, useful=False)
    assert "Found useful 1 time, not useful 1 time." in client.get("/metrics").text


@pytest.mark.parametrize(
    ("back", "before", "after", "came"),
    [
        (20, 40, 55, "better"),
        (20, 40, 30, "worse"),
        (20, 40, 40, "same"),
        (3, 40, 55, "waiting"),
        (20, 40, None, "unknown"),
    ],
)
def test_what_scores_did_after_an_action_was_done(client, back, before, after, came):
    done_on = today() - timedelta(days=back)
    action = make_action(status="done", done_on=done_on)
    make_reading(action.engagement, done_on, score=before)
    make_reading(action.engagement, done_on + timedelta(days=14), score=after)
    make_reading(action.engagement, done_on + timedelta(days=15), score=99)
    found = cells(client)
    outcomes = {key[1]: found[key] for key in found if key[0] == "after actions were done"}
    assert {name for name, number in outcomes.items() if number == "1"} == {came}


# Coverage ────────────────────────────────────────────────────────────────────


def test_coverage_needs_a_fresh_insight_and_enough_data(client):
    make_insight(make_engagement())
    make_insight(make_engagement(standing={"coverage": 0.6}))
    make_insight(make_engagement(), back=9)
    make_engagement(status="Completed")
    found = cells(client)
    numbers = [found["coverage", name, ""] for name in ("active", "fresh", "confident", "both")]
    assert numbers == ["3", "2", "2", "1"]
    assert "1 of 3 active" in client.get("/metrics").text


# Time saved ──────────────────────────────────────────────────────────────────


def test_no_time_is_claimed_under_twenty_used_insights(show):
    few = time_saved({"health_summary": value.LEAST_USED - 1})
    assert not few.is_shown
    assert "Not shown" in show()


def test_time_saved_is_a_range_that_may_be_below_zero():
    saved = time_saved({"action_recommendation": 60})
    assert saved.is_shown
    assert saved.low_hours == 60 * (3 - 4) / 60
    assert saved.high_hours == 60 * (10 - 1) / 60


def test_used_is_found_useful_or_taken_on(client, ines):
    Feedback.objects.create(insight=make_insight(), user=ines, useful=True)
    Feedback.objects.create(insight=make_insight(), user=ines, useful=False)
    taken = make_insight(insight_type="action_recommendation")
    make_action(status="accepted", insight_id=taken.pk)
    make_action(status="proposed", insight_id=make_insight(insight_type="risk_detection").pk)
    assert cells(client)["time saved, estimate", "insights used", ""] == "2"


def test_every_type_has_a_baseline_with_its_source_in_the_docs(settings):
    text = (settings.BASE_DIR / "docs" / "metrics.md").read_text()
    assert set(value.BASELINES) == set(InsightType)
    for low, high in (*value.BASELINES.values(), value.REVIEW_MINUTES):
        assert f"| {low:g} to {high:g} | {value.SOURCE.lower()[:10]}" in text.lower()


# Imported history ────────────────────────────────────────────────────────────


def test_imported_history_stands_apart(show, client):
    AiMetric.objects.create(
        metric_id="M-1", date=today(), role="Consultant", insight_type="health_summary",
        insights_generated=12, estimated_time_saved_minutes=90,
    )  # fmt: skip
    AiMetric.objects.create(
        metric_id="PSI-1", date=today(), role="Consultant", insight_type="health_summary",
        insights_generated=5, imported=False,
    )  # fmt: skip
    Adoption.objects.create(date=today(), role="PS Leader", unique_users=4)
    found = cells(client)
    assert found["imported history", "insights", "Consultant"] == "12"
    assert found["imported history", "people at most on a day", "PS Leader"] == "4"
    assert "and 12 imported" in show()


# The span ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("days_asked", "words"), [(7, "7 days"), (28, "4 weeks"), (365, "year")])
def test_the_span_is_in_the_address(show, days_asked, words):
    text = show(f"?days={days_asked}")
    assert f'<option value="{days_asked}" selected>Last {words}' in text
    assert f"/metrics.csv?days={days_asked}" in text


@pytest.mark.parametrize("query", ["days=abc", "days=-1", "days=" + "9" * 5000, "small=perhaps"])
def test_an_unknown_span_is_said_and_the_ordinary_one_shown(client, query):
    answer = client.get(f"/metrics?{query}")
    assert answer.status_code == 422
    assert "The last 12 weeks are shown." in answer.text
    assert client.get(f"/metrics.csv?{query}").status_code == 422


def test_weeks_begin_on_monday_and_leave_none_out():
    weeks = mondays(days(-20), DAY)
    assert all(week.weekday() == 0 for week in weeks)
    assert weeks[0] <= days(-20)
    assert weeks[-1] <= DAY < weeks[-1] + timedelta(days=7)


def test_htmx_gets_the_figures_alone(client):
    text = client.get("/metrics", headers={"HX-Request": "true"}).text.strip()
    assert text.startswith('<div id="figures"')


def test_every_chart_has_its_numbers_as_a_table(show, ines):
    seen(ines)
    make_insight()
    text = show()
    assert text.count('class="plot"') == text.count('class="chart-data') == 2


def test_a_frozen_portfolio_keeps_its_own_day(show, settings):
    settings.TODAY = "2026-03-01"
    AiMetric.objects.create(
        metric_id="M-1", date="2026-02-20", role="Consultant", insight_type="health_summary",
        insights_generated=7,
    )  # fmt: skip
    text = show("?days=28")
    assert "and 7 imported" in text

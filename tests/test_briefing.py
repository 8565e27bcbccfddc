"""The weekly briefing: what is told of a week, and that a calm one is said to be calm."""

from __future__ import annotations

import pytest

from connectors.models import Load, QuarantinedRow
from engagements.models import DeliveryNote, Standing
from insights.deciding import decide_action
from insights.models import Insight
from tests.briefing_weeks import better, card, halden, of_that_day, read, worse
from tests.briefings import WORDS, make_action, make_risk
from tests.factories import (
    DAY,
    days,
    make_engagement,
    make_event,
    make_note,
    make_reading,
    make_task,
    moment,
)

__all__ = ["halden", "of_that_day", "read"]
pytestmark = pytest.mark.django_db


# What is told ────────────────────────────────────────────────────────────────


def test_the_verdict_counts_worse_and_better_of_all(read, halden):
    worse(halden)
    worse(make_engagement())
    better(make_engagement())
    assert "2 engagements got worse, 1 better, of 3 open engagements." in read()


def test_a_worse_band_stands_once_with_its_sentence_points_and_link(read, halden):
    worse(halden)
    make_event(
        halden, day=days(-2), kind="drop", score_before=83, score_after=55, band_before="healthy",
        band_after="warning", reason="Health fell by 28 points, from 83 to 55.",
    )  # fmt: skip
    told = card(read(), "Got worse")
    assert told.count("Halden Freight") == 1
    assert "17 Nov: Health went from 83 (On track) to 55 (Watch)." in told
    assert "Health fell by 28" not in told
    assert "down </span>28" in told
    assert 'href="/engagements/ENG-H#hs"' in told


def test_a_drop_within_a_band_got_worse_too(read, halden):
    make_event(halden)
    told = card(read(), "Got worse")
    assert "1 of 1, 1 within its band" in told
    assert "Fell from 70 to 55." in told


def test_a_change_is_told_over_the_whole_week_where_readings_know_it(read, halden):
    worse(halden)
    make_reading(halden, days(-7), score=85)
    make_reading(halden, DAY, score=51, band="warning")
    told = card(read(), "Got worse")
    assert "<b>51</b>" in told
    assert "down </span>34" in told


def test_points_that_other_rules_made_are_not_the_engagements(read, halden):
    worse(halden)
    make_reading(halden, days(-7), score=85)
    make_reading(halden, DAY, score=51, band="warning", rules_shift=-20)
    told = card(read(), "Got worse")
    assert "<b>55</b>" in told
    assert "down </span>28" in told


def test_what_costs_most_now_is_said_without_its_thresholds(read, halden):
    worse(halden)
    Standing.objects.update(reason="M-1 is 12 days late; full points up to 0 days, none from 28.")
    assert "Heaviest now: M-1 is 12 days late." in read()


def test_an_engagement_that_fell_and_came_back_is_neither_worse_nor_better(read, halden):
    worse(halden, days(-4))
    make_event(
        halden, day=days(-1), kind="better", score_before=55, score_after=84,
        band_before="warning", band_after="healthy", reason="Health went from 55 to 84.",
    )  # fmt: skip
    html = read()
    assert "No engagement got worse or better, of 1 open engagement." in html
    assert "Halden Freight" in card(html, "Changed and came back")


def test_a_change_that_only_new_rules_made_is_no_change(read, halden):
    worse(halden, kind="rules")
    assert "Nothing changed that needs you" in read()


def test_a_new_critical_risk_is_quoted_and_cited(read, halden):
    note = make_note(halden, note_id="N-9", content=f"{WORDS}. More below.")
    make_risk(halden, note)
    told = card(read(), "New high and critical risks")
    assert "Sponsor absent" in told
    assert f"“{note.content[:40]}”" in told
    assert 'href="/engagements/ENG-H?at=N-9#N-9"' in told
    assert "1 new high or critical risk." in read()


def test_a_quote_that_the_record_no_longer_holds_is_not_shown(read, halden):
    note = make_note(halden, note_id="N-9", content=f"{WORDS}. More below.")
    make_risk(halden, note)
    DeliveryNote.objects.update(content="All is well again.")
    told = card(read(), "New high and critical risks")
    assert WORDS not in told
    assert "The record it was found in has changed since." in told
    assert 'href="/engagements/ENG-H?at=N-9#N-9"' in told


@pytest.mark.parametrize(
    "given",
    [
        {"level": "medium"},
        {"status": "dismissed"},
        {"first_seen_on": days(-7)},
        {"first_seen_on": days(1)},
    ],
)
def test_other_risks_are_no_news(read, halden, given):
    make_risk(halden, **given)
    assert "Nothing changed that needs you" in read()


@pytest.mark.parametrize(
    ("given", "badge"), [({"returned_on": days(-1)}, "Back"), ({"worse_on": days(-1)}, "Worse")]
)
def test_a_risk_that_is_back_or_worse_is_told_as_that(read, halden, given, badge):
    make_risk(halden, first_seen_on=days(-40), **given)
    assert f">{badge}</span>" in card(read(), "New high and critical risks")


def test_a_first_reading_of_risks_is_called_so(read, halden):
    make_risk(halden)
    assert "Risks of 1 engagement were looked for the first time this week" in read()
    Insight.objects.create(
        engagement=halden, insight_type="risk_detection", content="", as_of=days(-20),
        generated_at=moment(days(-20)),
    )  # fmt: skip
    assert "for the first time" not in read()


def test_a_resolved_risk_says_by_whom(read, halden):
    make_risk(halden, first_seen_on=days(-40), status="resolved", resolved_on=days(-1),
              resolution="Resolved by ines.")  # fmt: skip
    told = card(read(), "Risks resolved")
    assert "Resolved by ines." in told
    assert 'href="/engagements/ENG-H#' in told


@pytest.mark.parametrize(
    ("due", "slipped"), [(-8, False), (-7, True), (-1, True), (0, False), (1, False)]
)
def test_a_milestone_slips_on_the_day_after_its_date(read, halden, due, slipped):
    make_task(halden, task_id="M-1", name="Pilot cut-over", is_milestone=True, end_date=days(due))
    told = card(read(), "Milestones that slipped")
    assert bool(told) is slipped
    assert slipped is ('href="/engagements/ENG-H?at=M-1#M-1"' in told)


def test_a_milestone_that_was_done_late_is_met_and_not_slipped(read, halden):
    make_task(halden, task_id="M-1", name="Pilot cut-over", is_milestone=True, end_date=days(-4),
              status="Completed", completed_at=moment(days(-1)))  # fmt: skip
    html = read()
    assert not card(html, "Milestones that slipped")
    assert "18 Nov, 3 days late" in card(html, "Milestones met")


def test_a_contradiction_that_was_none_a_week_ago_is_new(read, halden):
    make_reading(halden, days(-7), score=86, band="healthy")
    Standing.objects.update(
        health=41, band="critical", contradiction="Reported 90, records give 41."
    )
    told = card(read(), "New contradictions")
    assert "Reported 90, records give 41." in told
    assert 'href="/engagements/ENG-H#contradiction"' in told
    assert "1 new of 1 that stand" in told


def test_a_contradiction_of_long_ago_is_no_news(read, halden):
    make_reading(halden, days(-7), score=44, band="critical")
    Standing.objects.update(
        health=41, band="critical", contradiction="Reported 90, records give 41."
    )
    assert "Nothing changed that needs you" in read()


@pytest.mark.parametrize(
    ("report", "before", "is_new"),
    [
        ({"health_score": 90}, (86, "healthy"), True),
        ({"health_score": 90}, (60, "warning"), False),
        ({"health_score": 77}, (74, "warning"), True),  # within the hysteresis they agreed
        ({"health_score": None}, (80, "healthy"), True),
        ({"health_score": None}, (60, "warning"), False),
        ({"health_score": None, "status": "At Risk"}, (60, "warning"), True),
        ({"health_score": 80, "status": "At Risk"}, (80, "healthy"), False),
        ({"health_score": 40}, (None, "unknown"), True),
    ],
)
def test_a_contradiction_is_new_where_report_and_records_agreed_before(
    read, report, before, is_new
):
    row = make_engagement(**report, standing={"contradiction": "One says this, the other that."})
    make_reading(row, days(-8), score=before[0], band=before[1])
    assert ("One says this" in card(read(), "New contradictions")) is is_new


def test_an_earlier_week_says_that_it_tells_no_contradictions(read, halden):
    make_reading(halden, days(-30))
    Standing.objects.update(contradiction="Reported 90, records give 41.")
    html = read("?week=2026-11-02")
    assert "Reported 90" not in html
    assert "only the newest week tells them" in html


def test_actions_are_told_as_accepted_done_and_due(read, halden, manager, settings):
    settings.TODAY = DAY.isoformat()
    decide_action(
        make_action(halden, title="Now taken on", status="proposed"), "accept", manager, day=DAY
    )
    make_action(halden, title="Was done", status="done", done_on=days(-2))
    due = make_action(halden, title="Due soon", due_on=days(4))
    make_action(halden, title="Later on", due_on=days(8))
    html = read()
    assert "Now taken on" in card(html, "Actions accepted")
    assert "Was done" in card(html, "Actions done")
    told = card(html, "Actions due")
    assert "Due soon" in told
    assert f'href="/engagements/ENG-H#action-{due.pk}"' in told
    assert "Later on" not in html
    assert "1 action accepted, 1 action done, 1 action due next week." in html


def test_what_is_known_of_the_data_is_said(read, halden):
    Standing.objects.update(health=None, band="unknown")
    QuarantinedRow.objects.create(
        table="ps_tasks", key="T-1", position=1, field="name", reason="missing", message="", raw="{}",
        raw_hash="x",
    )  # fmt: skip
    Load.objects.create(state="done", finished_at=moment(days(-30)))
    told = card(read(), "About the data")
    assert "1 of 1 open engagements have no score" in told
    assert "1 row of the source is kept aside" in told
    assert "/settings/quarantine" in told
    assert "The data is old: it was loaded on 20 Oct." in told


# A calm week ─────────────────────────────────────────────────────────────────


def test_a_week_without_changes_is_said_calmly(read, halden):
    make_engagement(status="Completed")
    html = read()
    assert "Nothing changed that needs you between 13 and 19 Nov." in html
    assert "among 1 open engagement" in html


def test_what_is_still_late_is_no_news_and_yet_shown(read, halden):
    make_action(halden, title="Overdue long since", due_on=days(-20))
    html = read()
    assert "Nothing changed that needs you" in html
    assert "Overdue long since" in card(html, "Actions due")


def test_a_page_without_any_data_is_calm(read):
    assert "Nothing changed that needs you between 13 and 19 Nov." in read()

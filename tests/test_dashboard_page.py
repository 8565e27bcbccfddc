"""The dashboard: what needs somebody today, with its reason."""

from __future__ import annotations

import pytest

from tests.factories import (
    DAY,
    days,
    make_engagement,
    make_finding,
    make_note,
    make_reading,
    make_task,
    moment,
    signed_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def show():
    client = signed_in()
    return lambda: client.get("/").text


def test_without_data_the_first_steps_are_shown(show):
    text = show()
    assert "Set up PS Insights" in text
    assert "load_data" in text
    assert "Health drops" not in text


def test_a_day_on_which_nothing_is_wrong_is_said(show):
    make_engagement(
        customer_name="Pellworth Foods",
        standing={"next_milestone": "UAT exit", "next_milestone_on": days(22)},
    )
    text = show()
    assert "Nothing needs you today" in text
    assert "Next milestone: UAT exit" in text
    assert "11 December" in text


def test_a_drop_is_shown_with_its_reason_and_the_worst_first(show):
    make_engagement(customer_name="Slight", standing={"delta_7d": -6})
    make_engagement(
        customer_name="Steep",
        standing={
            "delta_7d": -11,
            "health": 53,
            "band": "warning",
            "reason": "T-9 is 12 days late.",
        },
    )
    make_engagement(customer_name="Steady", standing={"delta_7d": -4})
    text = show()
    assert text.index("Steep") < text.index("Slight")
    assert "T-9 is 12 days late" in text
    assert "View all 2" in text
    assert "Steady" not in text


def test_a_completed_engagement_needs_nobody(show):
    make_engagement(status="Completed", customer_name="Long over", standing={"delta_7d": -20})
    make_engagement()
    text = show()
    assert "Long over" not in text
    assert "1 open engagement" in text


def test_a_high_risk_is_shown_in_the_words_of_its_note(show):
    row = make_engagement(standing={"heaviest_finding": 16.0, "open_findings": 1})
    note = make_note(row, note_id="N-14", content="Nobody owns the renewal.")
    make_finding(note, reason="renewal_risk")
    text = show()
    assert "Renewal at stake" in text
    assert "“Nobody owns the renewal.”" in text
    assert f'href="/engagements/{row.pk}?at=N-14#N-14"' in text


@pytest.mark.parametrize(
    "given",
    [
        {"status": "negated"},
        {"status": "resolved"},
        {"resolved_on": days(-1)},
        {"severity": 1},
        {"noted_on": days(-60)},
        {"noted_on": days(1)},
    ],
)
def test_what_is_denied_over_slight_or_of_another_time_is_no_open_risk(show, given):
    row = make_engagement(standing={"heaviest_finding": 16.0})
    make_finding(make_note(row, content="Nobody owns the renewal."), **given)
    assert "Nobody owns the renewal." not in show()


def test_one_problem_in_many_notes_is_shown_once_in_its_newest_words(show):
    row = make_engagement(standing={"heaviest_finding": 16.0})
    for back, words in ((9, "Older words."), (1, "Newest words."), (5, "Middle words.")):
        make_finding(make_note(row, content=words, created_at=moment(days(-back))))
    text = show()
    assert "Newest words." in text
    assert "Older words." not in text
    assert "Middle words." not in text


def test_overdue_milestones_come_longest_overdue_first(show):
    row = make_engagement(standing={"milestones_late": 2})
    for late, name in ((3, "Go-live readiness"), (12, "Pilot cut-over")):
        make_task(row, name=name, is_milestone=True, end_date=days(-late))
    make_task(row, name="Reached", is_milestone=True, end_date=days(-9), status="Completed")
    make_task(row, name="A plain task", end_date=days(-9))
    make_task(row, name="Due today", is_milestone=True, end_date=DAY)
    text = show()
    assert text.index("Pilot cut-over") < text.index("Go-live readiness")
    for name in ("Reached", "A plain task", "Due today"):
        assert name not in text


def test_a_contradiction_shows_both_sides(show):
    make_engagement(
        status="Active",
        health_score=90,
        standing={
            "health": 41,
            "band": "critical",
            "contradiction": "Reported 90, records give 41.",
        },
    )
    text = show()
    assert "Reported 90, records give 41." in text
    assert "score 90" in text
    assert "<b>41</b> Critical" in text


def test_health_is_counted_now_and_over_twelve_weeks(show):
    for band, score in (("healthy", 82), ("critical", 31), ("critical", 20)):
        row = make_engagement(standing={"band": band, "health": score})
        make_reading(row, DAY, band=band, score=score)
        make_reading(row, days(-7), band="healthy", score=80)
        make_reading(row, days(-3), band="warning", score=60)  # of no week's end: not drawn
    text = show()
    assert "1 on track, 0 watch, 2 critical, 0 not scored" in text
    assert "Engagements by health over 2 weeks. Critical went from 0 to 2" in text
    assert '<th scope="row">12 Nov</th>' in text


def test_phases_follow_the_order_of_a_plan(show):
    for phase in ("Test", "Discovery", "Hypercare", "Build"):
        make_engagement(standing={"phase": phase})
    text = show()
    places = [
        text.index(f"?phase={phase}") for phase in ("Discovery", "Build", "Test", "Hypercare")
    ]
    assert places == sorted(places)


def test_a_crowded_phase_is_drawn_in_shares(show):
    for _ in range(70):
        make_engagement(standing={"phase": "Build"})
    text = show()
    assert text.count("<i data-h=") == 35
    assert "one square for 2" in text


def test_the_page_says_of_which_day_its_data_is_and_from_where(show):
    make_engagement()
    text = show()
    assert "Data as of 19 Nov 2026 from JSON files" in text
    assert "Thursday 19 November" in text


def test_a_name_with_markup_is_text(show):
    make_engagement(customer_name="<script>alert(1)</script>", standing={"delta_7d": -9})
    assert "<script>alert(1)" not in show()

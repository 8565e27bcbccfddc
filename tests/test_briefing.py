"""The week on one page: each change once, with its link, within what a person may see."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.models import Load, QuarantinedRow
from engagements import ingest
from engagements.models import DeliveryNote, Engagement, HealthEvent, Standing, Task
from engagements.rows import engagement_record
from insights.briefing import weeks
from insights.deciding import decide_action
from insights.models import Action, Insight, Risk
from tests.briefings import WORDS, action_of, make_action, make_risk, risk_of
from tests.factories import (
    DAY,
    days,
    make_engagement,
    make_event,
    make_note,
    make_reading,
    make_task,
    moment,
    signed_in,
)

pytestmark = pytest.mark.django_db
FIRST = days(-6)  # 13 Nov, a Friday; DAY is Thursday the 19th
MOST_QUERIES, MOST_HTML = 8, 60_000


@pytest.fixture(autouse=True)
def of_that_day(settings):
    settings.TODAY = DAY.isoformat()


@pytest.fixture
def halden():
    return make_engagement(
        engagement_id="ENG-H", customer_name="Halden Freight", owner_id="TM-1", health_score=90
    )


@pytest.fixture
def read():
    client = signed_in(member="TM-1")
    return lambda query="": client.get(f"/briefing{query}").text


def worse(engagement, day=None, **more):
    values = {"kind": "worse", "score_before": 83, "score_after": 55, "band_before": "healthy",
              "band_after": "warning", "reason": "Health went from 83 (On track) to 55 (Watch)."}  # fmt: skip
    return make_event(engagement, day=day or days(-2), **values | more)


def better(engagement, day=None):
    return make_event(
        engagement, day=day or days(-1), kind="better", score_before=70, score_after=79,
        band_before="warning", band_after="healthy", reason="Health went from 70 to 79.",
    )  # fmt: skip


def card(html: str, title: str) -> str:
    """The card of that title, "" where there is none."""
    cards = re.findall(r"<section class=\"card\".*?</section>", html, re.DOTALL)
    return next((one for one in cards if f">{title}</h2>" in one), "")


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


# Which week ──────────────────────────────────────────────────────────────────


def test_the_newest_week_has_seven_days_up_to_today(read, halden):
    other = make_engagement(customer_name="Pellworth Foods")
    worse(halden, FIRST)
    worse(other, days(-7))
    html = read()
    assert "13 to 19 Nov 2026" in html
    assert "Halden Freight" in html
    assert "Pellworth Foods" not in html


def test_a_week_is_from_monday_to_sunday(read, halden):
    make_reading(halden, days(-60))
    monday, sunday = date(2026, 11, 2), date(2026, 11, 8)
    for number, day in enumerate([date(2026, 11, 1), monday, sunday, date(2026, 11, 9)]):
        worse(make_engagement(customer_name=f"Of day {number}"), day)
    html = read("?week=2026-11-04")
    assert "2 to 8 Nov 2026" in html
    assert [name in html for name in ("Of day 0", "Of day 1", "Of day 2", "Of day 3")] == [
        False, True, True, False,
    ]  # fmt: skip
    assert 'href="/briefing?week=2026-10-26"' in html
    assert 'href="/briefing?week=2026-11-09"' in html


def test_a_week_that_has_begun_ends_today(read, halden):
    html = read("?week=2026-11-16")
    assert "16 to 19 Nov 2026" in html
    assert "Week after" not in html


def test_the_first_week_has_none_before_it(read, halden):
    make_reading(halden, days(-10))
    html = read("?week=2026-11-09")
    assert "Week before" not in html
    assert "Week after" in html


@pytest.mark.parametrize(
    "asked",
    ["week=2026-01-05", "week=2026-12-07", "week=soon", "week=0001-01-01", "until=9999-12-31"],
)
def test_a_week_nothing_is_known_of_is_not_found_with_a_sentence(halden, asked):
    answer = signed_in().get(f"/briefing?{asked}")
    assert answer.status_code == 404
    assert "2026-11-09" in answer.text or "What is known goes from" in answer.text


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(as_of=st.dates(date(2000, 1, 1), date(2100, 1, 1)), back=st.integers(0, 400))
def test_weeks_tile_without_gap_or_overlap(as_of, back):
    since = date.fromordinal(as_of.toordinal() - 400)
    day = date.fromordinal(as_of.toordinal() - back)
    week = weeks.calendar_week(day, as_of)
    assert week.first <= day <= week.last <= as_of
    if later := weeks.after(week, as_of):
        assert (later - week.last).days == 1
        assert weeks.before(weeks.calendar_week(later, as_of), since) == week.first


# Whose week ──────────────────────────────────────────────────────────────────


def test_mine_is_what_a_person_owns_or_works_on(read, halden):
    worse(halden)
    worse(make_engagement(customer_name="Somebody else’s", owner_id="TM-2"))
    html = read("?scope=mine")
    assert "1 engagement got worse, none better, of 1 open engagement." in html
    assert "Somebody else’s" not in html
    assert "Somebody else’s" in read()


def test_a_consultant_sees_their_own_alone_whatever_is_asked(halden):
    note = make_note(make_engagement(customer_name="Of others", owner_id="TM-2"), content=WORDS)
    make_risk(note.engagement, note)
    make_action(note.engagement)
    worse(note.engagement)
    make_task(note.engagement, is_milestone=True, end_date=days(-3), name="Their milestone")
    client = signed_in("coen", role="consultant", member="TM-1")
    for scope in ("all", "mine", "else"):
        html = client.get(f"/briefing?scope={scope}").text
        assert "Nothing changed that needs you" in html
        assert "Of others" not in html
        assert "Their milestone" not in html


def test_rows_kept_aside_link_to_their_page_only_for_whom_it_opens(halden):
    QuarantinedRow.objects.create(
        table="ps_tasks", key="T-1", position=1, field="name", reason="missing", message="", raw="{}",
        raw_hash="x",
    )  # fmt: skip
    told = card(
        signed_in("coen", role="consultant", member="TM-1").get("/briefing").text, "About the data"
    )
    assert "kept aside" in told
    assert "/settings/quarantine" not in told


# What it costs ───────────────────────────────────────────────────────────────


def fill(number: int) -> None:
    """So many engagements to which everything happened, written at once."""
    start = Engagement.objects.count()
    rows = Engagement.objects.bulk_create(
        Engagement(
            engagement_id=f"BULK-{at:05d}", customer_name=f"Customer number {at}", owner_id="TM-1",
            status="Active", health_score=90,
        )
        for at in range(start, start + number)
    )  # fmt: skip
    ingest.assign([engagement_record(row) for row in rows])
    Standing.objects.bulk_create(
        Standing(
            engagement=row,
            as_of=DAY,
            health=20,
            band="critical",
            state="scored",
            contradiction="Reported 90, records give 20.",
        )
        for row in rows
    )
    HealthEvent.objects.bulk_create(event(at, row) for at, row in enumerate(rows))
    DeliveryNote.objects.bulk_create(
        DeliveryNote(note_id=f"N-{row.pk}", engagement=row, created_at=moment(DAY), content=WORDS)
        for row in rows
    )
    done = {"status": "Completed", "completed_at": moment(days(-2))}
    Task.objects.bulk_create(
        Task(
            task_id=f"{row.pk}-{at}",
            engagement=row,
            name="Pilot cut-over of the first site",
            is_milestone=True,
            end_date=days(-3),
            **more,
        )
        for row in rows
        for at, more in enumerate([{"status": "In Progress"}, done])
    )
    Risk.objects.bulk_create(
        risk_of(row, note=f"N-{row.pk}", **more)
        for row in rows
        for more in (
            {},
            {"status": "resolved", "resolved_on": days(-1), "resolution": "By itself."},
        )
    )
    Action.objects.bulk_create(
        action_of(row, **more) for row in rows for more in ({}, {"status": "done", "done_on": DAY})
    )


def event(at: int, row: Engagement) -> HealthEvent:
    bands = ("healthy", "warning") if at % 2 else ("warning", "healthy")
    return HealthEvent(
        engagement=row, day=days(-2), kind="worse" if at % 2 else "better", score_before=70,
        score_after=60 if at % 2 else 80, band_before=bands[0], band_after=bands[1], reason="Health went on.",
    )  # fmt: skip


def cost(client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return sum("django_session" not in query["sql"] for query in queries)


def test_the_page_costs_the_same_for_few_and_for_many_and_stays_light(settings):
    settings.TODAY = ""  # so that the day costs its query too
    client = signed_in(member="TM-1")
    fill(60)
    few = cost(client, "/briefing"), cost(client, "/briefing?scope=mine")
    fill(540)
    assert (cost(client, "/briefing"), cost(client, "/briefing?scope=mine")) == few
    assert max(few) <= MOST_QUERIES
    settings.TODAY = DAY.isoformat()
    html = client.get("/briefing").text
    assert "300 engagements got worse, 300 better, of 600 open engagements." in html
    assert "The heaviest 8 of 600" in html
    assert len(html.encode()) <= MOST_HTML

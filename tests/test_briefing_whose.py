"""The weekly briefing: of which week, for whom, and at what cost."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.models import QuarantinedRow
from engagements import ingest
from engagements.models import DeliveryNote, Engagement, HealthEvent, Standing, Task
from engagements.rows import engagement_record
from insights.briefing import weeks
from insights.models import Action, Risk
from tests.briefing_weeks import (
    FIRST,
    MOST_HTML,
    MOST_QUERIES,
    card,
    halden,
    of_that_day,
    read,
    worse,
)
from tests.briefings import WORDS, action_of, make_action, make_risk, risk_of
from tests.factories import (
    DAY,
    days,
    make_engagement,
    make_note,
    make_reading,
    make_task,
    moment,
    signed_in,
)

__all__ = ["halden", "of_that_day", "read"]
pytestmark = pytest.mark.django_db


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

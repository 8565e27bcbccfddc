"""The weekly briefing in a real browser: read, stepped through, printed, asked for and ended."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from connectors.models import QuarantinedRow
from engagements.models import Standing
from insights.briefing.subscribing import token_of
from insights.models import BriefingSubscription
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

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def week(settings):
    """A week in which everything happened that a briefing tells."""
    settings.TODAY = DAY.isoformat()
    row = make_engagement(
        engagement_id="ENG-H", customer_name="Halden Freight and Cold Storage", health_score=90
    )
    worse = {"kind": "worse", "band_before": "healthy", "score_before": 83, "score_after": 55}
    make_event(row, **worse, reason="Health went from 83 (On track) to 55 (Watch).")
    make_event(
        make_engagement(customer_name="Pellworth Foods"), kind="better", score_before=70,
        score_after=79, band_after="healthy", reason="Health went from 70 (Watch) to 79 (On track).",
    )  # fmt: skip
    make_risk(row, make_note(row, note_id="N-9", content=f"{WORDS}. More below."))
    make_risk(row, status="resolved", resolved_on=days(-1), resolution="Resolved by ines.")
    make_task(row, task_id="M-1", name="Pilot cut-over", is_milestone=True, end_date=days(-2))
    make_task(row, name="Design sign-off", is_milestone=True, status="Completed",
              end_date=days(-2), completed_at=moment(days(-2)))  # fmt: skip
    make_action(row)
    make_action(row, title="Write to the sponsor", status="done", done_on=days(-1))
    make_reading(row, days(-7), score=86)
    make_reading(row, days(-30))
    Standing.objects.filter(pk="ENG-H").update(
        contradiction="Reported 90, records give 41.", reason="M-1 is 2 days past its date."
    )
    QuarantinedRow.objects.create(
        table="ps_tasks", key="T-1", position=1, field="name", reason="missing", message="",
        raw="{}", raw_hash="x",
    )  # fmt: skip


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (320, "dark")])
@pytest.mark.parametrize("path", ["/briefing", "/briefing?week=2026-11-02", "/settings/briefing"])
def test_the_page_is_accessible_fits_and_complains_of_nothing(
    open_page, violations, path, width, theme
):
    page = open_page(path, width=width, theme=theme)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.complaints == []


def test_a_week_is_read_and_left_without_script(open_page):
    page = open_page("/", script=False)
    page.get_by_role("link", name="What changed this week").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Weekly briefing")
    expect(page.get_by_role("heading", name="1 engagement got worse, 1 better")).to_be_visible()
    page.get_by_role("link", name="Week before").click()
    expect(page.get_by_role("heading", name="Nothing changed that needs you")).to_be_visible()
    page.get_by_role("link", name="Newest seven days").click()
    page.get_by_role("link", name="N-9").click()
    expect(page.locator("li:target")).to_contain_text(WORDS)


def test_the_mail_is_asked_for_and_ended_without_script(open_page):
    page = open_page("/settings#account", script=False)
    page.get_by_label("Weekly briefing by e-mail").check()
    page.get_by_label("All I may see").check()
    page.get_by_label("E-mail address").fill("ines@example.org")
    page.get_by_role("button", name="Save briefing").click()
    expect(page.get_by_text("is sent to ines@example.org.")).to_be_visible()
    assert BriefingSubscription.objects.get().scope == "all"
    token = token_of(get_user_model().objects.get(username="ines"))
    page.goto(f"/briefing/unsubscribe/{token}")
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="The weekly briefing is off")).to_be_visible()
    assert not BriefingSubscription.objects.get().is_on


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_that_ends_it_is_accessible(open_page, violations, theme):
    open_page("/settings")
    token = token_of(get_user_model().objects.get(username="ines"))
    page = open_page(f"/briefing/unsubscribe/{token}", width=320, theme=theme)
    assert violations(page) == []
    assert page.complaints == []

"""The dashboard, the list and an engagement in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from engagements.models import Standing
from tests.factories import (
    assess_rows,
    days,
    make_engagement,
    make_finding,
    make_note,
    make_task,
    make_usage,
    moment,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIT = "li:target"


@pytest.fixture
def portfolio():
    """Three engagements, the first of them with everything a page can show."""
    row = make_engagement(
        engagement_id="ENG-1",
        customer_name="Halden Freight",
        health_score=90,
        owner_name="Ines Moreau",
        engagement_type="Lakehouse Architecture",
        standing={
            "delta_7d": -11,
            "heaviest_finding": 16.0,
            "open_findings": 2,
            "milestones_late": 1,
            "weekly": [78, 80, 79, 77, 78, 74, 72, 70, 69, 66, 64, 53],
            "phase": "Build",
            "reason": "M-03 is 12 days past its date; full points up to 0 days, none from 28 days.",
        },
    )
    for number in range(4):
        make_task(row, task_id=f"T-{number}", progress_percent=10, start_date=days(-50))
    make_task(row, task_id="M-03", name="Pilot cut-over", is_milestone=True, end_date=days(-12))
    for number in range(40):
        make_note(row, note_id=f"N-{number:02d}", created_at=moment(days(-number)))
    make_finding(row.notes.get(pk="N-37"), noted_on=days(-2))
    make_usage(row)
    assess_rows(row)
    Standing.objects.filter(pk="ENG-1").update(contradiction="Reported 90, records give 41.")
    make_engagement(engagement_id="ENG-2", customer_name="Pellworth Foods")
    make_engagement(
        engagement_id="ENG-3", status="On Hold", standing={"health": None, "band": "unknown"}
    )


def test_the_list_is_searched_while_one_types_and_back_undoes_it(portfolio, open_page):
    page = open_page("/engagements")
    page.locator("#q").press_sequentially("halden", delay=5)
    page.wait_for_url("**q=halden**")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    page.go_back()
    expect(page.locator("tr[data-row]")).to_have_count(3)


def test_the_order_stays_when_one_filters_after_sorting(portfolio, open_page):
    page = open_page("/engagements")
    page.get_by_role("link", name="Engagement", exact=True).click()
    page.wait_for_url("**sort=name**")
    page.get_by_label("Status").select_option("open")
    page.wait_for_url(re.compile("status=open"))
    assert "sort=name" in page.url


def test_the_list_works_without_script(portfolio, open_page):
    page = open_page("/engagements", script=False)
    page.locator("#q").fill("pellworth")
    page.get_by_role("button", name="Apply").click()
    assert page.locator("tr[data-row]").count() == 1
    page.get_by_role("link", name="Pellworth Foods").click()
    assert page.locator("h1").inner_text() == "Pellworth Foods"


@pytest.mark.parametrize("script", [True, False])
def test_a_citation_lights_its_note_up_however_far_back_it_is(portfolio, open_page, script):
    page = open_page("/", script=script)
    page.locator("#risks a.cite").first.click()
    page.wait_for_url("**/engagements/ENG-1?at=N-37#N-37")
    assert page.locator(LIT).get_attribute("id") == "N-37"


def test_a_citation_of_a_record_in_view_needs_no_load(portfolio, open_page):
    page = open_page("/engagements/ENG-1")
    page.evaluate("window.stayed = true")
    page.locator("#hs a.cite[href$='#M-03']").first.click()
    page.wait_for_url("**/engagements/ENG-1#M-03")
    assert page.evaluate("window.stayed")
    assert page.evaluate("document.activeElement.id") == "M-03"


def test_the_timeline_is_narrowed_in_place(portfolio, open_page):
    page = open_page("/engagements/ENG-1")
    page.evaluate("window.stayed = true")
    page.get_by_role("link", name="Milestones").click()
    expect(page.locator("#timeline > li")).to_have_count(1)
    assert page.evaluate("window.stayed")


def test_the_keyboard_walks_the_rows_and_finds(portfolio, open_page):
    page = open_page("/engagements")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.classList.contains('name')")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"

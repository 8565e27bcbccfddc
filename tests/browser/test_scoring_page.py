"""The rules of scoring in a real browser: looked at, tried on the portfolio, saved."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from engagements import readings, scoring, scoring_runs
from engagements.health_model import RULES
from engagements.models import ScoringRules
from tests.factories import DAY, days, make_engagement, make_note, make_task, moment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STRICT = {"schedule_weight": "4", "overdue_weight": "25", "blockers_weight": "25"}


@pytest.fixture(autouse=True)
def portfolio(settings):
    """Four engagements with late work, read by somebody of the staff."""
    settings.TODAY = DAY.isoformat()
    for number in range(4):
        row = make_engagement(customer_name=f"Halden Freight {number}")
        for at in range(4):
            make_task(row, start_date=days(-40), end_date=days(3 * at - 2 * number))
        make_note(row, created_at=moment(days(-3 * number)))
    readings.recompute(as_of=DAY)
    return get_user_model().objects.create(username="ines", is_staff=True)


def propose(page, **given):
    for name, value in given.items():
        page.locator(f"[name={name}]").first.fill(value)
    page.get_by_role("button", name="Preview on today’s portfolio").click()


@pytest.mark.parametrize("script", [True, False])
def test_rules_are_tried_corrected_tried_again_and_saved(open_page, script):
    page = open_page("/settings/scoring", script=script)
    propose(page, **STRICT)
    wrong = page.get_by_role("alert")
    expect(wrong).to_contain_text("The weights add up to 98 %, and must to exactly 100 %: add 2.")
    assert page.get_by_label("Schedule, weight").input_value() == "4"
    propose(page, flow_weight="14")
    expect(page.get_by_role("heading", name="of 4 engagements change band")).to_be_visible()
    assert not ScoringRules.objects.exists()
    page.get_by_label("Why the rules change").fill("Late work tells most")
    page.get_by_role("button", name="Save version 2").click()
    expect(page.get_by_text("Version 2 is saved, and 4 engagements scored by it.")).to_be_visible()
    assert scoring.in_force().rules.schedule.weight == 4
    page.get_by_role("link", name="Go back to version 1").click()
    propose(page)
    page.get_by_role("button", name="Save version 3").click()
    expect(page.get_by_text("Version 3 is saved")).to_be_visible()
    assert scoring.in_force().rules == RULES


def test_a_preview_of_the_worker_appears_by_itself(open_page, portfolio):
    run = scoring_runs.ask(RULES, seen=1, as_of=DAY, user=portfolio)
    page = open_page(f"/settings/scoring/preview/{run.pk}")
    expect(page.get_by_role("heading", name="Preview under way")).to_be_visible()
    assert scoring_runs.perform_preview()
    expect(page.get_by_role("heading", name="0 of 4 engagements change band")).to_be_visible()
    assert page.complaints == []


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1280, "dark"), (320, "dark")])
def test_the_page_its_errors_and_its_preview_break_no_rule(open_page, violations, width, theme):
    page = open_page("/settings/scoring", width=width, theme=theme)
    for given in ({}, {"schedule_weight": "30"}, STRICT | {"flow_weight": "14"}):
        if given:
            propose(page, **given)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#preview").count() == 1

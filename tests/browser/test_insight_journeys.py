"""From an engagement to its insights, their sources and what is decided of them, in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from engagements.models import Engagement
from insights.evaluation_model import LoopbackModel, well_behaved
from insights.models import Action, Insight, Risk
from tests.processes import running

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("portfolio"),
]
KINDS = ["health_summary", "risk_detection", "theme_extraction", "action_recommendation"]


def troubled() -> Engagement:
    return Engagement.objects.active().order_by("standing__health").first()


def generated(page: Page, kind: str) -> None:
    """Press Generate of one kind and wait for what comes in its place."""
    part = page.locator(f"#ins-{kind}")
    part.get_by_role("button", name=re.compile("^Generate")).click()
    expect(page.locator(f"#ins-{kind} .prov")).to_be_visible()


def test_each_kind_is_generated_in_place_and_stays(open_page):
    engagement = troubled()
    page = open_page(f"/engagements/{engagement.pk}")
    for kind in KINDS:
        generated(page, kind)
    page.reload()
    for kind in KINDS:
        expect(page.locator(f"#ins-{kind}")).to_contain_text("claims verified")
    assert page.complaints == []


def test_a_citation_lights_up_its_record(open_page):
    engagement = troubled()
    page = open_page(f"/engagements/{engagement.pk}")
    generated(page, "risk_detection")
    citation = page.locator("#ins-risk_detection .cite").first
    record = citation.inner_text()
    citation.click()
    expect(page.locator(f'[id="{record}"]')).to_be_in_viewport()
    assert page.evaluate("document.querySelector(':target').id") == record


def test_everything_works_without_script(open_page):
    engagement = troubled()
    page = open_page(f"/engagements/{engagement.pk}", script=False)
    page.get_by_role("button", name="Generate all").click()
    for kind in KINDS:
        expect(page.locator(f"#ins-{kind} .prov")).to_be_visible()
    risk = Risk.objects.filter(status="open").first()
    page.locator(f"#risk-{risk.pk}").get_by_role("button", name=re.compile("Accept")).click()
    risk.refresh_from_db()
    assert risk.status == "acknowledged"


def test_an_action_is_accepted_done_and_taken_back(open_page):
    engagement = troubled()
    page = open_page(f"/engagements/{engagement.pk}")
    generated(page, "action_recommendation")
    page.reload()
    action = Action.objects.filter(status="proposed").first()
    row = page.locator(f"#action-{action.pk}")
    row.get_by_role("button", name=re.compile("Accept(?! as)")).click()
    row.get_by_role("button", name="Mark done").click()
    expect(row.get_by_role("button", name="Undo")).to_be_visible()
    expect(row).to_contain_text("Done")
    row.get_by_role("button", name="Undo").click()
    expect(row.get_by_role("button", name="Mark done")).to_be_visible()
    action.refresh_from_db()
    assert action.status == "accepted"
    page.goto("/")
    assert page.complaints == []


def test_dismissing_a_risk_asks_why(open_page):
    engagement = troubled()
    page = open_page(f"/engagements/{engagement.pk}")
    generated(page, "risk_detection")
    page.reload()
    risk = Risk.objects.filter(status="open").first()
    row = page.locator(f"#risk-{risk.pk}")
    row.get_by_role("link", name="Dismiss").click()
    row.get_by_label("Why?").fill("Agreed with the sponsor")
    row.get_by_role("button", name="Dismiss").click()
    expect(row).to_contain_text("Agreed with the sponsor")


def test_the_feed_filters_and_back_brings_the_filter_back(open_page):
    engagement = troubled()
    page = open_page(f"/engagements/{engagement.pk}", script=False)
    page.get_by_role("button", name="Generate all").click()
    page = open_page("/insights")
    page.get_by_label("Type", exact=True).first.select_option("risk_detection")
    expect(page.locator("#feed [data-row]")).to_have_count(1)
    assert "type=risk_detection" in page.url
    page.locator("#feed [data-row] a.name").click()
    page.go_back()
    expect(page.locator("#feed [data-row]")).to_have_count(1)


def test_a_model_on_loopback_writes_through_the_worker(open_page, settings):
    engagement = troubled()
    with LoopbackModel(well_behaved) as model:
        given = {"AI_PROVIDER": "huggingface", "HF_BASE_URL": model.base_url}
        for name, value in given.items():
            setattr(settings, name, value)
        with running("work", **given):
            page = open_page(f"/engagements/{engagement.pk}")
            part = page.locator("#ins-health_summary")
            part.get_by_role("button", name=re.compile("^Generate")).click()
            expect(page.locator("#ins-health_summary .prov")).to_be_visible(timeout=60_000)
    insight = Insight.objects.get()
    assert insight.provider == "huggingface", insight.fallback_reason
    assert insight.verification["kept"] == insight.verification["checked"] > 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_insights_break_no_rule_of_wcag_and_do_not_scroll_sideways(
    open_page, violations, width, theme
):
    engagement = troubled()
    page = open_page(f"/engagements/{engagement.pk}", width=width, theme=theme, script=False)
    page.get_by_role("button", name="Generate all").click()
    for path in (f"/engagements/{engagement.pk}", "/insights"):
        page = open_page(path, width=width, theme=theme)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.complaints == []

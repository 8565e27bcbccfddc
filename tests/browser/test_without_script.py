"""Everything people do is a form or a link: each journey once more with JavaScript turned off."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from connectors.models import Load
from engagements.models import DeliveryNote, Engagement
from engagements.saved_views import SavedView
from engagements.share import Share
from insights.models import Action, BulkGeneration
from psinsights.models import ApiToken

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("portfolio"),
]


@pytest.fixture
def bare(open_page: Any) -> Any:
    """An address open in a browser without script; it has nothing to complain of at the end."""
    pages: list[Page] = []

    def opened(path: str) -> Page:
        pages.append(open_page(path, script=False, username="mara", is_staff=True))
        return pages[-1]

    yield opened
    assert [said for page in pages for said in page.complaints] == []


def worst() -> Engagement:
    return Engagement.objects.active().order_by("standing__health").first()


def test_the_list_is_filtered_sorted_paged_and_exported(bare):
    page = bare("/engagements")
    page.locator("[name=health]").select_option("critical")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("tbody tr").first).to_contain_text("Critical")
    page.get_by_role("link", name="Owner").click()
    assert "health=critical" in page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename.endswith(".csv")


def test_a_view_is_saved_used_and_removed(bare):
    page = bare("/engagements?status=open&sort=name")
    page.get_by_text("Save view").first.click()
    page.get_by_label("Name").fill("Open by name")
    page.get_by_role("button", name="Save view").click()
    page.get_by_role("link", name=re.compile("Open by name")).click()
    assert "status=open" in page.url
    page.get_by_text("Save view").first.click()
    page.get_by_role("button", name="Remove Open by name").click()
    assert not SavedView.objects.exists()


def test_a_note_is_written_found_and_corrected(bare):
    page = bare(f"/engagements/{worst().pk}")
    page.get_by_role("link", name="Add note").click()
    page.locator("main textarea").fill("The sponsor signed for Quittenberg.")
    page.get_by_role("button", name="Save note").click()
    note = DeliveryNote.objects.get(written_here=True)
    expect(page.locator(f'[id="{note.pk}"]')).to_contain_text("The sponsor signed")
    page.get_by_role("searchbox", name="Find anything").fill("quittenberg")
    page.keyboard.press("Enter")
    page.locator("#found .hits a").first.click()
    page.wait_for_url(f"**#{note.pk}")
    assert page.evaluate("document.querySelector(':target').id") == note.pk
    page.goto(f"/engagements/{note.engagement_id}/notes/{note.pk}/edit")
    page.locator("main textarea").fill("The sponsor signed on 3 December.")
    page.get_by_role("button", name="Save note").click()
    note.refresh_from_db()
    assert "3 December" in note.content


def test_insights_are_made_one_by_one_compared_and_judged(bare):
    page = bare(f"/engagements/{worst().pk}")
    page.get_by_role("button", name="Generate all").click()
    part = page.locator("#ins-health_summary")
    expect(part.locator(".prov")).to_be_visible()
    part.get_by_role("button", name=re.compile("useful", re.IGNORECASE)).first.click()
    page.goto(f"/engagements/{worst().pk}")
    action = Action.objects.filter(status="proposed").first()
    row = page.locator(f"#action-{action.pk}")
    row.get_by_role("button", name=re.compile("Accept(?! as)")).click()
    action.refresh_from_db()
    assert action.status == "accepted"


def test_many_insights_are_asked_for_at_once(bare):
    page = bare("/insights")
    page.locator("form[action$='/insights/bulk']").get_by_role("button").first.click()
    assert BulkGeneration.objects.count() == 1
    expect(page.locator("main")).to_contain_text(re.compile(r"\d+ of \d+"))


def test_a_report_is_shared_read_by_a_stranger_and_closed(bare, browser, live_server):
    page = bare(f"/engagements/{worst().pk}")
    page.get_by_role("link", name="Share").click()
    page.get_by_role("button", name="Create link").click()
    link = page.locator("input[readonly]").first.input_value()
    stranger = browser.new_context(java_script_enabled=False).new_page()
    assert stranger.goto(link).status == 200
    expect(stranger.locator("article.report")).to_be_visible()
    page.get_by_role("button", name=re.compile("Revoke|Close|End")).first.click()
    assert Share.objects.get().revoked_at is not None
    assert stranger.goto(link).status == 404
    stranger.context.close()


def test_a_token_is_made_shown_once_and_revoked(bare):
    page = bare("/settings/tokens")
    page.get_by_label("What will use it").fill("Nightly export")
    page.get_by_role("button", name="Create token").click()
    expect(page.locator("main")).to_contain_text("psi_")
    page.goto("/settings/tokens")
    page.get_by_text("Revoke").first.click()
    if ApiToken.objects.filter(revoked_at=None).exists():  # asked once more
        page.get_by_role("button", name=re.compile("Revoke")).first.click()
    assert not ApiToken.objects.filter(revoked_at=None).exists()


def test_data_are_loaded_and_the_logs_are_read(bare):
    page = bare("/settings")
    before = Load.objects.count()
    page.get_by_role("button", name="Load now").click()
    assert Load.objects.count() == before + 1
    page.goto("/settings/log")
    page.get_by_role("link", name="Loads").click()
    page.locator("[name=state]").select_option("done")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#entries tbody tr").first).to_contain_text("Done")


def test_signing_in_and_out(browser, live_server, settings, db):
    from tests.conftest import person

    settings.ALLOWED_HOSTS = ["*"]
    person("mara", is_staff=True)
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    page = context.new_page()
    page.goto("/engagements?status=open")
    page.get_by_label("User name").fill("mara")
    page.get_by_label("Password").fill("a-long-pass-phrase")
    page.get_by_role("button", name="Sign in").click()
    assert page.url.endswith("/engagements?status=open")
    page.goto("/settings")
    page.get_by_role("button", name="Sign out").click()
    assert "/login" in page.url
    context.close()

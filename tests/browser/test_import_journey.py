"""A file from the form to the list of engagements, in a browser, with script and without."""

from __future__ import annotations

import re

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Page, expect

from engagements.models import Engagement, Task
from tests.factories import signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]
EXAMPLES = django_settings.BASE_DIR / "fixtures" / "import"


@pytest.fixture(autouse=True)
def staff(portfolio):
    """The person who opens pages may change the installation."""
    signed_in(is_staff=True)


def check(page: Page, name: str) -> None:
    """Choose a file, check it, and wait for what it comes to."""
    page.get_by_label("File", exact=True).set_input_files(EXAMPLES / name)
    page.get_by_role("button", name="Check file").click()
    expect(page.locator("#import-check")).to_be_visible()


def test_a_bad_file_is_explained_and_a_good_one_comes_in(open_page, violations):
    page = open_page("/settings/import")
    check(page, "bad_header.csv")
    expect(page.locator("#import-check")).to_contain_text("Rename statuss to status.")
    expect(page.locator("#faults-t")).to_be_focused()
    assert violations(page) == []

    check(page, "bad_tasks.csv")
    expect(page.locator("#import-check")).to_contain_text("1 row ready, 15 rejected.")
    expect(page.locator("#outcome-t")).to_be_focused()
    assert re.search(r"/settings/import/\d+$", page.url)
    page.locator("#rejects").get_by_role("link", name="Page 2").click()
    expect(page.locator("#rejects")).to_contain_text("Sleeping")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download rejects").click()
    assert started.value.suggested_filename == "tasks-rejects.csv"
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("Discarded. Nothing was imported.")).to_be_visible()
    assert not Task.objects.filter(pk__startswith="TSK-3000").exists()

    check(page, "engagements.csv")
    assert violations(page) == []
    page.get_by_role("button", name="Import 3 rows").click()
    expect(page.locator("#import-check")).to_contain_text("3 rows imported")
    expect(page.locator("#outcome-t")).to_be_focused()
    page.reload()
    expect(page.locator("#import-check")).to_contain_text("3 rows imported")
    assert violations(page) == []
    page.get_by_role("link", name="See engagements").click()
    expect(page.locator("#rows")).to_be_visible()
    page.goto("/engagements?q=Brackwater")
    expect(page.locator("#rows")).to_contain_text("Brackwater, Lund & Co")
    # 422 is what the browser itself writes of the refused file.
    assert [said for said in page.complaints if "422" not in said] == []


def test_the_same_works_without_script_on_a_phone(open_page):
    page = open_page("/settings/import", script=False, width=375)
    check(page, "bad_header.csv")
    expect(page.locator("#import-check")).to_contain_text("Rename statuss to status.")
    check(page, "engagements.csv")
    expect(page.locator("#import-check")).to_contain_text("3 rows ready, 0 rejected.")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.get_by_role("button", name="Import 3 rows").click()
    expect(page.locator("#import-check")).to_contain_text("3 rows imported")
    assert Engagement.objects.filter(pk="ENG-2003").exists()

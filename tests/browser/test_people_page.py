"""People in a real browser: adding a login, giving a role, choosing a password."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from engagements.membership import Role, role_of
from tests.factories import make_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def admin(db):
    """The person of the browser, as an admin; and somebody to look at."""
    make_member(get_user_model().objects.create_user("pia", email="pia@example.com"), "viewer")
    return get_user_model().objects.create_user("ines", password="a-long-one", is_staff=True)


@pytest.mark.parametrize(
    ("width", "theme"), [(1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")]
)
def test_no_page_about_people_breaks_a_rule_of_access_or_is_too_wide(
    open_page, violations, width, theme
):
    page = open_page("/settings/people", width=width, theme=theme)
    for path in ("/settings/people", "pia", "/settings/password"):
        if path.startswith("/"):
            page.goto(path)
        else:
            page.get_by_role("link", name=path).click()
            page.locator("summary", has_text="Deactivate").click()
        page.emulate_media(reduced_motion="reduce")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert violations(page) == [], path
    assert page.complaints == []


def test_a_login_is_made_and_signs_in_by_its_link_without_script(open_page, violations):
    page = open_page("/settings/people", script=False)
    page.get_by_label("User name").fill("otto")
    page.get_by_label("Name", exact=True).fill("Otto Brandt")
    page.get_by_role("radio", name="Manager Sees").check()
    page.get_by_role("button", name="Add and show the link").click()
    link = page.locator("#link").inner_text()
    page.context.clear_cookies()
    page.goto(link)
    page.get_by_label("New password", exact=True).fill("a-long-pass-phrase")
    page.get_by_label("New password confirmation").fill("a-long-pass-phrase")
    page.get_by_role("button", name="Save and sign in").click()
    assert page.locator("h1").inner_text() == "Today" or "Set up" in page.content()
    assert role_of(get_user_model().objects.get(username="otto")) == Role.MANAGER


def test_the_page_of_the_link_and_a_page_without_a_role_keep_the_rules(open_page, violations):
    page = open_page("/settings/people")
    page.get_by_role("link", name="pia").click()
    page.get_by_role("button", name="New link for a password").click()
    assert violations(page) == []
    link = page.locator("#link").inner_text()
    page.context.clear_cookies()
    page.goto(link)
    assert page.locator("h1").inner_text() == "Choose a password"
    assert violations(page) == []
    get_user_model().objects.get(username="pia").membership.delete()
    page.get_by_label("New password", exact=True).fill("a-long-pass-phrase")
    page.get_by_label("New password confirmation").fill("a-long-pass-phrase")
    page.get_by_role("button", name="Save and sign in").click()
    assert page.locator("h1").inner_text() == "No role yet"
    assert violations(page) == []

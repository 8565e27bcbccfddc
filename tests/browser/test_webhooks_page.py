"""Webhooks in a real browser: a test is sent, looked at, and sent again."""

from __future__ import annotations

import base64

import pytest
from django.utils import timezone

from psinsights.heartbeat import beat
from psinsights.webhooks.deliver import deliver
from psinsights.webhooks.endpoints import endpoints
from psinsights.webhooks.events import ping
from tests.factories import signed_in
from tests.llm.raw import RawServer, always, http

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/settings/webhooks"
LOOKS = [(width, theme) for width in (320, 1280) for theme in ("light", "dark")]


@pytest.fixture
def answering(settings):
    """An endpoint that takes nothing, and the worker's beat; the browser is staff's."""
    signed_in(is_staff=True)
    beat()
    with RawServer(always(http(500, b'{"why": "' + b"a long answer " * 40 + b'"}'))) as server:
        settings.WEBHOOK_URLS = [server.base_url + "/" + "part/" * 12]
        settings.WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
        yield server


@pytest.mark.parametrize("script", [True, False])
def test_a_test_is_sent_looked_at_and_sent_again(answering, open_page, script):
    page = open_page(PAGE, script=script)
    page.get_by_role("button", name="Send a test").click()
    assert "A test for 1 endpoint waits for the worker." in page.locator("main").inner_text()
    deliver(seconds=5)
    page.goto(PAGE)
    page.get_by_role("link", name="ping").click()
    text = page.locator("main").inner_text()
    assert "It answered 500." in text
    assert "a long answer" in text
    page.get_by_role("button", name="Send again").click()
    assert "It waits for the worker" in page.locator("main").inner_text()
    assert page.get_by_text("0 of 6").is_visible()
    assert [said for said in page.complaints if "404" not in said] == []


def test_what_is_on_its_way_is_shown_when_it_arrives(answering, open_page):
    page = open_page(PAGE)
    page.get_by_role("button", name="Send a test").click()
    deliver(seconds=5)
    page.get_by_text("It answered 500.").wait_for(timeout=15_000)


def test_no_page_of_webhooks_breaks_a_rule_or_scrolls_sideways(answering, open_page, violations):
    row = ping(endpoints(), now=timezone.now()).deliveries.get()
    deliver(seconds=5)
    for path in (PAGE, f"{PAGE}/{row.pk}", "/settings/dependencies"):
        for width, theme in LOOKS:
            page = open_page(path, width=width, theme=theme)
            assert violations(page) == [], (path, width, theme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)

"""Filters live in the address: Back brings them back as they were, and swaps leave the focus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("db")]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A control that narrows the part of a page, and what it is set to."""

    path: str
    control: str
    value: str
    part: str
    swapped: bool = True  # in place, by htmx

    def __str__(self) -> str:
        return f"{self.path} {self.control}"

    def use(self, page: Page) -> None:
        """Set it as a person would, and wait for what comes of it."""
        control = page.locator(self.control)
        if control.evaluate("element => element.localName") == "select":
            control.select_option(self.value)
        else:
            control.fill(self.value)
            control.press("Enter")
        page.wait_for_url(f"**=*{self.value}*")


FILTERS = [
    Filter(path="/engagements", control="#filters [name=health]", value="critical", part="#rows"),
    Filter(path="/engagements", control="#filters [name=status]", value="open", part="#rows"),
    Filter(path="/engagements", control="#q", value="migration", part="#rows"),
    Filter(path="/insights", control="[name=type]", value="risk_detection", part="#feed"),
    Filter(path="/insights", control="[name=severity]", value="high", part="#feed"),
    Filter(path="/metrics", control="#days", value="7", part="#figures"),
    Filter(path="/search", control="#words", value="access", part="#found"),
    Filter(path="/settings/log", control="#log-q", value="action", part="#entries"),
]
each_filter = pytest.mark.parametrize("narrowing", FILTERS, ids=str)


@pytest.fixture(scope="module")
def db() -> None:
    """The test database is filled once for the module, not emptied after each test."""


@pytest.fixture
def opened(stage: dict[str, str], tabs: Any) -> Callable[[str], Page]:
    def page(path: str) -> Page:
        tab: Page = tabs("manager")
        tab.set_viewport_size({"width": 1280, "height": 900})
        tab.goto(path.format(**stage))
        return tab

    return page


def told(page: Page, part: str) -> str:
    """The words of a part, without how long ago something was."""
    return page.locator(part).inner_text()


@each_filter
def test_back_from_another_page_brings_the_filter_back(opened, narrowing):
    page = opened(narrowing.path)
    narrowing.use(page)
    expect(page.locator(narrowing.part)).to_be_visible()
    page.wait_for_load_state("networkidle")
    address, words = page.url, told(page, narrowing.part)
    page.goto("/settings")
    page.go_back()
    assert page.url == address
    assert told(page, narrowing.part) == words
    assert page.locator(narrowing.control).input_value() == narrowing.value


@each_filter
def test_reload_and_a_link_show_the_same(opened, narrowing):
    page = opened(narrowing.path)
    narrowing.use(page)
    page.wait_for_load_state("networkidle")
    words = told(page, narrowing.part)
    page.reload()
    assert told(page, narrowing.part) == words
    assert page.locator(narrowing.control).input_value() == narrowing.value


@each_filter
def test_the_focus_stays_on_the_control_that_was_used(opened, narrowing):
    page = opened(narrowing.path)
    page.locator(narrowing.control).focus()
    narrowing.use(page)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("s => document.activeElement.matches(s)", narrowing.control)


@pytest.mark.parametrize(
    ("path", "pressed", "part"),
    [
        ("/engagements", "#rows th:nth-child(1) a", "#rows"),
        ("/engagements/{rich}", "#tl .seg a:has-text('Notes')", "#tl"),
        ("/engagements/{rich}", "#tl footer a:has-text('earlier')", "#tl"),
        ("/insights", "#feed .pager a[rel=next]", "#feed"),
        ("/settings/quarantine", "#rows .pager a[rel=next]", "#rows"),
    ],
)
def test_a_link_that_swaps_its_own_part_leaves_the_focus_in_it(opened, path, pressed, part):
    page = opened(path)
    link = page.locator(pressed).first
    link.focus()
    with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")
    page.wait_for_function("document.activeElement !== document.body")
    assert page.evaluate("s => !!document.activeElement.closest(s)", part)


def test_back_walks_through_the_filters_one_by_one(opened):
    page = opened("/engagements")
    for name, value in (("status", "open"), ("health", "critical")):
        page.locator(f"#filters [name={name}]").select_option(value)
        page.wait_for_url(f"**{name}={value}*")
    page.go_back()
    expect(page.locator("#filters [name=health]")).to_have_value("")
    expect(page.locator("#filters [name=status]")).to_have_value("open")
    page.go_back()
    expect(page.locator("#filters [name=status]")).to_have_value("")
    page.go_forward()
    expect(page.locator("#filters [name=status]")).to_have_value("open")


def test_the_tab_key_reaches_every_control_and_is_never_caught(opened):
    page = opened("/engagements/{rich}")
    every = page.evaluate(
        """() => look.all("a[href], button, input, select, textarea, summary, [tabindex='0']")
          .filter(e => !e.disabled && e.type !== 'hidden' && !e.closest('dialog') && e.tabIndex >= 0
            && (e.type !== 'radio' || e.checked)).length"""
    )
    page.evaluate("document.body.focus(); window.seen = new Set()")
    for _ in range(every + 40):
        page.keyboard.press("Tab")
        if not page.evaluate("document.activeElement !== document.body"):
            break
        page.evaluate("window.seen.add(document.activeElement)")
    assert page.evaluate("window.seen.size") >= every


def test_the_skip_link_is_first_and_leads_past_the_navigation(opened):
    page = opened("/engagements")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('main')")

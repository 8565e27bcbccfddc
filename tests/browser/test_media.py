"""Paper, little motion, forced colours, larger text, the keyboard, and pages that change by themselves."""

from __future__ import annotations

import re
import zlib

import pytest

from tests.browser.examine import MOST_SHIFT

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("db")]
MAIN = [
    "/",
    "/engagements",
    "/engagements/{rich}",
    "/engagements/{rich}/report",
    "/insights",
    "/metrics",
    "/settings",
    "/briefing",
]
ON_PAPER = ["/engagements/{rich}", "/engagements/{rich}/report", "/metrics", "/briefing"]
TOOLS = ".side, .bar, .nav, .tabs, .btn, .skip, #toasts, dialog"
# WCAG 1.4.12, in a sheet that no policy stands in the way of.
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important; } p { margin-bottom: 2em !important; }`);
  document.adoptedStyleSheets = [sheet];
}"""
RING = """() => {
  const bar = document.querySelector(".bar"), nav = document.querySelector(".nav"), lost = [];
  const under = (box, by) => by && ["fixed", "sticky"].includes(getComputedStyle(by).position)
    && box.top >= by.getBoundingClientRect().top && box.bottom <= by.getBoundingClientRect().bottom;
  for (const el of look.all("a[href], button, input, select, textarea, summary, [tabindex='0']")) {
    if (el.disabled || el.type === "hidden" || el.closest("dialog")) continue;
    el.focus();
    if (document.activeElement !== el) continue;
    const style = getComputedStyle(el), box = el.getBoundingClientRect();
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) lost.push(`no ring: ${look.told(el)}`);
    if (!el.closest(".bar, .nav, .side") && (under(box, bar) || under(box, nav))) lost.push(`covered: ${look.told(el)}`);
  }
  return lost;
}"""


@pytest.fixture(scope="module")
def db():
    """The test database is filled once for the module, not emptied after each test."""


@pytest.fixture
def opened(stage, tabs):
    """An address open in the manager's tab, which is an ordinary one again afterwards."""
    tab = tabs("manager")

    def page(path, width=1280):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.goto(path.format(**stage))
        tab.evaluate("async () => { await document.fonts.ready; }")
        return tab

    yield page
    tab.emulate_media(media="screen", color_scheme="light", forced_colors="none")
    tab.emulate_media(reduced_motion="no-preference")


@pytest.mark.parametrize("path", ON_PAPER)
def test_paper_shows_no_tools_and_is_light_whatever_the_screen_is(opened, path):
    page = opened(path, width=794)
    page.emulate_media(media="print", color_scheme="dark")
    shown = page.evaluate(f"look.all({TOOLS!r}).map(look.told)")
    assert shown == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(21, 24, 29)"
    assert page.evaluate("look.sideways().concat(look.overlaps())") == []


@pytest.mark.parametrize("path", ON_PAPER[:2])
def test_what_is_printed_of_an_engagement_has_its_insights_unfolded(opened, path):
    page = opened(path)
    page.emulate_media(media="print")
    text = page.locator("main").inner_text()
    assert re.search(r"NOTE-\d{4}-\d{3}", text)
    assert "Main reason" in text


def test_the_report_is_a_pdf_of_verdict_quotes_and_sources(opened):
    page = opened("/engagements/{rich}/report")
    page.emulate_media(media="print")
    text = page.locator("main").inner_text()
    for part in ("Falbourne Savings", "Critical", "In short", "“", "NOTE-0016-", "TSK-0016-"):
        assert part in text, part
    paper = page.pdf(format="A4")
    assert paper.startswith(b"%PDF")
    sheets = paper.count(b"/Type /Page\n")
    assert 1 <= sheets <= 12
    drawn = [part for part in streams(paper) if b"Tj" in part or b"TJ" in part]
    assert len(drawn) == sheets  # none is empty


def streams(paper):
    """What the pages of a PDF draw, unpacked."""
    for packed in re.findall(rb"stream\r?\n(.*?)endstream", paper, re.DOTALL):
        try:
            yield zlib.decompress(packed)
        except zlib.error:
            continue


@pytest.mark.parametrize("path", ["/engagements/{running}", "/insights", "/"])
def test_nothing_moves_for_those_who_asked_for_that(opened, path):
    page = opened(path)
    page.emulate_media(reduced_motion="reduce")
    running = "document.getAnimations().filter(one => one.playState === 'running').length"
    assert page.evaluate(running) == 0


@pytest.mark.parametrize("path", MAIN)
def test_status_is_told_in_words_where_colours_are_the_readers(opened, path):
    page = opened(path)
    page.emulate_media(forced_colors="active")
    silent = page.evaluate(
        "look.all('.health, .badge, .delta').filter(el => !el.innerText.trim()).map(look.told)"
    )
    assert silent == []
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("path", MAIN)
def test_focus_is_seen_wherever_it_goes(opened, path, width):
    page = opened(path, width)
    page.keyboard.press("Tab")
    assert page.evaluate(RING) == []


@pytest.mark.parametrize("path", MAIN)
def test_nothing_is_lost_when_text_is_spaced_or_twice_as_large(opened, path):
    page = opened(path)
    page.evaluate(SPACED)
    assert page.evaluate("look.sideways().concat(look.clipped(), look.overlaps())") == []
    page = opened(path, width=640)  # 1280 at 200 %
    assert page.evaluate("look.sideways().concat(look.clipped(), look.overlaps())") == []


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize(
    ("path", "asked"), [("/engagements/{running}", "/insights/"), ("/insights", "/insights/bulk/")]
)
def test_a_page_that_asks_again_does_not_move(opened, path, asked, width):
    page = opened(path, width)
    for _ in range(2):
        with page.expect_response(lambda answer: asked in answer.url) as answer:
            pass
        assert answer.value.ok
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    assert page.evaluate("look.shifts()") <= MOST_SHIFT, page.evaluate("look.shifters()")
    assert page.evaluate("look.breaches()") == []


@pytest.mark.parametrize("path", ["/", "/engagements"])
def test_a_theme_that_was_chosen_is_there_before_anything_is_seen(opened, path):
    page = opened(path)
    page.evaluate("localStorage.setItem('theme', 'dark')")
    try:
        page.reload()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(12, 14, 17)"
        assert page.evaluate("look.shifts()") <= MOST_SHIFT
    finally:
        page.evaluate("localStorage.removeItem('theme')")


def test_what_is_said_of_a_change_is_announced(opened):
    page = opened("/engagements/{rich}")
    assert page.locator("#toasts").get_attribute("role") == "status"
    assert page.locator("#toasts").get_attribute("aria-live") == "polite"

"""Every page in a real browser: three widths, two themes, without data and with all of it."""

from __future__ import annotations

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from tests.browser.examine import AXE, LOOK, MOST_CSS, MOST_JS, MOST_SHIFT
from tests.browser.pages import NO_PAGE, PAGES
from tests.browser.stage import STAGES

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("db")]
SETS = [
    pytest.param(stage, page, id=f"{stage}-{page}")
    for stage in STAGES
    for page in PAGES
    if page.empty or stage == "full"
]
everywhere = pytest.mark.parametrize(("stage", "page_of_product"), SETS, indirect=["stage"])


@pytest.fixture(scope="module")
def db():
    """The test database is filled once for each stage, not emptied after each test."""


@pytest.fixture(scope="module")
def scripts():
    """The rules of WCAG too: kept by the browser, they need not be sent to it for each look."""
    return [LOOK, AXE]


@everywhere
def test_no_page_breaks_a_rule_of_wcag(looked_at, page_of_product):
    excused = tuple(f" {rule}: " for rule in page_of_product.excused)
    assert [line for line in looked_at.violations if not any(r in line for r in excused)] == []


@everywhere
def test_no_page_scrolls_sideways_or_cuts_words_off(looked_at):
    assert looked_at.layout == []


@everywhere
def test_nothing_moves_while_a_page_loads(looked_at):
    assert max(looked_at.shifts.values()) <= MOST_SHIFT, looked_at.shifters


@everywhere
def test_the_browser_complains_of_nothing_and_asks_nobody_else(looked_at):
    assert looked_at.complaints == []


@everywhere
def test_every_page_is_light(looked_at, page_of_product):
    assert looked_at.html <= page_of_product.most_html
    assert looked_at.css <= MOST_CSS
    assert looked_at.js <= MOST_JS


@everywhere
def test_every_page_has_one_heading_one_main_part_and_no_id_twice(looked_at):
    assert looked_at.anatomy == []


def test_titles_tell_pages_apart(looks):
    paths_of: dict[str, set[str]] = {}
    for look in looks.values():
        # What is not there is called the same wherever it is not; an action may lead elsewhere.
        if look.status < 400 and not look.acted:
            paths_of.setdefault(look.title, set()).add(look.path)
    assert [f"{title}: {paths}" for title, paths in paths_of.items() if len(paths) > 1] == []


def routes(patterns, space=""):
    """Every named address, as ``space:name``."""
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, f"{one.namespace}:" if one.namespace else space)
        elif isinstance(one, URLPattern) and one.name:
            yield f"{space}{one.name}"


def test_every_address_is_looked_at_or_known_to_be_no_page():
    shown = {resolve(one.path.split("?")[0].format_map(_Any())).view_name for one in PAGES}
    not_shown = set().union(*NO_PAGE.values())
    known = routes(get_resolver("psinsights.urls").url_patterns)
    ours = {name for name in known if not name.startswith("api:")}
    assert ours - shown - not_shown == set(), "add a line to pages.py"
    assert not_shown <= ours


class _Any(dict):
    def __missing__(self, name):
        return "1"

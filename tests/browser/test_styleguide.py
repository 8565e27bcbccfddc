"""Every component in a real browser, light and dark, at once."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_component_breaks_a_rule_of_access(open_page, violations, settings, theme):
    settings.DEBUG = True
    page = open_page("/styleguide", theme=theme)
    page.emulate_media(reduced_motion="reduce")
    page.locator("main details").evaluate_all("all => all.forEach(one => (one.open = true))")
    assert page.locator("h1").inner_text() == "Style guide"
    assert violations(page) == []
    assert page.complaints == []

"""Going through what waits for a decision by keyboard, and without script."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from engagements.models import SavedView
from insights.models import Action, Risk
from tests.factories import DAY, days, make_engagement, make_finding, make_note

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FOCUSED = "document.activeElement"


@pytest.fixture(autouse=True)
def risks(settings: Any) -> list[Risk]:
    """Three open high risks, the heaviest first, and an action that is due."""
    settings.TODAY = DAY.isoformat()
    row = make_engagement(engagement_id="ENG-1", customer_name="Talvik Energy")
    make_engagement(engagement_id="ENG-2", customer_name="Pellworth Foods")
    Action.objects.create(
        engagement=row, title="Name an owner", priority="P1", due_on=DAY, rule="renewal",
        proposed_on=DAY, status="accepted",
    )  # fmt: skip
    return [_risk(row, number) for number in range(3)]


def _risk(row: Any, number: int) -> Risk:
    note = make_note(row, note_id=f"N-{number}", content="Nobody owns it.")
    quoted = {"source": note.pk, "quote": "Nobody owns it.", "start": 0, "end": 15}
    return Risk.objects.create(
        engagement=row, category="commercial", reason=f"reason_{number}", title=f"Risk {number}",
        severity=4, likelihood=1.0, exposure=16.0 - number, level="critical",
        claim={"evidence": [quoted]}, seen=[note.pk], first_seen_on=days(-3), last_seen_on=DAY,
    )  # fmt: skip


def stands_on(page: Page, name: str) -> None:
    """The focus is in the row of that name, or comes there when the swap has settled."""
    page.wait_for_function(
        "name => document.activeElement?.closest('[data-row]')?.querySelector('.name')?.innerText"
        " === name",
        arg=name,
    )


def status_of(risk: Risk) -> str:
    risk.refresh_from_db()
    return risk.status


def test_risks_are_gone_through_by_keyboard(open_page: Any, risks: list[Risk]) -> None:
    page = open_page("/")
    page.keyboard.press("j")
    stands_on(page, "Risk 0")
    page.keyboard.press("a")
    expect(page.locator(f"#risk-{risks[0].pk}")).to_contain_text("Accepted")
    expect(page.locator("#n-risks")).to_have_text("2")
    expect(page.locator("#toasts")).to_contain_text("Accepted: Risk 0")
    stands_on(page, "Risk 1")

    page.keyboard.press("x")
    expect(page.get_by_label("Why?")).to_be_focused()
    assert status_of(risks[1]) == "open"
    page.keyboard.type("a known risk, accepted by jan")  # every key of it means something elsewhere
    page.keyboard.press("Enter")
    expect(page.locator(f"#risk-{risks[1].pk}")).to_contain_text("a known risk")
    stands_on(page, "Risk 2")

    page.keyboard.press("z")  # nothing was decided of this one: the last decision, in the toast
    expect(page.locator("#n-risks")).to_have_text("2")
    assert status_of(risks[1]) == "open"
    stands_on(page, "Risk 1")
    assert page.complaints == []


def test_a_reason_that_is_not_given_dismisses_nothing(open_page: Any, risks: list[Risk]) -> None:
    page = open_page("/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_label("Why?")).to_be_focused()
    page.keyboard.press("Enter")  # required, and empty
    page.keyboard.press("Escape")
    expect(page.locator(f"#why-risk-{risks[0].pk}")).to_be_hidden()
    stands_on(page, "Risk 0")
    assert status_of(risks[0]) == "open"


def test_enter_opens_the_evidence(open_page: Any) -> None:
    page = open_page("/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/engagements/ENG-1?at=N-0#N-0")


def test_a_button_that_a_swap_took_away_leaves_the_focus_in_its_row(
    open_page: Any, risks: list[Risk]
) -> None:
    page = open_page("/")
    row = page.locator(f"#risk-{risks[0].pk}")
    row.get_by_role("button", name="Accept").press("Enter")
    expect(row).to_contain_text("Accepted")
    expect(row.get_by_role("button", name="Resolve")).to_be_focused()


def test_finding_the_risks_of_notes_leaves_the_focus_on_the_page(open_page: Any) -> None:
    row = make_engagement(engagement_id="ENG-9", standing={"heaviest_finding": 16.0})
    make_finding(make_note(row, content="Nobody owns the renewal."), reason="renewal_risk")
    page = open_page("/?scope=all")
    page.get_by_role("button", name="Find its risks").press("Enter")
    expect(page.locator(".banner[role=status]")).to_contain_text("Risks of")
    expect(page.get_by_role("heading", name="Today")).to_be_focused()
    assert page.url.endswith("/?scope=all")


def test_keys_do_nothing_when_they_are_turned_off(open_page: Any, risks: list[Risk]) -> None:
    page = open_page("/")
    page.evaluate("localStorage.setItem('keys', 'off')")
    page.keyboard.press("j")
    page.keyboard.press("a")
    assert page.evaluate(f"{FOCUSED} === document.body")
    assert status_of(risks[0]) == "open"


def test_an_action_is_done_and_taken_back_by_keyboard(open_page: Any) -> None:
    page = open_page("/")
    page.locator("#actions .name").focus()
    page.keyboard.press("a")
    expect(page.locator("#n-actions")).to_have_text("0")
    page.keyboard.press("z")
    expect(page.locator("#n-actions")).to_have_text("1")


def test_the_same_without_script(open_page: Any, risks: list[Risk]) -> None:
    page = open_page("/?scope=all", script=False)
    page.locator(f"#risk-{risks[0].pk}").get_by_role("button", name="Accept").click()
    assert page.url.endswith("/?scope=all#risks")
    expect(page.get_by_role("status").first).to_contain_text("Accepted: Risk 0")
    row = page.locator(f"#risk-{risks[1].pk}")
    row.get_by_role("link", name="Dismiss").click()
    page.get_by_label("Why?").fill("Agreed with the sponsor")
    page.get_by_role("button", name="Dismiss").click()
    assert page.url.endswith("/?scope=all#risks")
    expect(page.locator("#n-risks")).to_have_text("1")
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#n-actions")).to_have_text("0")


def test_the_part_is_switched_and_back_undoes_it(open_page: Any) -> None:
    page = open_page("/")
    page.get_by_role("link", name="Mine").click()
    expect(page.get_by_role("heading", name="You own no open engagement")).to_be_visible()
    page.get_by_role("link", name="See all 2 open").click()
    expect(page.locator("#n-risks")).to_have_text("3")
    page.go_back()
    expect(page.get_by_role("heading", name="You own no open engagement")).to_be_visible()


def test_a_saved_view_is_chosen_from_the_menu_and_back_undoes_it(open_page: Any) -> None:
    page = open_page("/?scope=all")
    SavedView.objects.create(owner=_person(), name="Foods", query="?q=pellworth")
    page.reload()
    page.get_by_label("Saved view").focus()
    page.get_by_label("Saved view").select_option(label="Foods")
    expect(page.locator(".head")).to_contain_text("1 of 2 open engagements, in “Foods”")
    expect(page.get_by_label("Saved view")).to_be_focused()
    page.go_back()
    expect(page.locator(".head")).to_contain_text("2 open engagements")


def _person() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(username="ines")


@pytest.mark.parametrize("path", ["/?scope=all", "/?scope=mine", "/insights"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_break_no_rule_of_wcag(
    open_page: Any, violations: Any, path: str, theme: str
) -> None:
    page = open_page(path, width=320, theme=theme)
    for link in page.locator(".acts a[data-key=x]").all()[:1]:
        link.click()
        expect(page.get_by_label("Why?")).to_be_focused()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320

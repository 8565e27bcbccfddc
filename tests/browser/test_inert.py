"""Text in any field is text: stored or sent in an address, it never runs, loads or leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import cycle
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib.auth import get_user_model
from django.test import override_settings

from connectors.freshness import glance
from connectors.models import Load
from connectors.notes import write_note
from engagements.models import Engagement
from engagements.records import InsightType
from engagements.saved_views import SavedView
from insights.deciding import decide_action, decide_risk
from insights.generation import generate
from insights.models import Action, Generation, Insight, Risk
from insights.reporting import report_of
from insights.sharing import share
from psinsights.lib import audit
from psinsights.lib.today import today
from psinsights.models import ApiToken
from tests import exports
from tests.browser.hostile import MARKS, PAYLOADS, WATCH, portfolio
from tests.browser.stage import emptied
from tests.factories import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("db")]
LOGIN = "/login"
GENERATE = re.compile("^Generate")
EVERYWHERE = (
    "/", "/engagements?size=40", "/engagements?view=risks", "/insights", "/insights?type=risk_detection",
    "/search?q=blocked", "/search?q=script", "/metrics", "/briefing", "/settings",
    "/settings/quarantine", "/settings/tokens", "/settings/log", "/settings/log?log=loads",
    "/settings/log?log=generations", "/settings/people", "/settings/scoring", "/settings/import",
    "/settings/webhooks", "/settings/dependencies",
)  # fmt: skip
OF_ONE = ("", "/report", "/share", "/notes/new", "?timeline=notes&tasks=all")
ASKED = (
    "q", "view", "sort", "status", "health", "phase", "owner", "type", "severity", "provider",
    "engagement", "at", "tasks", "timeline", "entries", "in", "days", "week", "scope", "table",
    "reason", "log", "state", "next", "after", "page", "size",
)  # fmt: skip
ADDRESSED = (
    "/", "/engagements", "/insights", "/search", "/metrics", "/briefing", "/settings/log",
    "/settings/quarantine", "/settings/import", "/settings/webhooks", "/engagements/E",
    "/nowhere/{}", "/engagements/{}", "/engagements/{}/report", "/insights/{}/changes",
    "/shared/{}", "/engagements/E/insights/{}",
)  # fmt: skip


@pytest.fixture(scope="module")
def db() -> None:
    """The test database is filled once for the module, not emptied after each test."""


@pytest.fixture(scope="module")
def hostile(server: Any, tmp_path_factory: Any) -> Iterator[list[str]]:
    """A portfolio with a payload in every field, and what people add; the engagements' addresses."""
    emptied()
    with override_settings(TODAY="2026-10-15"):
        exports.load(portfolio(tmp_path_factory.mktemp("hostile") / "set"))
        Engagement.objects.create(engagement_id="E", customer_name="Halden", status="Active")
        mara = get_user_model().objects.create(
            username="mara", first_name=PAYLOADS[1], is_staff=True
        )
        for engagement in rows():
            for kind in InsightType:
                generate(engagement, kind)
        people_added(mara)
        yield [f"/engagements/{quote(row.pk, safe='')}" for row in rows()]
    emptied()


@pytest.fixture(params=[True, False], ids=["with the policy", "without it"])
def watched(
    request: Any, browser: Any, server: Any, hostile: list[str], settings: Any
) -> Iterator[Any]:
    """A tab that tells what ran; once without the content security policy, which would hide it."""
    settings.AXES_ENABLED = False  # a wrong password again and again is what one test is about
    context = browser.new_context(base_url=server.url, bypass_csp=not request.param)
    context.add_init_script(WATCH)
    cookie = signed_in("mara").cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": server.url}])
    page = context.new_page()
    page.left = []
    page.on("request", lambda asked: note_leaving(page, asked.url))
    page.on("dialog", lambda dialog: page.left.append(f"dialog {dialog.message}"))
    yield page
    context.close()


def rows() -> Any:
    return Engagement.objects.for_list().exclude(pk="E").order_by("pk")


def note_leaving(page: Any, url: str) -> None:
    if not url.startswith(("http://localhost", "data:", "blob:")):
        page.left.append(url)


def looked_over(page: Any) -> list[str]:
    """What ran, what was loaded and what is there as markup, on the page that is open."""
    page.wait_for_selector("body", state="attached")
    found = page.evaluate(MARKS) + page.left
    page.left.clear()
    return found


def seen_wrong(page: Any, addresses: Any) -> dict[str, list[str]]:
    """What ran, was loaded or was left as markup, by address."""
    wrong: dict[str, list[str]] = {}
    for address in addresses:
        answer = page.goto(address)
        found = looked_over(page)
        if answer is None or answer.status >= 500 or LOGIN in page.url:
            found.append(f"{answer and answer.status} at {page.url}")
        if found:
            wrong[address] = found
    return wrong


def people_added(person: Any) -> None:
    """Views, tokens, notes, decisions, runs and log entries, each with a payload."""
    day = today()
    for number, text in enumerate(PAYLOADS):
        SavedView.objects.create(owner=person, name=f"{number}{text}"[:40], is_shared=True)
        ApiToken.issue(person, text[:100])
        audit.record(person, text[:60], text, text)
        Load.objects.create(state="failed", source=text[:100], error=text)
    for row, text in zip(rows(), PAYLOADS, strict=True):
        write_note(row, person, f"Note of ours. {text}")
        Generation.objects.create(
            engagement=row, insight_type="theme_extraction", state="failed", error=text
        )
    Insight.objects.filter(insight_type="health_summary").update(fallback_reason=PAYLOADS[2])
    for risk, text, verb in zip(Risk.objects.all(), cycle(PAYLOADS), cycle(("assign", "dismiss"))):
        decide_risk(risk, verb, person, day=day, reason=text, owner=text)
    for step, text, verb in zip(Action.objects.all(), cycle(PAYLOADS), cycle(("edit", "dismiss"))):
        decide_action(step, verb, person, day=day, reason=text, owner=text, title=text)


def test_the_portfolio_is_as_hostile_as_it_should_be(hostile):
    assert len(hostile) == len(PAYLOADS)
    assert Insight.objects.filter(is_current=True).count() >= 4 * len(PAYLOADS)
    told = {text for risk in Risk.objects.all() for text in PAYLOADS if text in str(risk.claim)}
    assert len(told) > len(PAYLOADS) // 2  # quotes of notes that hold a payload


def test_nothing_that_is_stored_runs_loads_or_leaves(hostile, watched):
    addresses = [address + tail for address in hostile for tail in OF_ONE]
    assert seen_wrong(watched, [*EVERYWHERE, *addresses]) == {}


def test_a_report_that_is_shared_runs_nothing(watched):
    mara = get_user_model().objects.get(username="mara")
    links = [share(row, report_of(row, glance()), mara, 7)[1] for row in rows()]
    watched.context.clear_cookies()
    assert seen_wrong(watched, [f"/shared/{token}" for token in links]) == {}


def test_what_is_swapped_in_runs_nothing(hostile, watched):
    for text, address in zip(PAYLOADS[:6], hostile[:6], strict=True):
        watched.goto("/engagements")
        with watched.expect_response(lambda answer: "q=" in answer.url):
            watched.locator("#q").fill(text)
            watched.locator("#q").press("Enter")
        watched.wait_for_load_state("networkidle")
        assert looked_over(watched) == []
        watched.goto(address)
        with watched.expect_response(lambda answer: "risk_detection" in answer.url):
            watched.locator("#ins-risk_detection").get_by_role("button", name=GENERATE).click()
        watched.wait_for_load_state("networkidle")
        assert looked_over(watched) == []


def test_nothing_sent_in_an_address_runs_loads_or_leaves(watched):
    asked = ["".join(PAYLOADS[at::6]) for at in range(6)]
    addresses = [
        path.format(quote(text, safe="")) + "?" + urlencode(dict.fromkeys(ASKED, text))
        for text in asked
        for path in ADDRESSED
    ]
    assert seen_wrong(watched, addresses) == {}


def test_nothing_sent_to_the_login_runs_or_leaves(watched):
    for text in PAYLOADS[::3]:
        watched.context.clear_cookies()
        watched.goto("/login?" + urlencode({"next": text}))
        watched.get_by_label("User name").fill(text)
        watched.get_by_label("Password").fill(text)
        with watched.expect_navigation():
            watched.get_by_role("button", name="Sign in").click()
        assert looked_over(watched) == []

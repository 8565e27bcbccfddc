"""Every page there is, and the addresses that are no page. A new page is one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from engagements.saved import VIEWS
from tests.browser.stage import WEBHOOKS

Person = Literal["manager", "consultant", "viewer", "roleless", "nobody"]
MOST_HTML = 60_000
MOST_HTML_OF_STYLES = 120_000  # each component in each state, shown where DEBUG is set
DEBUG = {"DEBUG": True}
DEMO = {"DEBUG": True, "DEMO": True}
REMOTE = {"AI_PROVIDER": "huggingface", "HF_TOKEN": "hf_only-for-tests"}


@dataclass(frozen=True, kw_only=True)
class Page:
    """An address, filled in from the stage, and what is done there before it is looked at."""

    name: str
    path: str
    who: Person = "manager"
    status: int = 200
    empty: bool = False  # there before any data was loaded, too
    given: dict[str, Any] = field(default_factory=dict)  # settings
    then: Callable[[Any], None] | None = None
    most_html: int = MOST_HTML
    excused: tuple[str, ...] = ()  # rules of best practice that cannot hold there

    def __str__(self) -> str:
        return self.name


def named(table: dict[str, str], **given: Any) -> list[Page]:
    return [Page(name=name, path=path, **given) for name, path in table.items()]


# What is pressed and typed ───────────────────────────────────────────────────


def send_nothing(page: Any) -> None:
    """Send the page's own form with nothing in it, past the browser's own check."""
    form = page.locator("main form[method=post]").first
    with page.expect_navigation():
        form.evaluate("form => form.submit()")  # asks neither the browser's check nor htmx


def sign_in_wrongly(name: str) -> Callable[[Any], None]:
    def typed(page: Any) -> None:
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill("wrong")
        with page.expect_navigation():
            page.get_by_role("button", name="Sign in").click()

    return typed


def lose_the_cookie(page: Any) -> None:
    page.context.clear_cookies(name="csrftoken")
    sign_in_wrongly("somebody")(page)


def make_link(page: Any) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Create link").click()


def make_token(page: Any) -> None:
    page.locator("main input[name=name]").fill("Nightly export")
    with page.expect_navigation():
        page.locator("main form[method=post]").first.locator("button").click()


def preview_rules(page: Any) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Preview").click()


def ask_for_keys(page: Any) -> None:
    page.keyboard.press("?")


# Pages ───────────────────────────────────────────────────────────────────────

BEFORE_ANY_DATA = named(
    {
        "dashboard": "/",
        "engagements": "/engagements",
        "engagements, nothing found": "/engagements?q=nobody",
        "insights": "/insights",
        "metrics": "/metrics",
        "search": "/search",
        "search, nothing found": "/search?q=nobody",
        "settings": "/settings",
        "quarantine": "/settings/quarantine",
        "tokens": "/settings/tokens",
        "log": "/settings/log",
        "briefing": "/briefing",
        "briefing by mail": "/settings/briefing",
        "import": "/settings/import",
        "scoring": "/settings/scoring",
        "people": "/settings/people",
        "person": "/settings/people/{person}",
        "password": "/settings/password",
        "dependencies": "/settings/dependencies",
        "webhooks, none": "/settings/webhooks",
    },
    empty=True,
)
PORTFOLIO = named(
    {
        "engagements, wrong filter": "/engagements?status=asleep&health_min=x",
        "engagements, reported At Risk": "/engagements?status=At+Risk&sort=-week",
        "engagements, wide": "/engagements?size=40&sort=name",
        **{f"engagements, {view.label}": f"/engagements?view={view.key}" for view in VIEWS},
        "insights, filtered": "/insights?type=risk_detection&severity=high",
        "insights, nothing found": "/insights?engagement=nobody",
        "search, found": "/search?q=access",
        "search, of a kind": "/search?q=access&in=note",
        "metrics, short": "/metrics?days=7",
        "changes": "/insights/{insight}/changes",
        "briefing, mine": "/briefing?scope=mine",
        "import, checked": "/settings/import/{import}",
        "scoring, asked": "/settings/scoring/preview/{preview}",
        "webhook": "/settings/webhooks/{webhook}",
    }
)
ENGAGEMENT = named(
    {
        "engagement": "/engagements/{rich}",
        "engagement, all tasks and notes": "/engagements/{rich}?tasks=all&timeline=notes&entries=2",
        "engagement, a run failed": "/engagements/{failed}",
        "engagement, out of date": "/engagements/{stale}",
        "engagement, fell back": "/engagements/{fallback}",
        "engagement, running": "/engagements/{running}",
        "engagement, no insights": "/engagements/{bare}",
        "engagement, thin": "/engagements/{thin}",
        "engagement, completed": "/engagements/{done}",
        "engagement, on hold": "/engagements/{held}",
        "report": "/engagements/{rich}/report",
        "report, thin": "/engagements/{thin}/report",
        "report, long name": "/engagements/{held}/report",
        "engagement, all risks": "/engagements/{rich}?whole=risk_detection",
        "risk, asked why": "/risks/{risk}/dismiss",
        "risk, given to somebody": "/risks/{risk}/assign",
        "action, edited": "/actions/{action}/edit",
        "share": "/engagements/{rich}/share",
        "share, none yet": "/engagements/{thin}/share",
        "note": "/engagements/{rich}/notes/new",
        "note, edited": "/engagements/{stale}/notes/{note}/edit",
    },
)
OTHERS = [
    Page(name="demo", path="/", who="nobody", empty=True, given=DEMO),
    Page(name="dashboard of a viewer", path="/", who="viewer", empty=True),
    Page(name="settings of a viewer", path="/settings", who="viewer"),
    Page(name="dashboard of a consultant", path="/", who="consultant", empty=True),
    Page(name="no role", path="/", who="roleless", status=403, empty=True),
    Page(name="welcome", path="/welcome/{uid}/{key}", who="nobody", empty=True),
    Page(name="briefing ended", path="/briefing/unsubscribe/{unsubscribe}", who="nobody"),
    Page(name="webhooks", path="/settings/webhooks", given=WEBHOOKS),
    Page(name="keyboard help", path="/engagements", then=ask_for_keys),
    Page(name="note, refused", path="/engagements/{rich}/notes/new", then=send_nothing, status=422),
    Page(name="share, just made", path="/engagements/{bare}/share", then=make_link),
    Page(name="import, refused", path="/settings/import", then=send_nothing, status=422),
    Page(name="person, refused", path="/settings/people", then=send_nothing, status=422),
    Page(name="scoring, previewed", path="/settings/scoring", then=preview_rules),
    Page(name="token, just made", path="/settings/tokens", then=make_token, status=201),
    Page(name="shared", path="/shared/{token}", who="nobody"),
    Page(name="shared, closed", path="/shared/nothing", who="nobody", status=404, empty=True),
    Page(name="engagement, remote", path="/engagements/{rich}", given=REMOTE),
    Page(name="settings, remote", path="/settings", given=REMOTE),
    Page(name="preview", path="/engagements/{rich}/insights/risk_detection/preview", given=REMOTE),
    Page(name="login", path="/login", who="nobody", empty=True),
    Page(
        name="login, wrong", path="/login", who="nobody", then=sign_in_wrongly("nobody"), empty=True
    ),
    Page(
        name="locked", path="/login", who="nobody", then=sign_in_wrongly("locked"), status=429,
        empty=True,
    ),
    Page(
        name="form expired", path="/login", who="nobody", then=lose_the_cookie, status=403,
        empty=True,
    ),
    Page(name="no engagement", path="/engagements/NONE", status=404),
    Page(name="no page", path="/nowhere", status=404, empty=True),
    *(
        Page(name=f"error {status}", path=f"/wrong/{status}", status=status, empty=True)
        for status in (400, 403, 500, 503)
    ),
    Page(  # a component stands there as often as it has states, each a landmark of one name
        name="style guide", path="/styleguide", given=DEBUG, most_html=MOST_HTML_OF_STYLES,
        excused=("landmark-unique",),
    ),
]  # fmt: skip
PAGES = [*BEFORE_ANY_DATA, *PORTFOLIO, *ENGAGEMENT, *OTHERS]

# Addresses that answer GET with something else than a page, or answer none.
NO_PAGE = {
    "a file": {
        "settings:import-template", "settings:import-rejects", "engagements:csv", "engagements:xlsx", "metrics:export", "settings:rejects",
    },
    "a form is sent to it": {
        "logout", "engagements:save-view", "engagements:remove-view", "insights:bulk-start",
        "insights:bulk-verb", "insights:provider-test", "insights:feedback", "insights:make-all",
        "insights:cancel", "settings:load",
        "settings:regenerate", "settings:retry-outbox", "settings:run-job", "settings:revoke-token",
        "reports:revoke", "settings:import-check", "settings:import-confirm",
        "settings:import-discard", "settings:scoring-preview", "settings:scoring-save",
        "settings:person-verb", "settings:test-webhooks", "settings:send-webhook-again",
        "settings:send-failed-webhooks",
    },
    "a part of a page": {"insights:bulk", "insights:kind", "settings:job"},
}  # fmt: skip

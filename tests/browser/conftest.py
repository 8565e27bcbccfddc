"""A headless Chromium before the real application on loopback. Debian's browser, or CHROMIUM."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

# Playwright runs a loop in this thread; Django would refuse the ORM beside it. Nothing here is async.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": QUIET}


@pytest.fixture
def open_page(browser: Any, live_server: Any, settings: Any) -> Any:
    """Open an address as somebody who has signed in: ``open_page(path, width=…, theme=…)``."""
    from tests.factories import signed_in

    settings.ALLOWED_HOSTS = ["*"]
    contexts = []

    def opened(path: str, *, width: int = 1280, theme: str = "light", script: bool = True) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            java_script_enabled=script,
            base_url=live_server.url,
        )
        contexts.append(context)
        cookie = signed_in().cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.complaints = _complaints(page)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()


def _complaints(page: Any) -> list[str]:
    """What the browser complains of, and every request that leaves the application."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda said: heard.append(said.text) if said.type == "error" else None)
    page.on(
        "request",
        lambda asked: None if "//localhost" in asked.url else heard.append(asked.url),
    )
    return heard


@pytest.fixture
def violations() -> Callable[[Any], list[str]]:
    """What axe finds wrong by WCAG 2.2 A and AA, a line each."""
    from axe_playwright_python.sync_playwright import Axe

    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}

    def found(page: Any) -> list[str]:
        result = Axe().run(page, options=rules)
        return [
            f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in result.response["violations"]
        ]

    return found

"""A headless Chromium before the real application on loopback. Debian's browser, or CHROMIUM."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as settings_of_tests
from django.test import override_settings

from psinsights.management.commands.screenshots import CHROMIUM, QUIET

# Playwright runs a loop in this thread; Django would refuse the ORM beside it. Nothing here is async.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file stays with one worker, for what its tests share; the matrix is cut by its stages."""
    for item in items:
        if "tests/browser" in item.nodeid:
            stage = "empty" if "[chromium-empty-" in item.nodeid else ""
            item.add_marker(pytest.mark.xdist_group(f"{item.path.name} {stage}"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": QUIET}


@pytest.fixture
def open_page(browser: Any, live_server: Any, settings: Any) -> Any:
    """Open an address as somebody who has signed in: ``open_page(path, width=…, theme=…)``."""
    from tests.factories import signed_in

    settings.ALLOWED_HOSTS = ["*"]
    contexts = []

    def opened(
        path: str, *, width: int = 1280, theme: str = "light", script: bool = True, **person: Any
    ) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            java_script_enabled=script,
            base_url=live_server.url,
        )
        contexts.append(context)
        cookie = signed_in(**person).cookies["sessionid"].value
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


# The matrix: one server, one database and one browser page for all pages of a stage ──────────


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Any]:
    """The application on loopback, with four addresses more that fail, for a whole module."""
    from pytest_django.live_server_helper import LiveServer

    home = tmp_path_factory.mktemp("data")
    given = {
        "ROOT_URLCONF": "tests.browser.wrong_urls",
        "DATA_DIR": home,
        "GENERATED_DIR": home / "generated",
        "STORAGES": settings_of_tests.STORAGES | {"staticfiles": {"BACKEND": PLAIN}},
    }
    with django_db_blocker.unblock(), override_settings(**given):
        live = LiveServer("localhost")
        yield live
        live.stop()


@pytest.fixture(scope="module")
def staged(server: Any) -> Iterator[dict[str, str]]:
    """The stage that stands: it outlives a test, though pytest ends a parameter's fixture after each."""
    from tests.browser.stage import emptied

    standing: dict[str, str] = {}
    yield standing
    emptied()


@pytest.fixture(scope="module")
def stage(request: Any, staged: dict[str, str]) -> dict[str, str]:
    """A stage of ``stage.STAGES`` set up, the full one unless asked otherwise: what addresses need."""
    from tests.browser.stage import emptied, set_up

    name = getattr(request, "param", "full")
    if staged.get("stage") != name:
        emptied()
        staged.clear()
        staged.update(stage=name, **set_up(name))
    return dict(staged)


@pytest.fixture(scope="module")
def scripts() -> list[str]:
    """What every page of a tab runs before its own scripts; a module may ask for more."""
    from tests.browser.examine import LOOK

    return [LOOK]


@pytest.fixture(scope="module")
def tabs(
    browser: Any, server: Any, stage: dict[str, str], scripts: list[str]
) -> Iterator[Callable[[str], Any]]:
    """One browser tab for each person, kept."""
    from tests.factories import signed_in

    kept: dict[str, Any] = {}

    def tab(who: str) -> Any:
        if who not in kept:
            context = browser.new_context(base_url=server.url)
            for script in scripts:
                context.add_init_script(script)
            if who != "nobody":
                cookie = signed_in(who, role="").cookies["sessionid"].value
                context.add_cookies([{"name": "sessionid", "value": cookie, "url": server.url}])
            kept[who] = context.new_page()
        return kept[who]

    yield tab
    for page in kept.values():
        page.context.close()


@pytest.fixture(scope="module")
def looks() -> dict[str, Any]:
    """What was seen of each page so far: a page is looked at once, whatever is asked of it."""
    return {}


@pytest.fixture
def looked_at(page_of_product: Any, stage: dict[str, str], tabs: Any, looks: Any) -> Any:
    from tests.browser.examine import examine

    name = f"{stage['stage']}-{page_of_product}"
    if name not in looks:
        path = page_of_product.path.format(**stage)
        looks[name] = examine(tabs(page_of_product.who), page_of_product, path)
    return looks[name]

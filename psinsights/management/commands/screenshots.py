"""Pictures of every page, as the documentation shows them and as a reviewer looks at them."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.core.management import get_commands
from django.core.management.base import BaseCommand, CommandError

PAGES = {
    "dashboard": "/",
    "engagements": "/engagements",
    "engagement": "",  # the first that the list shows
    "insights": "/insights",
    "metrics": "/metrics",
    "settings": "/settings",
    "briefing": "/briefing",
    "scoring": "/settings/scoring",
    "import": "/settings/import",
}
WIDTHS = {1440: 1000, 375: 812}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# The headless shell draws the same with no window around it: a tab opens in half the time.
BROWSERS = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(os.path.exists, BROWSERS), BROWSERS[-1])
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STARTS_WITHIN = 30  # seconds


class Command(BaseCommand):
    help = "Takes pictures of all pages at 1440 and 375 px in both themes, into docs/screenshots."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output", type=Path, default=settings.BASE_DIR / "docs/screenshots")
        parser.add_argument("--data", type=Path, help="a directory of JSON files to show")
        parser.add_argument("--chromium", default=CHROMIUM)
        parser.add_argument("--only", choices=PAGES, nargs="*", default=list(PAGES))
        parser.add_argument("--full", action="store_true", help="the whole height of each page")

    def handle(self, **options: Any) -> None:
        if not Path(options["chromium"]).exists():
            raise CommandError(
                f"No browser at {options['chromium']}. Install Debian's chromium, or name one "
                "with --chromium."
            )
        options["output"].mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            environment = _environment(Path(folder), options["data"])
            _prepare(environment)
            with _served(environment) as address:
                taken = _take(address, options)
        self.stdout.write(f"{taken} pictures in {options['output']}.")


def _environment(folder: Path, data: Path | None) -> dict[str, str]:
    """A demo of its own, in a database that goes away with the folder."""
    given = {
        "DEBUG": "true",
        "SECRET_KEY": secrets.token_urlsafe(40),
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "DATA_MODE": "local",
        "DATA_DIR": str(folder / "data"),
        "LOG_LEVEL": "ERROR",
    }
    if data:
        (folder / "data").mkdir()
        (folder / "data" / "generated").symlink_to(data.resolve(), target_is_directory=True)
    return os.environ | given


def _prepare(environment: dict[str, str]) -> None:
    _manage(environment, "migrate", "--verbosity=0")
    _manage(environment, "load_data")
    if "generate_insights" in get_commands():
        _manage(environment, "generate_insights", "--all")


def _manage(environment: dict[str, str], *words: str) -> None:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"{words[0]} failed: {done.stderr.strip()[-500:]}")


@contextmanager
def _served(environment: dict[str, str]) -> Iterator[str]:
    """The application on a free loopback port, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "runserver", "--noreload"]
    server = subprocess.Popen(
        [*command, f"127.0.0.1:{port}"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=10)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/login", timeout=5).close()  # noqa: S310 - loopback
            return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            time.sleep(0.1)  # nothing tells when a port opens but trying it
    raise CommandError("The server did not start. Try `manage.py check`.")


def _take(address: str, options: dict[str, Any]) -> int:
    """One picture per page, width and theme; the number of them."""
    from playwright.sync_api import sync_playwright

    taken = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options["chromium"], args=QUIET)
        for width, height in WIDTHS.items():
            for theme in THEMES:
                context = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=theme
                )
                page = context.new_page()
                for name in options["only"]:
                    page.goto(address + (PAGES[name] or _first_engagement(page, address)))
                    path = options["output"] / f"{name}-{width}-{theme}.png"
                    page.screenshot(path=path, full_page=options["full"])
                    taken += 1
                context.close()
        browser.close()
    return taken


def _first_engagement(page: Any, address: str) -> str:
    page.goto(address + PAGES["engagements"])
    link = page.locator("tr[data-row] a.name").first.get_attribute("href")
    if not link:
        raise CommandError("The list of engagements is empty. Load data first.")
    return str(link)

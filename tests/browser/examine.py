"""One page looked at in every width and both themes, and what there is to say of it."""

from __future__ import annotations

import gzip
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from django.test import override_settings

from tests.browser.pages import Page

WIDTHS = (1280, 768, 320)
THEMES = ("light", "dark")
HEIGHT = 900
MOST_SHIFT = 0.02
MOST_CSS, MOST_JS = 10_000, 25_000
LOOK = Path(__file__).with_name("look.js").read_text(encoding="utf-8")
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Contrast takes nine tenths of axe's time, so it is asked of one element of each colouring, once in
# a run: letters of a size and weight in a colour on others are as legible on every page. Target size
# is off unless asked for by name, though of WCAG 2.2 AA.
COLOURS = """axe.configure({ rules: [{ id: "color-contrast", selector: "[data-coloured]" }] })"""
RUN = """async ([only, judged]) => {
  const fresh = look.coloured(judged);
  if (only.type === "rule" && !fresh.length) return [fresh, []];
  const found = await axe.run(document, {
    runOnly: only, resultTypes: ["violations"],
    rules: { "target-size": { enabled: true }, "color-contrast": { enabled: fresh.length > 0 } },
  });
  return [fresh, found.violations.flatMap(
    rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 160)}`))];
}"""
JUDGED: set[str] = set()  # colourings that are legible
EVERY_RULE = {"type": "tag", "values": TAGS}
OF_COLOURS = {"type": "rule", "values": ["color-contrast"]}


@dataclass
class Look:
    """What was found wrong, each line with its width and theme, and what the page weighs."""

    path: str
    status: int = 200
    acted: bool = False  # something was done there before it was looked at
    title: str = ""
    violations: list[str] = field(default_factory=list)
    layout: list[str] = field(default_factory=list)
    anatomy: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    shifters: list[str] = field(default_factory=list)
    shifts: dict[int, float] = field(default_factory=dict)
    html: int = 0
    css: int = 0
    js: int = 0


def examine(browser_page: Any, page: Page, path: str) -> Look:
    """Open ``page`` at each width, and look at it in both themes."""
    path_alone = page.path.split("?")[0]
    look = Look(path=path_alone, status=page.status, acted=page.then is not None)
    with override_settings(**page.given), heard_of(browser_page, page.status) as heard:
        for width in WIDTHS:
            browser_page.set_viewport_size({"width": width, "height": HEIGHT})
            look.html = max(look.html, opened(browser_page, page, path))
            look.shifts[width] = browser_page.evaluate("look.shifts()")
            look.shifters += browser_page.evaluate("look.shifters()")
            measure(browser_page, look, width)
    look.title = browser_page.title()
    look.complaints = heard + browser_page.evaluate("look.breaches()")
    weigh(browser_page, look)
    return look


def opened(browser_page: Any, page: Page, path: str) -> int:
    """Go there and do there what the page says; the bytes of the document that is then shown."""
    answers: list[Any] = []
    keep = lambda answer: answers.append(answer) if is_document(answer) else None  # noqa: E731
    browser_page.on("response", keep)
    browser_page.goto(path)
    if page.then:
        page.then(browser_page)
    browser_page.evaluate("async () => { await document.fonts.ready; }")
    browser_page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
    )
    browser_page.remove_listener("response", keep)
    assert answers[-1].status == page.status, f"{path} answered {answers[-1].status}"
    return len(answers[-1].body())


def is_document(answer: Any) -> bool:
    return answer.request.resource_type == "document" and not 300 <= answer.status < 400


def measure(browser_page: Any, look: Look, width: int) -> None:
    """As it opens, and with all that can be unfolded; rules of both themes, and the layout."""
    browser_page.evaluate(COLOURS)
    look.anatomy += browser_page.evaluate("look.anatomy()")
    judge(browser_page, look, f"{width}")
    laid_out(browser_page, look, f"{width}")
    if not browser_page.evaluate("look.folded()"):
        return
    browser_page.evaluate("look.unfold()")
    laid_out(browser_page, look, f"{width} unfolded")
    if width == min(WIDTHS):
        judge(browser_page, look, f"{width} unfolded")


def judge(browser_page: Any, look: Look, how: str) -> None:
    """Every rule of axe in the light; in the dark only colours are others."""
    for theme, rules in (("light", EVERY_RULE), ("dark", OF_COLOURS)):
        browser_page.emulate_media(color_scheme=theme)
        colourings, found = browser_page.evaluate(RUN, [rules, list(JUDGED)])
        look.violations += [f"{how} {theme} {line}" for line in found]
        if not any(line.startswith("color-contrast") for line in found):
            JUDGED.update(colourings)
    browser_page.emulate_media(color_scheme="light")


def laid_out(browser_page: Any, look: Look, how: str) -> None:
    for name in ("sideways", "clipped", "overlaps"):
        look.layout += [f"{how} {name}: {line}" for line in browser_page.evaluate(f"look.{name}()")]


@contextmanager
def heard_of(browser_page: Any, status: int) -> Iterator[list[str]]:
    """What the console says and who else is asked, meanwhile."""
    heard: list[str] = []
    expected = f"status of {status}" if status >= 400 else "–"

    def said(message: Any) -> None:
        if message.type in ("error", "warning") and expected not in message.text:
            heard.append(message.text)

    def asked(request: Any) -> None:
        if not request.url.startswith(("http://localhost:", "data:")):
            heard.append(f"asked {request.url}")

    def broken(error: Any) -> None:
        heard.append(str(error))

    listeners = {"console": said, "pageerror": broken, "request": asked}
    for event, listener in listeners.items():
        browser_page.on(event, listener)
    yield heard
    for event, listener in listeners.items():
        browser_page.remove_listener(event, listener)


def weigh(browser_page: Any, look: Look) -> None:
    for address in browser_page.evaluate("look.loaded()"):
        if ".css" in address:
            look.css += packed(address)
        else:
            look.js += packed(address)


@cache
def packed(address: str) -> int:
    """Bytes of a file as a server sends it, compressed."""
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - our own server
        return len(gzip.compress(answer.read()))

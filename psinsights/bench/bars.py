"""The bars: what is measured, how its figure comes from the raw numbers, and what it may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

Raw = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row of the table; ``met`` is None where there is no bar."""

    what: str
    figure: str
    bar: str
    met: bool | None


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A figure with its limit. It is left out where a number it needs was not measured."""

    what: str
    figure: Callable[[Raw], float]
    unit: str = ""
    most: float | None = None
    least: float | None = None
    digits: int = 1

    def line(self, raw: Raw) -> Line:
        figure = self.figure(raw)
        return Line(
            what=self.what, figure=self._said(figure), bar=self._bar(), met=self._met(figure)
        )

    def _said(self, figure: float) -> str:
        return f"{figure:,.{self.digits}f}{self.unit}"

    def _bar(self) -> str:
        if self.most is not None:
            return f"≤ {self.most:,g}{self.unit}"
        return "" if self.least is None else f"≥ {self.least:,g}{self.unit}"

    def _met(self, figure: float) -> bool | None:
        if self.most is None and self.least is None:
            return None
        return (self.most is None or figure <= self.most) and (
            self.least is None or figure >= self.least
        )


def over(name: str, floor: str) -> Callable[[Raw], float]:
    """One raw number over another."""
    return lambda raw: raw[name] / raw[floor]


def alone(name: str) -> Callable[[Raw], float]:
    """A raw number as it is."""
    return lambda raw: raw[name]


# By the names that `pages` gives its addresses: the most CPU over the floor's.
ADDRESSES = {
    "/api/engagements?limit=50": 8,
    "/api/dashboard": 10,
    "/api/engagements/{id}": 8,
    "/": 20,
    "/engagements": 20,
    "/engagements/{id}": 20,
    "/insights": 20,
    "/metrics": 20,
    "/settings": 20,
    "/engagements (fragment)": 10,
}
PAGES = ("/", "/engagements", "/engagements/{id}", "/insights", "/metrics", "/settings")
GROWING = ("/", "/engagements", "/api/dashboard", "/api/engagements?limit=50")


def _of_data() -> Iterator[Bar]:
    yield Bar(
        what="Rows from JSON into SQLite: CPU over a bare `executemany` into the same tables",
        figure=over("load.cpu", "floor.cpu"), unit="×", most=2.5, digits=2,
    )  # fmt: skip
    yield Bar(what="The same: CPU", figure=alone("load.cpu"), unit=" s")
    yield Bar(what="The same: peak memory", figure=alone("load.peak"), unit=" MB", most=400)
    yield Bar(
        what="Loading again with nothing changed, of the first load",
        figure=lambda raw: 100 * raw["load.again"] / raw["load.cpu"], unit=" %", most=20,
    )  # fmt: skip
    yield Bar(
        what="Health of all engagements on a new day: CPU",
        figure=alone("health.cpu"), unit=" s", most=3,
    )  # fmt: skip
    yield Bar(
        what="The same: queries more than for a tenth of them",
        figure=lambda raw: raw["health.queries"] - raw["small.health.queries"], most=0, digits=0,
    )  # fmt: skip


def _of_insights() -> Iterator[Bar]:
    yield Bar(
        what="Embedded insights, all four types, about 20 notes: engagements per CPU second",
        figure=alone("insights.rate"), least=60,
    )  # fmt: skip
    for kind in ("health_summary", "risk_detection", "theme_extraction", "action_recommendation"):
        yield Bar(
            what=f"The same: {kind.replace('_', ' ')}", figure=alone(f"insights.{kind}"), unit=" ms"
        )
    yield Bar(
        what="The same: peak memory of the process",
        figure=alone("insights.peak"), unit=" MB", most=400,
    )  # fmt: skip


def _of_pages() -> Iterator[Bar]:
    yield Bar(
        what="Floor: a bare JSON view, CPU", figure=alone("pages.floor"), unit=" ms", digits=2
    )
    for name, most in ADDRESSES.items():
        yield Bar(
            what=f"`{name}`: CPU over the floor", figure=over(f"pages.{name}", "pages.floor"),
            unit="×", most=most,
        )  # fmt: skip
    for name in PAGES:
        yield Bar(
            what=f"`{name}`: queries", figure=alone(f"pages.queries.{name}"), most=8, digits=0
        )
    yield Bar(
        what="Queries more on the larger portfolio, any page",
        figure=lambda raw: max(
            raw[f"pages.queries.{name}"] - raw[f"small.pages.queries.{name}"] for name in PAGES
        ),
        most=0, digits=0,
    )  # fmt: skip
    for name in GROWING:
        yield Bar(what=f"`{name}`: CPU over that for a tenth of the data",
                  figure=partial(_grown, name),
                  unit="×", most=1.5, digits=2)  # fmt: skip
    yield Bar(what="Heaviest page, HTML", figure=lambda raw: raw["pages.html"], unit=" kB", most=60)
    yield Bar(what="Scripts of a page, packed", figure=alone("pages.js"), unit=" kB", most=25)
    yield Bar(what="Styles of a page, packed", figure=alone("pages.css"), unit=" kB", most=10)


def _grown(name: str, raw: Raw) -> float:
    """Over the floor of each run, so that a busier moment does not look like growth."""
    large = raw[f"pages.{name}"] / raw["pages.floor"]
    return large / (raw[f"small.pages.{name}"] / raw["small.pages.floor"])


def _of_server() -> Iterator[Bar]:
    yield Bar(
        what="Eight clients in a closed loop: requests per second", figure=alone("server.rate")
    )
    yield Bar(what="The same: errors", figure=alone("server.errors"), most=0, digits=0)
    yield Bar(what="The same: p99 over the floor's",
              figure=over("server.p99", "server.floor_p99"), unit="×")  # fmt: skip
    yield Bar(what="Burst of 64 clients: answers 5xx or none",
              figure=alone("server.burst_errors"), most=0, digits=0)  # fmt: skip
    yield Bar(what="Remote model runs in flight", figure=alone("server.in_flight"), digits=0)
    yield Bar(what="Page p99 with them over without", figure=over("server.p99_busy", "server.p99_idle"),
              unit="×", most=1.2, digits=2)  # fmt: skip


def _of_start() -> Iterator[Bar]:
    yield Bar(
        what="`manage.py check`: CPU", figure=alone("start.check"), unit=" s", most=1, digits=2
    )
    yield Bar(what="`manage.py up` to the first page", figure=alone("start.up"), unit=" s", most=5)


BARS = (*_of_data(), *_of_insights(), *_of_pages(), *_of_server(), *_of_start())


def lines_of(raw: Raw) -> list[Line]:
    """The table of what was measured."""
    found = []
    for bar in BARS:
        try:
            found.append(bar.line(raw))
        except KeyError:
            continue
    return found

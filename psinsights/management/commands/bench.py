"""Measures load, health, insights, pages and start against their bars, in a home that goes away."""

from __future__ import annotations

import json
import os
import tempfile
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from psinsights.bench import asking, judging, pages, rows
from psinsights.bench.bars import Line, lines_of
from psinsights.bench.home import Home, MeasureFailed, combined
from psinsights.bench.server import server
from psinsights.bench.starting import start
from psinsights.bench.table import markdown, plain

ENGAGEMENTS, FEW = 10_000, 300
TENTH = 10
# Taken in processes of their own, in the order in which each builds on the one before.
MEASURES: dict[str, Callable[[], dict[str, float]]] = {
    "load": rows.load,
    "floor": rows.floor,
    "health": judging.health,
    "insights": judging.insights,
    "fill": judging.fill,
    "pages": pages.pages,
    "visit": asking.visit,
    "ask": asking.ask,
}
# What may be asked for alone, and the measures it takes on the whole portfolio and on a tenth.
PARTS: dict[str, tuple[list[str], list[str]]] = {
    "load": (["load", "floor"], []),
    "health": (["load", "health"], ["load", "health"]),
    "insights": (["load", "health", "insights"], []),
    "pages": (["load", "health", "fill", "pages"], ["load", "health", "fill", "pages"]),
    "server": (["load", "health", "fill", "pages", "visit"], []),
    "start": (["load"], []),
}


class Command(BaseCommand):
    help = "Measure load, health, insights, pages, server and start; writes docs/benchmarks.md."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--engagements", type=int, help=f"{ENGAGEMENTS}, or {FEW} with --small")
        parser.add_argument("--small", action="store_true", help="a quick look, without the server")
        parser.add_argument("--json", action="store_true", help="print the table as JSON")
        parser.add_argument("--only", choices=PARTS, nargs="*", help="these parts alone")
        parser.add_argument(
            "--output", type=Path, help="the page to write; docs/benchmarks.md after a whole run"
        )
        parser.add_argument("--measure", choices=MEASURES, help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["measure"]:
            self.measure(options["measure"])
            return
        engagements = options["engagements"] or (FEW if options["small"] else ENGAGEMENTS)
        whole = not (options["only"] or options["small"])
        parts = options["only"] or [name for name in PARTS if name != "server" or whole]
        with tempfile.TemporaryDirectory(prefix="psinsights-bench-") as folder:
            try:
                raw = self.run(Path(folder), engagements, parts)
            except MeasureFailed as error:
                raise CommandError(str(error)) from error
        self.report(lines_of(raw), raw, engagements, options, whole=whole)

    def measure(self, name: str) -> None:
        """One measure, in the process that was started for it."""
        if "BENCH_HOME" not in os.environ:
            raise CommandError("A measure runs in a temporary home: use bench without --measure.")
        self.stdout.write(json.dumps(MEASURES[name]()))

    def run(self, folder: Path, engagements: int, parts: list[str]) -> dict[str, float]:
        large = Home(folder=folder / "large", engagements=engagements)
        small = Home(folder=folder / "small", engagements=max(1, engagements // TENTH))
        wanted = [PARTS[part] for part in parts]
        raw = self.taken(large, {name for on_large, _ in wanted for name in on_large})
        on_small = {name for _, few in wanted for name in few}
        if on_small:
            raw |= combined(self.taken(small, on_small), prefix="small.")
        if "start" in parts:
            self.tell("start")
            large.manage("collectstatic", "--noinput", "--verbosity", "0")
            raw |= start(large)
        if "server" in parts:
            self.tell("server")
            given = json.loads((large.folder / "visit.json").read_text())
            raw |= server(large, given["paths"], given["cookie"])
        return raw

    def taken(self, home: Home, names: set[str]) -> dict[str, float]:
        """The raw numbers of these measures on a new portfolio."""
        from connectors.sources.sample import write_sample

        self.tell(f"{home.engagements} engagements")
        home.folder.mkdir()
        write_sample(home.source, engagements=home.engagements, seed=7, as_of=date.today())
        here = home.with_more(BENCH_ENGAGEMENTS=str(home.engagements))
        here.manage("migrate", "--verbosity", "0")
        raw: dict[str, float] = {}
        for name in MEASURES:
            if name in names:
                self.tell(name)
                raw |= here.measure(name)
        return raw

    def tell(self, what: str) -> None:
        self.stderr.write(f"measuring: {what}")

    def report(
        self,
        lines: list[Line],
        raw: dict[str, float],
        engagements: int,
        options: dict[str, Any],
        *,
        whole: bool,
    ) -> None:
        text = json.dumps([asdict(line) for line in lines], indent=2)
        self.stdout.write(text if options["json"] else plain(lines))
        output = options["output"] or (settings.BASE_DIR / "docs/benchmarks.md" if whole else None)
        if output:
            number = int(raw.get("floor.rows", 0))
            output.write_text(markdown(lines, engagements=engagements, rows=number))

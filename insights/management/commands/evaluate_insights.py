"""Measures the embedded engine on labelled text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from insights import evaluation_injection
from insights.evaluation import (
    measure_negation,
    measure_risks,
    measure_sentiment,
    measure_themes,
)
from insights.evaluation_data import measure
from insights.evaluation_report import page
from insights.evaluation_sets import SetError, attacks, labelled, scoped, toned

_PARTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "risks": lambda path: measure_risks(labelled(path)),
    "negation": lambda path: measure_negation(scoped(path)),
    "themes": lambda path: measure_themes(labelled(path)),
    "sentiment": lambda path: measure_sentiment(toned(path)),
    "injection": lambda path: evaluation_injection.run(attacks(path)),
}


class Command(BaseCommand):
    help = "Measures how well the embedded engine reads labelled text."

    def add_arguments(self, parser: CommandParser) -> None:
        for part in _PARTS:
            parser.add_argument(f"--{part}", type=Path, metavar="FILE")
        parser.add_argument("--json", action="store_true", help="last line: the figures as JSON")
        parser.add_argument("--data", type=Path, metavar="DIR", help="every set found there")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = {part: options[part] for part in _PARTS if options[part]}
        if not asked and not options["data"]:
            raise CommandError("Name a file to measure on, such as --risks FILE, or --data DIR.")
        try:
            told = {part: _PARTS[part](path) for part, path in asked.items()}
            if options["data"]:
                self._write_page(options["data"])
        except (SetError, OSError, UnicodeDecodeError) as error:
            raise CommandError(f"Cannot measure: {error}") from error
        for part, figures in told.items():
            self.stdout.write(f"{part}: " + ", ".join(f"{k} {v}" for k, v in figures.items()))
        if options["json"]:
            self.stdout.write(json.dumps(told))

    def _write_page(self, data: Path) -> None:
        if not data.is_dir():
            raise CommandError(f"There is no folder {data}.")
        figures = list(measure(data))
        for figure in figures:
            self.stdout.write(f"{figure.what} ({figure.data}): {figure.name} {figure.value:.3f}")
        path = Path(settings.BASE_DIR) / "docs" / "quality.md"
        path.write_text(page(figures), encoding="utf-8")
        self.stdout.write(f"{len(figures)} figures written to docs/{path.name}.")

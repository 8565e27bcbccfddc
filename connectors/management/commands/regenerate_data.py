"""Writes sample data and loads it."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connectors import sync
from connectors.management.commands.load_data import ANOTHER_RUNS, NOTHING_CHANGED, as_text
from connectors.management.progress import bar
from connectors.sources import SourceError


class Command(BaseCommand):
    help = "Write a sample portfolio into data/generated and load it. What was made here stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--engagements", type=int, default=sync.ENGAGEMENTS)
        parser.add_argument("--seed", type=int, default=sync.SEED)
        parser.add_argument("--as-of", type=_day, help="the day the data are of, for good")
        parser.add_argument("--weeks", type=int, default=sync.WEEKS)

    def handle(self, *args: Any, **options: Any) -> None:
        wish = sync.Wish(
            engagements=options["engagements"],
            seed=options["seed"],
            as_of=options["as_of"],
            weeks=options["weeks"],
        )
        try:
            with bar() as progress:
                summary = sync.regenerate(wish, progress=progress)
        except SourceError as error:
            raise CommandError(
                f"Nothing was changed. {error}", returncode=NOTHING_CHANGED
            ) from error
        except sync.LoadRunning as error:
            raise CommandError(str(error), returncode=ANOTHER_RUNS) from error
        self.stdout.write(as_text(summary))


def _day(text: str) -> date:
    return date.fromisoformat(text)

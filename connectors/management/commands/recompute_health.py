"""Assesses health again, whether anything changed or not."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from connectors.as_of import portfolio_day
from engagements import ingest, readings


class Command(BaseCommand):
    help = "Assess the health of engagements again, as of the portfolio's day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("engagement_id", nargs="*", help="these engagements; else all")
        parser.add_argument(
            "--history", action="store_true", help="also replay the past twelve weeks"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = options["engagement_id"] or None
        if options["history"]:
            ingest.forget_history(chosen)
        day = portfolio_day()
        number = readings.recompute(chosen, as_of=day)
        self.stdout.write(f"{number} engagements assessed as of {day}.")

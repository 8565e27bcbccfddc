"""Sends to the source what was made here and still waits."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from connectors import outbox


class Command(BaseCommand):
    help = "Send insights, metrics and notes that were made here to the source."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--retry-parked", action="store_true", help="try rows that were refused once more"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["retry_parked"]:
            outbox.retry_parked()
        pushed = outbox.push()
        self.stdout.write(
            f"{pushed.sent} sent, {pushed.waiting} waiting, {pushed.parked} refused and parked."
        )

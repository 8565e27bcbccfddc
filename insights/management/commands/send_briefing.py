"""Send the weekly briefing to everybody who asked for it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from insights.briefing.sending import NobodyThere, Outcome, send
from insights.briefing.weeks import NoSuchWeek
from insights.checks import mail_settings
from psinsights.lib.words import plural


class Command(BaseCommand):
    help = "Send the weekly briefing; an empty one is not sent, and nobody gets one twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--week", default="", metavar="YYYY-MM-DD", help="the week of that day, from its Monday"
        )
        parser.add_argument("--to", default="", metavar="USER", help="one person alone")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be sent; with --to show it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if problems := mail_settings(None):
            raise CommandError(" ".join(f"{problem.msg} {problem.hint}" for problem in problems))
        outcomes = []
        try:
            for outcome in send(week=options["week"], to=options["to"], dry_run=options["dry_run"]):
                outcomes.append(outcome)
                self.tell(outcome, whole=bool(options["to"]))
        except (NobodyThere, NoSuchWeek) as error:
            raise CommandError(str(error)) from error
        self.conclude(outcomes, dry_run=options["dry_run"])

    def tell(self, outcome: Outcome, *, whole: bool) -> None:
        self.stdout.write(f"{outcome.person}: {outcome.sentence}")
        if outcome.mail is not None and whole:
            self.stdout.write(f"\n{outcome.mail.body}")

    def conclude(self, outcomes: list[Outcome], *, dry_run: bool) -> None:
        if not outcomes:
            self.stdout.write("Nobody has asked for the briefing.")
            return
        failed = sum(outcome.failed for outcome in outcomes)
        if failed:
            number = plural(failed, "briefing")
            raise CommandError(f"{number} of {len(outcomes)} could not be sent; see above.")
        sent = sum(outcome.sent for outcome in outcomes)
        done = "Nothing was sent: a dry run" if dry_run else f"{plural(sent, 'briefing')} sent"
        self.stdout.write(f"{done}.")

"""Loads the source into the database. Running it twice changes nothing."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connectors import sync
from connectors.management.progress import bar
from connectors.sources import SourceError
from connectors.tables import table, tables
from connectors.take import Outcome

NOTHING_CHANGED = 2
ANOTHER_RUNS = 3


class Command(BaseCommand):
    help = "Load engagements, tasks, notes and usage from the source. Twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--source", metavar="DIR", type=Path, help="a directory of JSON files")
        parser.add_argument("--table", metavar="T", help="load this table alone")
        parser.add_argument("--dry-run", action="store_true", help="say what would change")
        parser.add_argument("--full", action="store_true", help="read unchanged files as well")
        parser.add_argument(
            "--rows-only", action="store_true", help="leave findings and readings to the worker"
        )
        parser.add_argument("--json", action="store_true", help="print the summary as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        order = sync.Order(
            table=_known_table(options["table"]),
            dry_run=options["dry_run"],
            full=options["full"],
            rows_only=options["rows_only"],
        )
        try:
            with bar() as progress:
                summary = sync.load(options["source"], order=order, progress=progress)
        except SourceError as error:
            raise CommandError(
                f"Nothing was changed. {error}", returncode=NOTHING_CHANGED
            ) from error
        except sync.LoadRunning as error:
            raise CommandError(str(error), returncode=ANOTHER_RUNS) from error
        self.stdout.write(as_json(summary) if options["json"] else as_text(summary))


def _known_table(name: str | None) -> str:
    if not name:
        return ""
    try:
        return table(name).name
    except KeyError as error:
        known = ", ".join(one.name for one in tables())
        raise CommandError(f"No table {name!r}. Tables: {known}.", returncode=2) from error


def as_json(summary: sync.Summary) -> str:
    """The summary for other programs."""
    return json.dumps(
        {
            "source": summary.source,
            "location": summary.location,
            "as_of": summary.as_of.isoformat(),
            "dry_run": summary.dry_run,
            "rows_seconds": round(summary.rows_seconds, 3),
            "seconds": round(summary.seconds, 3),
            "tables": summary.as_counts(),
            "findings": summary.findings,
            "readings": summary.readings,
        },
        indent=2,
    )


def as_text(summary: sync.Summary) -> str:
    """The summary for people: a line per table, then what was kept aside and why."""
    would = " (dry run: nothing was changed)" if summary.dry_run else ""
    head = f"{summary.source} in {summary.location}, as of {summary.as_of}{would}"
    titles = f"{'read':>9}{'created':>9}{'changed':>9}{'unchanged':>11}{'removed':>9}{'aside':>7}"
    lines = [head, f"{'':<22}{titles}", *(_line(name, out) for name, out in summary.tables.items())]
    for name, outcome in summary.tables.items():
        lines += _remarks(name, outcome)
    lines.append(
        f"{summary.findings} findings in notes, {summary.readings} health readings, "
        f"{summary.seconds:.1f} s (rows: {summary.rows_seconds:.1f} s)."
    )
    return "\n".join(lines)


def _line(name: str, outcome: Outcome) -> str:
    aside = sum(outcome.quarantined.values())
    return (
        f"{name:<22}{outcome.read:>9}{outcome.created:>9}{outcome.changed:>9}"
        f"{outcome.unchanged:>11}{outcome.removed:>9}{aside:>7}"
    )


def _remarks(name: str, outcome: Outcome) -> list[str]:
    remarks = [f"{name}: {outcome.note}"] if outcome.note else []
    if outcome.quarantined:
        reasons = ", ".join(f"{number} {why}" for why, number in outcome.quarantined.items())
        remarks.append(f"{name}: kept aside: {reasons}.")
    if outcome.returned:
        remarks.append(f"{name}: {outcome.returned} orphans came back.")
    if outcome.extra_columns:
        remarks.append(f"{name}: columns ignored: {', '.join(outcome.extra_columns)}.")
    return remarks

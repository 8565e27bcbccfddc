"""Loads the source into the database. Running it twice changes nothing."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections
from django.utils import timezone

from connectors import sync
from connectors.management.progress import bar
from connectors.management.watch import LEAST, MOST, Watch
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
        parser.add_argument(
            "--watch",
            metavar="SECONDS",
            type=int,
            help="look again every so many seconds, a line each, until Ctrl-C",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        order = sync.Order(
            table=_known_table(options["table"]),
            dry_run=options["dry_run"],
            full=options["full"],
            rows_only=options["rows_only"],
        )
        if options["watch"] is not None:
            self._watch(options["watch"], options["source"], order, as_json=options["json"])
        else:
            self._once(options["source"], order, options["json"])

    def _watch(
        self, seconds: int, directory: Path | None, order: sync.Order, *, as_json: bool
    ) -> None:
        """A source that is away is no reason to stop: the next look may find it."""
        if not LEAST <= seconds <= MOST:
            raise CommandError(f"--watch takes {LEAST} to {MOST} seconds.", returncode=2)

        def look() -> None:
            close_old_connections()  # the database may have been away since the last look
            try:
                line = one_line(sync.load(directory, order=order), as_json=as_json)
            except (SourceError, sync.LoadRunning) as error:
                line = json.dumps({"error": str(error)}) if as_json else str(error)
            self.stdout.write(line if as_json else f"{timezone.now():%H:%M:%S} UTC  {line}")
            self.stdout.flush()

        Watch(seconds).run(look)

    def _once(self, directory: Path | None, order: sync.Order, json_wanted: bool) -> None:
        try:
            with bar() as progress:
                summary = sync.load(directory, order=order, progress=progress)
        except SourceError as error:
            raise CommandError(
                f"Nothing was changed. {error}", returncode=NOTHING_CHANGED
            ) from error
        except sync.LoadRunning as error:
            raise CommandError(str(error), returncode=ANOTHER_RUNS) from error
        self.stdout.write(as_json(summary) if json_wanted else as_text(summary))


def _known_table(name: str | None) -> str:
    if not name:
        return ""
    try:
        return table(name).name
    except KeyError as error:
        known = ", ".join(one.name for one in tables())
        raise CommandError(f"No table {name!r}. Tables: {known}.", returncode=2) from error


def one_line(summary: sync.Summary, *, as_json: bool = False) -> str:
    """A look of ``--watch``: what came of it, and which tables have new rows."""
    if as_json:
        return json.dumps(_as_values(summary))
    changed = {
        name: out.created + out.changed + out.removed + out.returned
        for name, out in summary.tables.items()
        if not out.did_nothing
    }
    parts = [f"{name} {number}" for name, number in changed.items()]
    told = f"changed: {', '.join(parts)}" if parts else "nothing has changed"
    aside = f", {summary.quarantined} kept aside" if summary.quarantined else ""
    stopped = f", not loaded: {', '.join(summary.stopped)}" if summary.stopped else ""
    return f"{summary.source}: {told}{aside}{stopped} ({summary.seconds:.1f} s)."


def as_json(summary: sync.Summary) -> str:
    """The summary for other programs."""
    return json.dumps(_as_values(summary), indent=2)


def _as_values(summary: sync.Summary) -> dict[str, Any]:
    return {
        "source": summary.source,
        "location": summary.location,
        "as_of": summary.as_of.isoformat(),
        "dry_run": summary.dry_run,
        "rows_seconds": round(summary.rows_seconds, 3),
        "seconds": round(summary.seconds, 3),
        "tables": summary.as_counts(),
        "findings": summary.findings,
        "readings": summary.readings,
    }


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

"""Generate insights for one engagement or for all."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from tqdm import tqdm

from engagements.models import Engagement
from engagements.records import InsightType
from insights.generation import claim, generate, perform
from insights.models import Generation, Insight

KINDS = [str(kind) for kind in InsightType]


class Command(BaseCommand):
    help = "Generate insights; what has not changed is not generated again unless forced."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--engagement", metavar="ID", help="one engagement")
        parser.add_argument("--all", action="store_true", help="every active engagement")
        parser.add_argument(
            "--stale-only", action="store_true", help="with --all: skip current ones"
        )
        parser.add_argument("--type", choices=KINDS, metavar="TYPE", help=", ".join(KINDS))
        parser.add_argument("--provider", choices=["embedded", "huggingface"])
        parser.add_argument("--force", action="store_true", help="even when nothing changed")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        kinds = [InsightType(options["type"])] if options["type"] else list(InsightType)
        wishes = [
            (engagement, kind)
            for engagement in self.engagements(options)
            for kind in kinds
            if not options["stale_only"] or is_stale(engagement, kind)
        ]
        runs = [
            self.performed(engagement, kind, options)
            for engagement, kind in tqdm(
                wishes, unit="insight", file=sys.stderr, disable=not sys.stderr.isatty()
            )
        ]
        self.report(runs, options["json"])

    def engagements(self, options: dict[str, Any]) -> QuerySet[Engagement]:
        if bool(options["engagement"]) == options["all"]:
            raise CommandError("Say which: --engagement ID, or --all.")
        if options["all"]:
            return Engagement.objects.active().order_by("engagement_id")
        found = Engagement.objects.filter(engagement_id=options["engagement"])
        if not found:
            raise CommandError(
                f"No engagement {options['engagement']!r}. The ids are on the engagements page."
            )
        return found

    def performed(
        self, engagement: Engagement, kind: InsightType, options: dict[str, Any]
    ) -> Generation:
        """One run, done here and now whoever the provider is: a command waits for its result."""
        run = generate(engagement, kind, provider=options["provider"] or "", force=options["force"])
        if not run.is_settled and (mine := claim(run)):
            perform(mine)
        run.refresh_from_db()
        return run

    def report(self, runs: list[Generation], as_json: bool) -> None:
        failed = [run for run in runs if run.state == Generation.State.FAILED]
        if as_json:
            self.stdout.write(json.dumps([line(run) for run in runs]))
        else:
            for run in runs if len(runs) <= len(KINDS) else failed:
                self.stdout.write(sentence(run))
            self.stdout.write(f"{len(runs) - len(failed)} of {len(runs)} insights are current.")
        if failed:
            raise CommandError(f"{len(failed)} could not be generated; see above.", returncode=1)


def is_stale(engagement: Engagement, kind: InsightType) -> bool:
    """Whether there is no insight of this kind yet, or its engagement has changed since."""
    current = Insight.objects.current().up_to_date()
    return not current.filter(engagement=engagement, insight_type=kind).exists()


def line(run: Generation) -> dict[str, Any]:
    insight = run.insight
    return {
        "engagement_id": run.engagement_id,
        "insight_type": run.insight_type,
        "state": run.state,
        "insight_id": insight.insight_id if insight else None,
        "provider": insight.provider if insight else run.provider,
        "fallback_reason": insight.fallback_reason if insight else "",
        "claims": len(insight.payload.get("claims", [])) if insight else 0,
        "error": run.error or None,
    }


def sentence(run: Generation) -> str:
    name = f"{run.engagement_id} {run.insight_type}"
    if run.insight is None:
        return f"{name}: {run.error or run.state}"
    return f"{name}: {run.insight.insight_id}, {len(run.insight.payload.get('claims', []))} claims"

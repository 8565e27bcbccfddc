"""Asks whether health would have warned in time, on engagements whose end is known."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import BaseCommand

from connectors.as_of import portfolio_day
from engagements import scoring
from engagements.backtest import Horizon, Report, Skill, backtest, replay
from engagements.fact_rows import inputs_of
from engagements.ingest import batches
from engagements.models import Engagement

BLOCK = 500


class Command(BaseCommand):
    help = "Replay health by weeks and the rules in force, and compare it with what came of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        report = _report()
        if options["json"]:
            self.stdout.write(json.dumps(msgspec.to_builtins(report), indent=2))
        else:
            self.stdout.write(as_text(report))


def _report() -> Report:
    day, rules = portfolio_day(), scoring.in_force().rules
    cases, undecided = [], 0
    for keys in batches(Engagement.objects.order_by("pk").values_list("pk", flat=True), BLOCK):
        for inputs in inputs_of(Engagement.objects.filter(pk__in=keys), as_of=day):
            case = replay(inputs.facts, rules=rules)
            if case is None:
                undecided += 1
            else:
                cases.append(case)
    return backtest(cases, undecided=undecided)


def as_text(report: Report) -> str:
    """The report for people."""
    lines = [
        f"{report.cases} engagements with a known outcome, {report.late} of them late; "
        f"{report.undecided} undecided.",
    ]
    for horizon in report.horizons:
        lines += _horizon(horizon)
    if report.lead_days is not None:
        lines.append(
            f"First critical {report.lead_days:g} days before the promised end (median of "
            f"{report.flagged_late} late engagements)."
        )
    return "\n".join([*lines, *report.caveats])


def _horizon(horizon: Horizon) -> list[str]:
    head = (
        f"T-{horizon.days} days: {horizon.judged} judged, {horizon.late} late, "
        f"{horizon.unscored} not scored"
    )
    titles = f"  {'':<24}{'flagged':>8}{'precision':>11}{'recall':>8}{'AUC':>7}"
    bins = [f"  score {b.low}-{b.high}: {b.late} of {b.judged} late" for b in horizon.calibration]
    return [head, titles, *map(_skill, horizon.skills), *bins]


def _skill(skill: Skill) -> str:
    numbers = f"{skill.flagged:>8}{_share(skill.precision):>11}{_share(skill.recall):>8}"
    return f"  {skill.name:<24}{numbers}{_share(skill.auc):>7}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"

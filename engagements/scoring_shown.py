"""The rules and their versions as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engagements import scoring
from engagements.eras import Era
from engagements.health_model import RULES, SIGNALS, Rules
from engagements.health_words import TITLES, UNITS, amount
from engagements.models import ScoringRules
from engagements.scoring_forms import RulesForm
from psinsights.lib.http import page_number

SIZE = 10  # versions on a page


@dataclass(frozen=True, kw_only=True)
class SignalLine:
    """A signal of the rules in force."""

    title: str
    weight: int
    full_at: str
    zero_at: str


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Rules in words: the signals, and the caps as sentences."""

    rules: Rules
    signals: list[SignalLine]
    total: int
    caps: list[str]


def shown(rules: Rules) -> Shown:
    """What the page tells of rules."""
    lines = [
        SignalLine(
            title=TITLES[key],
            weight=scale.weight,
            full_at=amount(scale.full_at, UNITS[key]),
            zero_at=amount(scale.zero_at, UNITS[key]),
        )
        for key, scale in zip(SIGNALS, rules.scales, strict=True)
    ]
    return Shown(rules=rules, signals=lines, total=rules.total_weight, caps=_caps(rules))


def _caps(rules: Rules) -> list[str]:
    return [
        f"At most {rules.overrun_ceiling} when the end date is past and not every task is done.",
        f"At most {rules.late_milestones_ceiling} with {rules.late_milestones} open milestones "
        f"more than {rules.late_milestone_days} days late.",
        f"At most {rules.old_blocker_ceiling} with a critical blocker that is open for more than "
        f"{rules.old_blocker_days} days.",
    ]


@dataclass(frozen=True, kw_only=True)
class VersionLine:
    """A version and what it changed from the one before."""

    version: int
    row: ScoringRules | None  # None for the one the product comes with
    differences: list[scoring.Difference]


@dataclass(frozen=True, kw_only=True)
class Versions:
    """A page of versions, the newest first; ``older`` is where the next page starts."""

    lines: list[VersionLine]
    total: int
    older: int | None


def version_lines(raw: str | None, newest: int) -> Versions:
    """The versions from the one asked for down, each beside the one before it; one query."""
    top = min(page_number(raw), newest) if raw else newest
    found = ScoringRules.objects.filter(pk__lte=top).select_related("saved_by")
    rows = list(found.order_by("-version")[: SIZE + 1])
    lines = [_line(row, rows[at + 1 :]) for at, row in enumerate(rows[:SIZE])]
    older = rows[SIZE].version if len(rows) > SIZE else None
    if len(rows) < SIZE:
        lines.append(VersionLine(version=scoring.FIRST, row=None, differences=[]))
    elif older is None:
        older = scoring.FIRST
    return Versions(lines=lines, total=newest, older=older)


def _line(row: ScoringRules, before: Sequence[ScoringRules]) -> VersionLine:
    rules = scoring.rules_of(before[0]) if before else RULES
    changed = scoring.differences(rules, scoring.rules_of(row))
    return VersionLine(version=row.version, row=row, differences=changed)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Rules that are not saved yet, as fields to be sent again, and what they would change."""

    fields: list[tuple[str, Any]]
    differences: list[scoring.Difference]
    next_version: int


def proposal_of(form: RulesForm, era: Era, proposed: Rules | None) -> Proposal | None:
    """None where what was given cannot be saved."""
    if proposed is None:
        return None
    names = [name for name in form.fields if name != "reason"]
    return Proposal(
        fields=[(name, form[name].value()) for name in names],
        differences=scoring.differences(era.rules, proposed),
        next_version=era.version + 1,
    )

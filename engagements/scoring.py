"""The rules in force, their versions, and saving another one. Asked anew each time: one small query.

Nothing is kept between requests, so that every process of the server computes with the same rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import IntegrityError, transaction
from django.db.models import Count, JSONField, Q, Subquery, Value
from django.db.models.functions import JSONArray

from engagements.eras import Era, Eras
from engagements.gathered import Gathered
from engagements.health_model import RULES, SIGNALS, Rules
from engagements.health_words import TITLES, UNITS, amount
from engagements.models import ScoringRules, Standing
from psinsights.lib import audit
from psinsights.lib.typed import convert

FIRST = 1  # the version that the product comes with, which has no row
MARKED = 12  # changes of rules that a page names at most


class OutOfDate(Exception):
    """Somebody saved other rules meanwhile; nothing was changed. ``by`` is the version in force."""

    def __init__(self, seen: int, newest: ScoringRules | None) -> None:
        self.version = newest.version if newest else FIRST
        who = f" by {newest.saved_by}" if newest and newest.saved_by else ""
        super().__init__(
            f"Nothing was saved: you looked at version {seen}, and version {self.version} has been "
            f"saved{who} since. Look at it below, and save again if you still want your rules."
        )


def rules_of(row: ScoringRules) -> Rules:
    return convert(row.rules, Rules)


def era_of(row: ScoringRules | None) -> Era:
    if row is None:
        return Era(version=FIRST)
    return Era(version=row.version, rules=rules_of(row), since=row.effective_on)


def newest() -> ScoringRules | None:
    """The newest saved version with who saved it; None while version 1 is in force."""
    return ScoringRules.objects.select_related("saved_by").order_by("-version").first()


def in_force() -> Era:
    """The version that today is judged by; one query."""
    return era_of(ScoringRules.objects.order_by("-version").first())


def eras() -> Eras:
    """All versions, the oldest first; one query."""
    rows = ScoringRules.objects.order_by("version")
    return Eras((Era(version=FIRST), *map(era_of, rows)))


def numbered(version: int) -> Rules | None:
    """The rules of a version, or None where there is no such one."""
    if version == FIRST:
        return RULES
    row = ScoringRules.objects.filter(pk=version).first()
    return rules_of(row) if row else None


def save(
    rules: Rules,
    *,
    seen: int,
    reason: str,
    user: AbstractBaseUser | AnonymousUser,
    day: date,
) -> ScoringRules:
    """Save the version after ``seen``, to count from ``day``; raises OutOfDate if it is not the newest.

    Two who save at once want the same number, which the database gives to one of them only.
    """
    person = user if user.is_authenticated else None
    try:
        with transaction.atomic():
            if in_force().version != seen:
                raise OutOfDate(seen, newest())
            row = ScoringRules.objects.create(
                version=seen + 1,
                rules=msgspec.to_builtins(rules),
                effective_on=day,
                reason=reason,
                saved_by=person,  # type: ignore[misc]  # AUTH_USER_MODEL
            )
            audit.record(user, "scoring.saved", str(row), reason)
    except IntegrityError as error:
        raise OutOfDate(seen, newest()) from error
    return row


def not_yet(version: int) -> Q:
    """Standings that are judged by another version than this one."""
    return ~Q(rules_version=version)


@dataclass(frozen=True, kw_only=True)
class Rescored:
    """How many of the standings are judged by the version in force."""

    version: int
    total: int
    left: int

    @property
    def done(self) -> int:
        return self.total - self.left


def rescored(version: int) -> Rescored:
    """How far judging everything by the newest version is; one query."""
    counts = Standing.objects.aggregate(
        total=Count("pk"), left=Count("pk", filter=not_yet(version))
    )
    return Rescored(version=version, **counts)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One number of the rules that differs between two versions."""

    name: str
    before: str
    after: str


def differences(before: Rules, after: Rules) -> list[Difference]:
    """What changed, signal by signal, then the lines between the bands and the caps."""
    return [
        Difference(name=name, before=old, after=new)
        for (name, old), (_, new) in zip(_numbers(before), _numbers(after), strict=True)
        if old != new
    ]


def _numbers(rules: Rules) -> Iterator[tuple[str, str]]:
    for key, scale in zip(SIGNALS, rules.scales, strict=True):
        yield f"{TITLES[key]}, weight", f"{scale.weight} %"
        yield f"{TITLES[key]}, all points at", amount(scale.full_at, UNITS[key])
        yield f"{TITLES[key]}, none at", amount(scale.zero_at, UNITS[key])
    yield "On track from", str(rules.healthy_from)
    yield "Watch from", str(rules.warning_from)
    yield "Cap when the end date has passed", str(rules.overrun_ceiling)
    yield "Cap with late milestones", str(rules.late_milestones_ceiling)
    yield "Cap with an old critical blocker", str(rules.old_blocker_ceiling)


@dataclass(frozen=True)
class Change:
    """A version as a page of one engagement needs it."""

    version: int
    effective_on: date
    rules: Rules


@dataclass(frozen=True, kw_only=True)
class Told:
    """The rules behind a standing, and what a page says of their changes."""

    era: Era
    is_newest: bool  # else it is about to be judged again
    changed: list[Change]  # versions that began to count within the weeks shown, the newest first


def newest_rows() -> Subquery:
    """The newest versions in one column, so that a page asks for them with its own row."""
    last = ScoringRules.objects.order_by("-version").values("version")[:1]
    rows = ScoringRules.objects.filter(version__gt=Subquery(last) - MARKED).order_by()
    columns = JSONArray("version", "effective_on", "rules")
    gathered = rows.values(one=Value(1)).annotate(found=Gathered(columns)).values("found")
    return Subquery(gathered, output_field=JSONField())


def told_of(found: Any, version: int, day: date, *, weeks: int = 12) -> Told:
    """What a page says of the rules of a standing of that day, from ``newest_rows``.

    Of several versions that count from the same day the last is named alone.
    """
    rows = sorted(map(_change, found or []), key=lambda row: row.version)
    mine = next((row for row in rows if row.version == version), None)
    by_day = {row.effective_on: row for row in rows if row.version <= version}
    since = day - timedelta(weeks=weeks)
    changed = [row for row in by_day.values() if since < row.effective_on <= day]
    return Told(
        era=Era(version=version, rules=mine.rules if mine else RULES),
        is_newest=version == (rows[-1].version if rows else FIRST),
        changed=sorted(changed, key=lambda row: -row.version),
    )


def _change(row: tuple[int, str, Any]) -> Change:
    version, day, given = row
    # SQLite has a JSON column as text within an array.
    given = msgspec.json.decode(given) if isinstance(given, str) else given
    return Change(version, date.fromisoformat(day), convert(given, Rules))

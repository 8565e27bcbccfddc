"""Which rules a day is judged by, and what changes from one version to the next. Pure.

A day is judged by the version that counts on it and never again by a later one. On the first day of
other rules the same records are judged by both: the difference is the rules' doing alone, so that
a change over that day compares like with like, as a chained index does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby

import msgspec

from engagements.health import RULES, Band, Facts, Health, Rules, history

FALL = RULES.fall_points


class Era(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the rules and the first day it counts for; None for all days before the others."""

    version: int = 1
    rules: Rules = RULES
    since: date | None = None


class Eras(msgspec.Struct, frozen=True):
    """Every version there is, the oldest first."""

    all: tuple[Era, ...] = (Era(),)

    @property
    def newest(self) -> Era:
        return self.all[-1]

    def on(self, day: date) -> Era:
        """The newest version that counts on a day."""
        counting = (era for era in reversed(self.all) if era.since is None or era.since <= day)
        return next(counting, self.all[0])

    def numbered(self, version: int) -> Era | None:
        return next((era for era in self.all if era.version == version), None)

    def with_next(self, rules: Rules, since: date) -> Eras:
        """As if these rules were saved on that day."""
        era = Era(version=self.newest.version + 1, rules=rules, since=since)
        return Eras((*self.all, era))


class Past(msgspec.Struct, frozen=True, array_like=True):
    """A stored reading: what is needed of it to judge the days after."""

    day: date
    score: int | None
    band: Band
    version: int = 1
    shift: int | None = None


class Judged(msgspec.Struct, frozen=True):
    """A day's health and the version it is judged by.

    On the first day of other rules ``before`` is the same day's health by the rules until then.
    """

    health: Health
    version: int
    before: Health | None = None

    @property
    def shift(self) -> int | None:
        """Points that the rules alone added; None where they are the same, or one gives no score."""
        if self.before is None or self.before.score is None or self.health.score is None:
            return None
        return self.health.score - self.before.score

    @property
    def is_moved(self) -> bool:
        """Whether the rules alone changed the band, or the score by as much as a fall has."""
        if self.before is None:
            return False
        return self.before.band is not self.health.band or abs(self.shift or 0) >= FALL

    @property
    def sentence(self) -> str:
        """What the rules alone did, for people."""
        old, new = (_called(health) for health in (self.before or self.health, self.health))
        return f"Scoring rules version {self.version} give {new}; the rules before give {old}."

    @property
    def past(self) -> Past:
        health = self.health
        return Past(health.as_of, health.score, health.band, self.version, self.shift)


def _called(health: Health) -> str:
    return health.band.words if health.score is None else f"{health.score} ({health.band.words})"


def judge(
    facts: Facts, days: Sequence[date], last: Past | None, eras: Eras, *, compare: bool = True
) -> list[Judged]:
    """Health on each of the days, which ascend, each by its version; ``last`` is the reading before.

    The day of the facts is today and always judged by the newest version. Without ``compare`` no
    day is judged twice.
    """
    judged: list[Judged] = []

    def era_of(day: date) -> Era:
        return eras.newest if day == facts.as_of else eras.on(day)

    for era, group in groupby(days, era_of):
        span = list(group)
        former = None if last is None else eras.numbered(last.version)
        band = _remembered(last, former, era)
        healths = history(facts, span, previous=band, rules=era.rules)
        before = None
        if compare and last is not None and former is not None and former is not era:
            before = history(facts, span[:1], previous=last.band, rules=former.rules)[0]
        judged.append(Judged(healths[0], era.version, before))
        judged += [Judged(health, era.version) for health in healths[1:]]
        last = judged[-1].past
    return judged


def _remembered(last: Past | None, former: Era | None, era: Era) -> Band | None:
    """The band that hysteresis holds on to: none where the lines between the bands were others."""
    if last is None or former is None:
        return None
    return last.band if _lines(former.rules) == _lines(era.rules) else None


def _lines(rules: Rules) -> tuple[int, int, int]:
    return rules.warning_from, rules.healthy_from, rules.hysteresis


def linked(past: Sequence[Past]) -> Mapping[date, int | None]:
    """Each day's score in terms of the newest rules: with what later rules alone added to it.

    ``past`` ascends. Days before a change that could not be compared have no score.
    """
    scores: dict[date, int | None] = {}
    added: int | None = 0
    for at in range(len(past) - 1, -1, -1):
        here = past[at]
        known = added is not None and here.score is not None
        scores[here.day] = here.score + added if known else None  # type: ignore[operator]
        if at and past[at - 1].version != here.version:
            added = None if added is None or here.shift is None else added + here.shift
    return scores

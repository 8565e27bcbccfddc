"""What other rules would give today, engagement by engagement, without writing anything.

Each engagement is judged exactly as it would be after saving: by the same function, from the same
rows, with the same reading before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median

import msgspec
from django.db.models import QuerySet

from engagements import readings, scoring
from engagements.eras import Eras
from engagements.fact_rows import Inputs, inputs_of
from engagements.health import Band, Health, Rules
from engagements.ingest import batches, without_cycles
from engagements.models import Engagement, Standing
from engagements.standing import heaviest_reason

BLOCK = 1000  # engagements between two reports of progress
WORST_FIRST = (Band.CRITICAL, Band.WARNING, Band.HEALTHY, Band.UNKNOWN)
MOST_CHANGES = 500  # kept; the page says of how many
MOST_MOVES = 10
Progress = Callable[[int], None]


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One engagement by the rules in force and by the proposed ones."""

    engagement_id: str
    customer: str
    before: int | None
    after: int | None
    band_before: Band
    band_after: Band
    reason: str  # the main one of the score by the proposed rules

    @property
    def change(self) -> int | None:
        if self.before is None or self.after is None:
            return None
        return self.after - self.before

    @property
    def turned(self) -> bool:
        return self.band_before is not self.band_after


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A whole portfolio by both rules; of the engagements named, only the most telling ones."""

    total: int
    cells: dict[str, int]  # "critical>warning": how many went from one band to the other
    compared: int  # scored by both
    median_change: float
    rose: int
    fell: int
    turned: int
    changes: tuple[Compared, ...]  # those whose band changes, for the worse first
    moves: tuple[Compared, ...]  # the largest changes of score

    def count(self, before: Band, after: Band) -> int:
        return self.cells.get(_cell(before, after), 0)

    def in_band(self, band: Band, *, after: bool) -> int:
        pairs = ((band, other) if not after else (other, band) for other in WORST_FIRST)
        return sum(self.count(*pair) for pair in pairs)

    @property
    def unscored(self) -> int:
        return self.in_band(Band.UNKNOWN, after=True)


def preview(
    rules: Rules,
    *,
    as_of: date,
    engagements: QuerySet[Engagement],
    progress: Progress | None = None,
) -> Outcome:
    """What these rules would make of the engagements; ``progress`` hears how many are done."""
    tally = _Tally()
    for compared in compare(rules, as_of=as_of, engagements=engagements):
        tally.add(compared)
        if progress and tally.total % BLOCK == 0:
            progress(tally.total)
    return tally.outcome()


def compare(rules: Rules, *, as_of: date, engagements: QuerySet[Engagement]) -> Iterator[Compared]:
    """Every engagement by both rules, in blocks: a fixed number of queries for each."""
    eras = scoring.eras()
    judging = _Judging(
        eras=eras,
        proposed=eras.with_next(rules, as_of),
        as_of=as_of,
        daily=Engagement.objects.count() <= readings.DAILY_UP_TO,
    )
    keys = list(engagements.order_by("pk").values_list("pk", flat=True))
    for block in batches(keys, BLOCK):
        with without_cycles():
            yield from judging.block(block)


@dataclass(frozen=True, kw_only=True)
class _Judging:
    eras: Eras
    proposed: Eras
    as_of: date
    daily: bool

    def block(self, keys: Sequence[str]) -> Iterator[Compared]:
        # Between the first and the last key, in the database's own order of them.
        wanted, block = set(keys), Engagement.objects.filter(pk__range=(keys[0], keys[-1]))
        known = readings.known_of(block, self.as_of)
        stored = self._stored(block)
        for inputs in inputs_of(block, as_of=self.as_of):
            key = inputs.facts.engagement.engagement_id
            if key in wanted:
                yield self._one(inputs, known.get(key, {}), stored.get(key))

    def _stored(self, block: QuerySet[Engagement]) -> dict[str, tuple[int | None, Band]]:
        """Scores of today that are up to date; the others are judged by the rules in force."""
        rows = Standing.objects.filter(
            engagement__in=block.filter(unassessed=False).values("pk"),
            as_of=self.as_of,
            rules_version=self.eras.newest.version,
        )
        found = rows.values_list("pk", "health", "band")
        return {key: (score, Band(band)) for key, score, band in found}

    def _one(
        self, inputs: Inputs, known: readings.Known, stored: tuple[int | None, Band] | None
    ) -> Compared:
        after = self._today(inputs, known, self.proposed)
        if stored is None:
            now = self._today(inputs, known, self.eras)
            stored = now.score, now.band
        engagement = inputs.facts.engagement
        return Compared(
            engagement_id=engagement.engagement_id,
            customer=engagement.customer_name,
            before=stored[0],
            after=after.score,
            band_before=stored[1],
            band_after=after.band,
            reason=heaviest_reason(after),
        )

    def _today(self, inputs: Inputs, known: readings.Known, eras: Eras) -> Health:
        judged = readings.judge_on(inputs.facts, known, eras, daily=self.daily, compare=False)
        return judged[-1].health


@dataclass
class _Tally:
    total: int = 0
    cells: dict[str, int] = field(default_factory=dict)
    deltas: list[int] = field(default_factory=list)
    changes: list[Compared] = field(default_factory=list)
    moved: list[Compared] = field(default_factory=list)

    def add(self, one: Compared) -> None:
        self.total += 1
        cell = _cell(one.band_before, one.band_after)
        self.cells[cell] = self.cells.get(cell, 0) + 1
        if one.change is not None:
            self.deltas.append(one.change)
        if one.change:
            self.moved.append(one)
        if one.turned:
            self.changes.append(one)

    def outcome(self) -> Outcome:
        self.changes.sort(key=_worst_first)
        self.moved.sort(key=lambda one: (-abs(one.change or 0), one.engagement_id))
        return Outcome(
            total=self.total,
            cells=self.cells,
            compared=len(self.deltas),
            median_change=median(self.deltas) if self.deltas else 0,
            rose=sum(delta > 0 for delta in self.deltas),
            fell=sum(delta < 0 for delta in self.deltas),
            turned=len(self.changes),
            changes=tuple(self.changes[:MOST_CHANGES]),
            moves=tuple(self.moved[:MOST_MOVES]),
        )


def _cell(before: Band, after: Band) -> str:
    return f"{before.value}>{after.value}"


def _worst_first(one: Compared) -> tuple[int, int, str]:
    after, before = WORST_FIRST.index(one.band_after), WORST_FIRST.index(one.band_before)
    return after - before, after, one.engagement_id

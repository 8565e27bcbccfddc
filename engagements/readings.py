"""Readings of health: today's with its working, past days from dated facts, events and standing.

A fixed number of queries for each block of engagements. What is unassessed is marked on the
engagement, so a run that is cut short goes on where it was and a second one finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast, JSONArray

from engagements.fact_rows import Inputs, inputs_of
from engagements.gathered import Gathered
from engagements.health import Band, Health, events, history
from engagements.ingest import batches, bound, upsert, without_cycles
from engagements.models import Engagement, HealthEvent, HealthReading, Standing
from engagements.standing import standing_of

BLOCK = 10_000  # engagements in memory at a time
BACK = 84  # days of history a new engagement gets
DAILY_UP_TO = 200  # engagements; a larger portfolio gets its history by weeks
RULES_VERSION = 1
Past = dict[date, tuple[int | None, Band]]  # score and band by day
BANDS = (Band.CRITICAL, Band.WARNING, Band.HEALTHY)
READING = (
    *("engagement_id", "day", "score", "band", "state", "coverage", "lost", "detail"),
    "rules_version",
)
EVENT = (
    *("engagement_id", "day", "kind", "score_before", "score_after", "band_before", "band_after"),
    "reason",
)


def refresh(*, as_of: date) -> Iterator[int]:
    """Assess what changed or was last assessed for another day; yields how many, by blocks."""
    due = Q(unassessed=True) | Q(standing=None) | ~Q(standing__as_of=as_of)
    keys = list(Engagement.objects.filter(due).order_by("pk").values_list("pk", flat=True))
    daily = Engagement.objects.count() <= DAILY_UP_TO
    for block in batches(keys, BLOCK):
        yield _assess_block(block, as_of, daily=daily)


def recompute(engagement_ids: Collection[str] | None = None, *, as_of: date) -> int:
    """Assess these engagements, or all, whether they changed or not; how many."""
    chosen = Engagement.objects.all()
    if engagement_ids is not None:
        chosen = chosen.filter(pk__in=engagement_ids)
    keys = list(chosen.order_by("pk").values_list("pk", flat=True))
    daily = Engagement.objects.count() <= DAILY_UP_TO
    return sum(_assess_block(block, as_of, daily=daily) for block in batches(keys, BLOCK))


def _assess_block(keys: Sequence[str], as_of: date, *, daily: bool) -> int:
    # Between the first and the last key, not a list of them: a block may be thousands.
    block = Engagement.objects.filter(pk__gte=keys[0], pk__lte=keys[-1])
    wanted = set(keys)
    with transaction.atomic(), without_cycles():
        _forget_after(block, as_of)
        past = _past_scores(block, as_of)
        made = _Made()
        for inputs in inputs_of(block, as_of=as_of):
            key = inputs.facts.engagement.engagement_id
            if key in wanted:
                made.add(inputs, past.get(key, {}), daily=daily)
        made.store(block, as_of)
        _note_assessed(block, wanted)
    return len(keys)


def _note_assessed(block: QuerySet[Engagement], keys: set[str]) -> None:
    """Nothing is left to do for these; in one statement where they are the whole block."""
    whole = keys == set(block.values_list("pk", flat=True))
    for rows in [block] if whole else (block.filter(pk__in=some) for some in batches(keys)):
        rows.filter(unassessed=True).update(unassessed=False)


def _forget_after(block: QuerySet[Engagement], as_of: date) -> None:
    """Readings of later days belong to data that are here no more."""
    for model in (HealthReading, HealthEvent):
        model._default_manager.filter(engagement__in=block.values("pk"), day__gt=as_of).delete()


def _past_scores(block: QuerySet[Engagement], as_of: date) -> dict[str, Past]:
    readings = HealthReading.objects.filter(
        engagement__in=block.values("pk"), day__lt=as_of, day__gte=as_of - timedelta(days=BACK)
    )
    found = (
        readings.order_by()
        .values_list("engagement_id")
        .annotate(found=Cast(Gathered(JSONArray("day", "score", "band")), TextField()))
    )
    return {
        key: {day: (score, band) for day, score, band in sorted(_PAST.decode(rows))}
        for key, rows in found
    }


_PAST = msgspec.json.Decoder(list[tuple[date, int | None, Band]])


def missing_days(known: Collection[date], as_of: date, *, daily: bool) -> list[date]:
    """The days before ``as_of`` to be replayed: twelve weeks, or the gap since the last."""
    step = 1 if daily else 7
    days = [as_of - timedelta(days=back) for back in range(BACK, 0, -step)]
    newest = max(known, default=None)
    return days if newest is None else [day for day in days if day > newest]


@dataclass
class _Made:
    """What a block's assessment came to, as rows to be written."""

    readings: list[list[Any]] = field(default_factory=list)
    events: list[list[Any]] = field(default_factory=list)
    standings: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self, inputs: Inputs, past: dict[date, tuple[int | None, Band]], *, daily: bool
    ) -> None:
        facts, key = inputs.facts, inputs.facts.engagement.engagement_id
        days = [*missing_days(past, facts.as_of, daily=daily), facts.as_of]
        last = past[max(past)] if past else None
        healths = history(facts, days, previous=last[1] if last else None)
        scores = {day: score for day, (score, _) in past.items()}
        scores |= {health.as_of: health.score for health in healths}
        self.readings += [_reading(key, health, facts.as_of) for health in healths]
        self.events += _events(key, last, max(past, default=None), healths)
        standing = standing_of(facts, healths[-1], scores)
        self.standings.append({**standing, "inputs": inputs.mark})

    def store(self, block: QuerySet[Engagement], as_of: date) -> None:
        """Write it all; the working is kept for the newest reading alone."""
        HealthReading.objects.filter(
            engagement__in=block.values("pk"), day__lt=as_of, detail__isnull=False
        ).update(detail=None)
        upsert(HealthReading, READING, self.readings, unique=["engagement_id", "day"])
        upsert(HealthEvent, EVENT, self.events, unique=["engagement_id", "day", "kind"])
        if self.standings:
            columns = list(self.standings[0])
            rows = [[bound(value) for value in row.values()] for row in self.standings]
            upsert(Standing, columns, rows, unique=["engagement_id"])


def _reading(key: str, health: Health, as_of: date) -> list[Any]:
    detail = msgspec.json.encode(health).decode() if health.as_of == as_of else None
    lost = {signal.key: signal.lost for signal in health.signals if signal.lost}
    return [
        key,
        bound(health.as_of),
        health.score,
        health.band.value,
        str(health.state),
        health.coverage,
        bound(lost),
        detail,
        RULES_VERSION,
    ]


def _events(
    key: str,
    last: tuple[int | None, Band] | None,
    last_day: date | None,
    healths: Sequence[Health],
) -> Iterator[list[Any]]:
    """What happened from reading to reading, from the one before the first on."""
    before = _bare(last, last_day) if last and last_day else None
    for health in healths:
        if before is not None:
            for event in events(before, health):
                if kind := _kind(event.kind, before.band, health.band):
                    yield [
                        key,
                        bound(health.as_of),
                        kind,
                        before.score,
                        health.score,
                        before.band.value,
                        health.band.value,
                        event.sentence[:500],
                    ]
        before = health


def _kind(kind: str, before: Band, after: Band) -> str:
    """The model's word for an event; going to or from "not scored" is neither better nor worse."""
    if kind == "fell":
        return "drop"
    if Band.UNKNOWN in (before, after):
        return ""
    return "better" if BANDS.index(after) > BANDS.index(before) else "worse"


def _bare(last: tuple[int | None, Band], day: date) -> Health:
    score, band = last
    return Health(
        as_of=day, score=score, raw_score=score, band=band, state="", coverage=0.0, signals=()
    )

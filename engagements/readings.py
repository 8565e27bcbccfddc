"""Readings of health: today's with its working, past days from dated facts, events and standing.

A fixed number of queries for each block of engagements. What is unassessed is marked on the
engagement, so a run that is cut short goes on where it was and a second one finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast, JSONArray

from engagements import scoring
from engagements.eras import Eras, Judged, Past, judge, linked
from engagements.fact_rows import Inputs, inputs_of
from engagements.gathered import Gathered
from engagements.health import RULES, Band, Facts, Health, Rules, events
from engagements.ingest import batches, bound, upsert, without_cycles
from engagements.models import Engagement, HealthEvent, HealthReading, Standing
from engagements.standing import standing_of
from psinsights.lib.typed import decoder

BLOCK = 10_000  # engagements in memory at a time
AGAIN = 1000  # engagements between two signs of progress when all are scored again
BACK = 84  # days of history a new engagement gets
DAILY_UP_TO = 200  # engagements; a larger portfolio gets its history by weeks
Known = dict[date, Past]  # stored readings by day, ascending
BANDS = (Band.CRITICAL, Band.WARNING, Band.HEALTHY)
BY_RULES = "rules"  # an event that the records have no part in
READING = (
    *("engagement_id", "day", "score", "band", "state", "coverage", "lost", "detail"),
    *("rules_version", "rules_shift"),
)
EVENT = (
    *("engagement_id", "day", "kind", "score_before", "score_after", "band_before", "band_after"),
    "reason",
)


def refresh(*, as_of: date) -> Iterator[int]:
    """Assess what changed or was assessed for another day or by other rules; yields how many."""
    newest = scoring.in_force().version
    due = Q(unassessed=True) | Q(standing=None) | ~Q(standing__as_of=as_of)
    due |= ~Q(standing__rules_version=newest)
    keys = list(Engagement.objects.filter(due).order_by("pk").values_list("pk", flat=True))
    daily = Engagement.objects.count() <= DAILY_UP_TO
    for block in batches(keys, BLOCK):
        yield _assess_block(block, as_of, daily=daily)


def rescore(*, as_of: date) -> Iterator[int]:
    """Assess what was assessed by other rules than those in force; yields how many, by blocks."""
    newest = scoring.in_force().version
    due = Engagement.objects.exclude(standing__rules_version=newest)
    daily = Engagement.objects.count() <= DAILY_UP_TO
    for block in batches(list(due.order_by("pk").values_list("pk", flat=True)), AGAIN):
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
        past = known_of(block, as_of)
        made = _Made(eras=scoring.eras())
        for inputs in inputs_of(block, as_of=as_of):
            key = inputs.facts.engagement.engagement_id
            if key in wanted:
                made.add(inputs, past.get(key, {}), daily=daily)
        made.store(block, keys, as_of)
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


def known_of(block: QuerySet[Engagement], as_of: date) -> dict[str, Known]:
    """The stored readings of twelve weeks before a day, by engagement; one query."""
    readings = HealthReading.objects.filter(
        engagement__in=block.values("pk"), day__lt=as_of, day__gte=as_of - timedelta(days=BACK)
    )
    columns = JSONArray("day", "score", "band", "rules_version", "rules_shift")
    found = (
        readings.order_by()
        .values_list("engagement_id")
        .annotate(found=Cast(Gathered(columns), TextField()))
    )
    return {
        key: {past.day: past for past in sorted(_PAST.decode(rows), key=lambda past: past.day)}
        for key, rows in found
    }


_PAST = decoder(list[Past])


def judge_on(
    facts: Facts, known: Known, eras: Eras, *, daily: bool, compare: bool = True
) -> list[Judged]:
    """Health on the day of the facts, and before it on those without a reading yet."""
    days = [*missing_days(known, facts.as_of, daily=daily), facts.as_of]
    return judge(facts, days, last_of(known), eras, compare=compare)


def last_of(known: Known) -> Past | None:
    return known[max(known)] if known else None


def missing_days(known: Collection[date], as_of: date, *, daily: bool) -> list[date]:
    """The days before ``as_of`` to be replayed: twelve weeks, or the gap since the last."""
    step = 1 if daily else 7
    days = [as_of - timedelta(days=back) for back in range(BACK, 0, -step)]
    newest = max(known, default=None)
    return days if newest is None else [day for day in days if day > newest]


@dataclass
class _Made:
    """What a block's assessment came to, as rows to be written."""

    eras: Eras
    readings: list[list[Any]] = field(default_factory=list)
    events: list[list[Any]] = field(default_factory=list)
    standings: list[dict[str, Any]] = field(default_factory=list)

    def add(self, inputs: Inputs, known: Known, *, daily: bool) -> None:
        facts, key = inputs.facts, inputs.facts.engagement.engagement_id
        judged = judge_on(facts, known, self.eras, daily=daily)
        line = [*known.values(), *(each.past for each in judged)]
        self.readings += [_reading(key, each, facts.as_of) for each in judged]
        self.events += _events(key, last_of(known), judged)
        scores = {past.day: past.score for past in line}
        standing = standing_of(facts, judged[-1].health, scores, linked(line))
        mark = _mark(inputs.mark, self.eras.newest.rules)
        newest = {"inputs": mark, "rules_version": judged[-1].version}
        self.standings.append({**standing, **newest})

    def store(self, block: QuerySet[Engagement], keys: Sequence[str], as_of: date) -> None:
        """Write it all; the working is kept for the newest reading alone."""
        HealthReading.objects.filter(
            engagement__in=block.values("pk"), day__lt=as_of, detail__isnull=False
        ).update(detail=None)
        since = self.eras.newest.since
        if since is not None and since >= as_of:  # a version saved earlier today counts no more
            for some in batches(keys):
                told = HealthEvent.objects.filter(engagement__in=some, day=as_of)
                told.filter(kind=BY_RULES).delete()
        upsert(HealthReading, READING, self.readings, unique=["engagement_id", "day"])
        upsert(HealthEvent, EVENT, self.events, unique=["engagement_id", "day", "kind"])
        if self.standings:
            columns = list(self.standings[0])
            rows = [[bound(value) for value in row.values()] for row in self.standings]
            upsert(Standing, columns, rows, unique=["engagement_id"])


def _mark(rows: str, rules: Rules) -> str:
    """Changes with any row and with the rules: what was said of a score by others is out of date."""
    if rules == RULES:
        return rows
    return blake2b(rows.encode() + msgspec.msgpack.encode(rules), digest_size=16).hexdigest()


def _reading(key: str, judged: Judged, as_of: date) -> list[Any]:
    health = judged.health
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
        judged.version,
        judged.shift,
    ]


def _events(key: str, last: Past | None, judged: Sequence[Judged]) -> Iterator[list[Any]]:
    """What happened from reading to reading, from the one before the first on.

    On the first day of other rules, what the records did and what the rules did are told apart.
    """
    before, version = (_bare(last), last.version) if last else (None, None)
    for each in judged:
        same_rules = each.before or each.health
        if before is not None and (each.before or each.version == version):
            for event in events(before, same_rules):
                if kind := _kind(event.kind, before.band, same_rules.band):
                    yield _event(key, kind, before, same_rules, event.sentence)
        if each.before is not None and each.is_moved:
            yield _event(key, BY_RULES, each.before, each.health, each.sentence)
        before, version = each.health, each.version


def _event(key: str, kind: str, before: Health, after: Health, sentence: str) -> list[Any]:
    return [
        key,
        bound(after.as_of),
        kind,
        before.score,
        after.score,
        before.band.value,
        after.band.value,
        sentence[:500],
    ]


def _kind(kind: str, before: Band, after: Band) -> str:
    """The model's word for an event; going to or from "not scored" is neither better nor worse."""
    if kind == "fell":
        return "drop"
    if Band.UNKNOWN in (before, after):
        return ""
    return "better" if BANDS.index(after) > BANDS.index(before) else "worse"


def _bare(past: Past) -> Health:
    return Health(
        as_of=past.day,
        score=past.score,
        raw_score=past.score,
        band=past.band,
        state="",
        coverage=0.0,
        signals=(),
    )

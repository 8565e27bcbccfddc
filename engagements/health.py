"""Health of an engagement as of a day: a score with its reasons. Pure; see docs/health.md.

The vocabulary and the rules are in :mod:`engagements.health_model`; readers import from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from engagements.health_ledger import Ledger, ledger_of, standing
from engagements.health_lever import biggest_lever
from engagements.health_model import (
    RULES,
    SIGNALS,
    Band,
    Cap,
    Facts,
    Health,
    Lever,
    Rules,
    Scale,
    Signal,
    State,
    band_of,
)
from engagements.health_score import Values, ceilings, covered, raw_of, shared_out, values_of, whole
from engagements.health_tally import Tally, tally_of
from engagements.health_words import TITLES, UNITS, cap_sentence, missing, sentence, statement
from engagements.records import EngagementRecord, EngagementStatus

__all__ = [
    "RULES",
    "SIGNALS",
    "Band",
    "Cap",
    "Event",
    "Facts",
    "Health",
    "Lever",
    "Rules",
    "Scale",
    "Signal",
    "State",
    "assess",
    "band_of",
    "disagrees",
    "events",
    "history",
    "working",
]

_UNSCORED = {
    EngagementStatus.NOT_STARTED: State.NOT_STARTED,
    EngagementStatus.ON_HOLD: State.ON_HOLD,
    EngagementStatus.COMPLETED: State.COMPLETED,
}
_WORST_FIRST = (Band.CRITICAL, Band.WARNING, Band.HEALTHY)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened between two readings: the score ``fell`` or the ``band`` changed."""

    kind: str
    sentence: str
    before: int | None
    after: int | None


def assess(facts: Facts, *, previous: Band | None = None, rules: Rules = RULES) -> Health:
    """The health of an engagement as of a day; ``previous`` is yesterday's band (hysteresis)."""
    ledger = ledger_of(facts, rules)
    return _reading(ledger, facts.as_of, facts.is_today, previous, rules)


def history(
    facts: Facts,
    days: Sequence[date],
    *,
    previous: Band | None = None,
    rules: Rules = RULES,
) -> list[Health]:
    """A reading for each day, in the order of ``days``; the rows are read only once.

    A day is today when it is ``facts.as_of`` and that is today; only today has a lever. Each
    reading's band is the previous one of the next day's. Days after ``as_of`` are refused.
    """
    if any(day > facts.as_of for day in days):
        raise ValueError("A history has no day after as_of.")
    ledger = ledger_of(facts, rules)
    readings: dict[date, Health] = {}
    for day in sorted(set(days)):
        today = facts.is_today and day == facts.as_of
        readings[day] = _reading(ledger, day, today, previous, rules)
        previous = readings[day].band
    return [readings[day] for day in days]


def events(previous: Health, current: Health, rules: Rules = RULES) -> tuple[Event, ...]:
    """What happened between two readings, the graver first."""
    found = []
    before, after = previous.score, current.score
    if before is not None and after is not None and before - after >= rules.fall_points:
        fell = f"Health fell by {before - after} points, from {before} to {after}."
        found.append(Event(kind="fell", sentence=fell, before=before, after=after))
    if previous.band is not current.band:
        turned = f"Health went from {_called(previous)} to {_called(current)}."
        found.append(Event(kind="band", sentence=turned, before=before, after=after))
    return tuple(found)


def working(health: Health) -> str:
    """The sum behind a score in one line: "100 - 12 Schedule - 9 Overdue work = 79"."""
    if health.raw_score is None:
        return _called(health)
    losses = [s for s in sorted(health.signals, key=lambda s: -s.lost) if s.lost]
    sum_of = "".join(f" - {s.lost:g} {s.title}" for s in losses)
    line = f"100{sum_of} = {health.raw_score}"
    return " ".join([line + ".", *(cap.sentence for cap in health.caps)])


def _reading(
    ledger: Ledger, as_of: date, today: bool, previous: Band | None, rules: Rules
) -> Health:
    day = as_of.toordinal()
    unscored = _UNSCORED.get(standing(ledger, day, today))
    if unscored is not None:
        return _not_scored(as_of, unscored)
    tally = tally_of(ledger, day, today, rules)
    values = values_of(tally, rules)
    raw, available = raw_of(values, rules)
    coverage = available / rules.total_weight
    if not covered(available, rules):
        signals = _signals(tally, values, None, rules)
        return _not_scored(as_of, State.UNKNOWN, coverage, signals)
    signals = _signals(tally, values, whole(raw), rules)
    caps = _caps(tally, rules)
    score = min([whole(raw), *(cap.ceiling for cap in caps)])
    band = _band(score, caps, previous, rules)
    told = _contradiction(ledger.engagement, score, band, signals, rules) if today else None
    sure = coverage >= rules.confident_coverage
    return Health(
        as_of=as_of,
        score=score,
        raw_score=whole(raw),
        band=band,
        state=State.SCORED if sure else State.LOW_CONFIDENCE,
        coverage=coverage,
        signals=signals,
        caps=caps,
        lever=biggest_lever(tally, score, rules) if today else None,
        missing=_missing(signals),
        contradiction=told,
    )


def _not_scored(
    as_of: date, state: State, coverage: float = 0.0, signals: tuple[Signal, ...] = ()
) -> Health:
    return Health(
        as_of=as_of,
        score=None,
        raw_score=None,
        band=Band.UNKNOWN,
        state=state,
        coverage=coverage,
        signals=signals,
        missing=_missing(signals),
    )


def _missing(signals: tuple[Signal, ...]) -> tuple[str, ...]:
    """Why signals cannot be had; one that weighs nothing is not missed."""
    return tuple(s.missing for s in signals if s.missing is not None and s.weight)


def _band(score: int, caps: tuple[Cap, ...], previous: Band | None, rules: Rules) -> Band:
    """The band of a score; what a cap forbids, hysteresis does not give back."""
    bands = [band_of(score, previous, rules), *(band_of(c.ceiling, None, rules) for c in caps)]
    return min(bands, key=_WORST_FIRST.index)


def _signals(tally: Tally, values: Values, raw: int | None, rules: Rules) -> tuple[Signal, ...]:
    """The eight signals; without a raw score none has earned or lost points."""
    scales = rules.scales
    pairs = list(zip(scales, values, strict=True))
    shares = [0.0 if value is None else scale.share(value) for scale, value in pairs]
    earned = lost = [0] * len(scales)
    if raw is not None:
        weights = [0 if value is None else scale.weight for scale, value in pairs]
        points = [100 * weight / sum(weights) for weight in weights]
        earned = shared_out([p * s for p, s in zip(points, shares, strict=True)], raw)
        lost = shared_out([p * (1 - s) for p, s in zip(points, shares, strict=True)], 100 - raw)
    return tuple(
        _signal(key, tally, values[i], shares[i], earned[i], lost[i], rules)
        for i, key in enumerate(SIGNALS)
    )


def _signal(
    key: str,
    tally: Tally,
    value: float | None,
    share: float,
    earned: int,
    lost: int,
    rules: Rules,
) -> Signal:
    scale: Scale = getattr(rules, key)
    absent: str | None = None
    gap: float | None = None
    records: tuple[str, ...] = ()
    if value is None:
        said = absent = missing(key, tally, rules)
    else:
        told, ids = statement(key, tally, value)
        said = sentence(told, value, scale, UNITS[key])
        records = tuple(dict.fromkeys(ids))[: rules.shown_records]
        gap = scale.gap(value)
    return Signal(
        key=key,
        weight=scale.weight,
        value=value,
        full_at=scale.full_at,
        zero_at=scale.zero_at,
        share=share,
        earned=earned,
        lost=lost,
        sentence=said,
        records=records,
        missing=absent,
        title=TITLES[key],
        unit=UNITS[key],
        gap=gap,
    )


def _caps(tally: Tally, rules: Rules) -> tuple[Cap, ...]:
    caps = []
    for key, ceiling in ceilings(tally, rules):
        said, ids = cap_sentence(key, ceiling, tally, rules)
        records = tuple(dict.fromkeys(ids))[: rules.shown_records]
        caps.append(Cap(key=key, ceiling=ceiling, sentence=said, records=records))
    return tuple(caps)


def _contradiction(
    engagement: EngagementRecord, score: int, band: Band, signals: tuple[Signal, ...], rules: Rules
) -> str | None:
    """Both sides, where what people report and what the records say differ; else None."""
    if not disagrees(engagement, score, band, rules):
        return None
    said = f"Reported {engagement.status.value}"
    if engagement.health_score is not None:
        said += f" with a health score of {engagement.health_score}"
    said += f", but the records give {score} ({band.words})"
    worst = max(signals, key=lambda signal: signal.lost)
    return f"{said}; most points are lost on {worst.title}." if worst.lost else f"{said}."


def disagrees(engagement: EngagementRecord, score: int, band: Band, rules: Rules) -> bool:
    """Whether the reported score's band, or else the reported status, is another than computed.

    A reported score within the hysteresis of the computed one agrees whatever the bands.
    """
    reported = engagement.health_score
    if engagement.status == EngagementStatus.AT_RISK and band is Band.HEALTHY:
        return True
    if reported is None:
        return engagement.status == EngagementStatus.ACTIVE and band is not Band.HEALTHY
    return abs(reported - score) > rules.hysteresis and band_of(reported, None, rules) is not band


def _called(health: Health) -> str:
    """A reading in words: "82 (On track)", "On hold", "Not scored"."""
    if health.score is not None:
        return f"{health.score} ({health.band.words})"
    if health.state == State.UNKNOWN:
        return Band.UNKNOWN.words
    return health.state.replace("_", " ").capitalize()

"""The working behind a score, as the page of an engagement shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec
from django.utils.safestring import SafeString

from engagements.health import RULES, Band, Health, Rules, Signal, band_of
from engagements.health_words import TITLES, amount
from engagements.models import Standing
from engagements.scoring import Change
from psinsights.lib import charts
from psinsights.lib.typed import convert
from psinsights.lib.words import BAND_TONE, BAND_WORD, short_day

CITED = 2  # records named beside a signal; the others are counted
HEAVIEST = 30  # points that the longest meter stands for


@dataclass(frozen=True, kw_only=True)
class Line:
    """A signal as a row of the table: value, threshold, gap, points, records."""

    signal: Signal
    title: str
    value: str
    full_at: str
    gap: str
    points: float  # that could be had
    meter: SafeString | None
    cited: Sequence[str]
    uncited: int
    of_use: bool  # its records are rows of notebook use, which the page shows as sums
    is_off: bool  # the rules give it no weight


def working_of(detail: Mapping[str, Any] | None) -> Health | None:
    """The stored working, or None where there is none or it was written by other rules."""
    if not detail:
        return None
    try:
        return convert(detail, Health, strict=False)
    except msgspec.ValidationError:
        return None


def lines(health: Health, rules: Rules = RULES) -> list[Line]:
    """The signals, those that cost most points first, those without data or weight last."""
    ordered = sorted(
        health.signals, key=lambda s: (not s.weight, s.value is None, -s.lost, -s.weight)
    )
    return [_line(signal, rules) for signal in ordered]


def _line(signal: Signal, rules: Rules) -> Line:
    title = signal.title or TITLES.get(signal.key, signal.key.capitalize())
    points = signal.earned + signal.lost
    known = signal.value is not None
    return Line(
        signal=signal,
        title=title,
        value=_amount(signal.value, signal),
        full_at=_amount(signal.full_at, signal),
        gap=_amount(signal.gap, signal) if signal.gap else "none",
        points=points,
        meter=_meter(signal, title, points, rules) if known and signal.weight else None,
        cited=() if signal.key == "usage" else signal.records[:CITED],
        uncited=max(0, len(signal.records) - CITED),
        of_use=signal.key == "usage" and known,
        is_off=not signal.weight,
    )


def _amount(value: float | None, signal: Signal) -> str:
    return "–" if value is None else amount(value, signal.unit)


def _meter(signal: Signal, title: str, points: float, rules: Rules) -> SafeString:
    tone = BAND_TONE[band_of(round(100 * signal.share), None, rules)]
    label = f"{title}: {signal.earned:g} of {points:g} points"
    return charts.meter(signal.earned, points, tone, label, scale=HEAVIEST)


@dataclass(frozen=True, kw_only=True)
class History:
    """The weekly scores as a chart and as rows of a table, and the lines between the bands.

    ``changes`` says in sentences when other rules began to count; the chart has a mark there.
    """

    chart: SafeString
    rows: list[tuple[str, int | None]]
    healthy_from: int
    warning_from: int
    changes: list[str]


def history(
    standing: Standing, rules: Rules = RULES, changed: Sequence[Change] = ()
) -> History | None:
    """Twelve weeks of scores; None before there are two of them. ``changed`` are later versions."""
    scores: list[int | None] = list(standing.weekly)
    known = [score for score in scores if score is not None]
    if len(known) < 2:
        return None
    last = len(scores) - 1
    days = [standing.as_of - timedelta(weeks=last - at) for at in range(len(scores))]
    names = [short_day(day, standing.as_of) for day in days]
    low = min(40, min(known) // 10 * 10)
    # Before the first score of the new version, so that the step is to its right.
    marks = [last - (standing.as_of - row.effective_on).days / 7 - 0.5 / 7 for row in changed]
    changes = [_changed(row, standing.as_of) for row in changed]
    chart = charts.lines(
        [(BAND_TONE[standing.band], scores)],
        low,
        100,
        " ".join([_told(known, rules), *changes]),
        names,
        guides=((rules.healthy_from, "ok"), (rules.warning_from, "watch")),
        marks=[mark for mark in marks if mark > 0],
    )
    return History(
        chart=chart,
        rows=list(zip(names, scores, strict=True)),
        healthy_from=rules.healthy_from,
        warning_from=rules.warning_from,
        changes=changes,
    )


def _changed(row: Change, day: date) -> str:
    return f"Scoring rules version {row.version} count from {short_day(row.effective_on, day)}."


def _told(known: Sequence[int], rules: Rules) -> str:
    first, last = known[0], known[-1]
    verb = "rose" if last > first else "fell" if last < first else "is unchanged"
    change = f"{verb} from {first} to {last}" if last != first else f"{verb} at {last}"
    return (
        f"Health score over {len(known)} weeks: it {change}, "
        f"between {min(known)} and {max(known)}. On track starts at {rules.healthy_from} "
        f"and Watch at {rules.warning_from}."
    )


STATES = {
    "not_started": ("Not started", "It is scored once it is under way."),
    "on_hold": ("On hold", "It is scored again when it goes on."),
    "completed": ("Completed", "A finished engagement is not scored."),
    "unknown": ("Not scored", "There is too little data for a score that could be trusted."),
}


def state_words(standing: Standing | None) -> tuple[str, str]:
    """Why there is no score: a word or two, and a sentence."""
    state = standing.state if standing else "unknown"
    return STATES.get(state, STATES["unknown"])


def health_word(standing: Standing) -> str:
    """The word beside the score: the band, or why there is none."""
    if standing.health is not None:
        return BAND_WORD[Band(standing.band)]
    return STATES.get(standing.state, STATES["unknown"])[0]


def elapsed_days(start: date | None, end: date | None, day: date) -> tuple[int, int] | None:
    """Days gone and days in all, of the planned time."""
    if not start or not end or end <= start:
        return None
    total = (end - start).days
    return max(0, min(total, (day - start).days)), total

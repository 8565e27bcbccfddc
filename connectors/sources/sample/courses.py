"""The hidden course of every engagement: what truly happens, which no table ever says."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from connectors.sources.sample.chance import stream


class Course(enum.StrEnum):
    """What truly happens to an engagement."""

    STEADY = "steady"
    EARLY_FINISH = "early_finish"
    BLOCKED_THEN_RECOVERING = "blocked_then_recovering"
    SLIPPING = "slipping"
    QUIET_DECLINE = "quiet_decline"
    SCOPE_CREEP = "scope_creep"
    WATERMELON = "watermelon"
    ON_HOLD = "on_hold"
    NOT_STARTED = "not_started"
    COMPLETED = "completed"


GOOD = frozenset({Course.STEADY, Course.EARLY_FINISH, Course.BLOCKED_THEN_RECOVERING})
BAD = frozenset({Course.SLIPPING, Course.QUIET_DECLINE, Course.SCOPE_CREEP, Course.WATERMELON})

# Courses are dealt from shuffled decks, so that 24 engagements already hold every one of them and
# 65 % of those under way (13 of 20) are good.
_DECK = (
    *(Course.STEADY,) * 8,
    *(Course.BLOCKED_THEN_RECOVERING,) * 3,
    *(Course.EARLY_FINISH,) * 2,
    *(Course.SLIPPING,) * 2,
    *(Course.QUIET_DECLINE,) * 2,
    *(Course.WATERMELON,) * 2,
    Course.SCOPE_CREEP,
    Course.ON_HOLD,
    Course.NOT_STARTED,
    *(Course.COMPLETED,) * 2,
)


def course_of(number: int, seed: int) -> Course:
    """The course of the engagement with this number (from 0); the same in any larger portfolio."""
    block, place = divmod(number, len(_DECK))
    deck = list(_DECK)
    stream(seed, "courses", block).shuffle(deck)
    return deck[place]


@dataclass(frozen=True, kw_only=True)
class Temper:
    """How a course shows. Pairs are bounds of a uniform draw.

    ``pace`` is days of plan done per day once the trouble began (before it: ``early_pace``).
    ``onset_days`` is how long before the as-of day it began. ``redated`` is the share of late tasks
    that get a new date. ``burn`` is hours consumed per hour of work done. ``note_gap`` is days
    between notes; ``usage_drift`` is the weekly factor of notebook runs after the onset.
    """

    early_pace: tuple[float, float] = (1.02, 1.12)
    pace: tuple[float, float] = (1.02, 1.12)
    onset_days: tuple[int, int] = (60, 110)
    redated: float = 0.5
    burn: tuple[float, float] = (0.9, 1.05)
    note_gap: tuple[int, int] = (3, 7)
    usage_drift: tuple[float, float] = (0.99, 1.06)
    jitter: tuple[int, int] = (-2, 2)


TEMPERS: dict[Course, Temper] = {
    Course.STEADY: Temper(early_pace=(0.93, 1.08), pace=(0.88, 1.08), jitter=(-2, 6)),
    Course.EARLY_FINISH: Temper(early_pace=(1.2, 1.4), pace=(1.2, 1.4), jitter=(-3, 1)),
    Course.BLOCKED_THEN_RECOVERING: Temper(pace=(0.1, 0.4), onset_days=(32, 70)),
    Course.SLIPPING: Temper(
        pace=(0.42, 0.8),
        onset_days=(75, 130),
        redated=0.45,
        burn=(1.1, 1.35),
        usage_drift=(0.92, 1.03),
        jitter=(0, 5),
    ),
    Course.QUIET_DECLINE: Temper(
        pace=(0.3, 0.75),
        onset_days=(75, 130),
        redated=0.25,
        burn=(0.9, 1.2),
        note_gap=(8, 17),
        usage_drift=(0.62, 0.84),
        jitter=(0, 4),
    ),
    Course.SCOPE_CREEP: Temper(
        pace=(0.42, 0.8),
        onset_days=(75, 130),
        redated=0.5,
        burn=(1.3, 1.6),
        usage_drift=(0.95, 1.05),
        jitter=(0, 5),
    ),
    Course.WATERMELON: Temper(
        pace=(0.4, 0.78),
        onset_days=(75, 130),
        redated=0.2,
        burn=(1.15, 1.4),
        note_gap=(5, 9),
        usage_drift=(0.88, 1.0),
        jitter=(0, 6),
    ),
    Course.ON_HOLD: Temper(pace=(0.0, 0.0), onset_days=(14, 50), note_gap=(4, 8)),
    Course.NOT_STARTED: Temper(),
    Course.COMPLETED: Temper(early_pace=(0.96, 1.08), pace=(0.96, 1.08), jitter=(-2, 4)),
}

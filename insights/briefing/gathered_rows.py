"""Rows of a week as one query gathers them: arrays within an engagement's row. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

import msgspec

from psinsights.lib.typed import convert

T = TypeVar("T")


class Event(msgspec.Struct, frozen=True, array_like=True):
    """A health event, as it was gathered."""

    day: date
    kind: str
    score_before: int | None
    score_after: int | None
    band_before: str
    band_after: str
    reason: str


class RiskRow(msgspec.Struct, frozen=True, array_like=True):
    """A risk of the register, as it was gathered."""

    pk: int
    title: str
    level: str
    exposure: float
    status: str
    first_seen_on: date
    worse_on: date | None
    returned_on: date | None
    resolved_on: date | None
    resolution: str


class TaskRow(msgspec.Struct, frozen=True, array_like=True):
    """A milestone, as it was gathered."""

    pk: str
    name: str
    end_date: date | None
    status: str
    done_on: date | None


class ActionRow(msgspec.Struct, frozen=True, array_like=True):
    """An action, as it was gathered; ``taken`` is whether somebody took it on this week."""

    pk: int
    title: str
    owner: str
    due_on: date
    status: str
    done_on: date | None
    taken: bool


class Reading(msgspec.Struct, frozen=True, array_like=True):
    """A score and band of the last days before the week, or of its last one; and of days of new rules."""

    day: date
    score: int | None
    band: str
    rules_shift: int | None = None  # points that other rules made on that day


def rows_of(kind: type[T], gathered: Any) -> list[T]:
    return convert(gathered or [], list[kind], strict=False)  # type: ignore[valid-type]

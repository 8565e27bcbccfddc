"""Parts of the page of the scoring rules."""

from __future__ import annotations

from typing import Any

from django import template

from engagements.scoring_preview import WORST_FIRST, Compared, Outcome

register = template.Library()
MOST_SHOWN = 50  # rows, so that the page stays light


@register.filter
def matrix(outcome: Outcome) -> list[dict[str, Any]]:
    """A row for each band now, with a cell for each band by the proposed rules."""
    return [
        {
            "band": before.value,
            "cells": [
                {"count": outcome.count(before, after), "same": before is after}
                for after in WORST_FIRST
            ],
            "total": outcome.in_band(before, after=False),
        }
        for before in WORST_FIRST
    ]


@register.filter
def proposed_totals(outcome: Outcome) -> list[int]:
    return [outcome.in_band(band, after=True) for band in WORST_FIRST]


@register.filter
def shown_changes(outcome: Outcome) -> tuple[Compared, ...]:
    return outcome.changes[:MOST_SHOWN]


@register.filter
def moved(outcome: Outcome) -> int:
    """Engagements whose score changes."""
    return outcome.rose + outcome.fell


@register.filter
def unmoved(outcome: Outcome) -> int:
    return outcome.compared - outcome.rose - outcome.fell


@register.filter
def points(number: float) -> str:
    """A change with its sign: "+2", "−1.5", "0"."""
    return f"{number:+g}".replace("-", "−") if number else "0"

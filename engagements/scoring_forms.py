"""The form of the rules: weights, thresholds and the lines between the bands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django import forms
from django.core.exceptions import ValidationError

from engagements.health_model import SIGNALS, Rules, Scale
from engagements.health_words import TITLES, UNITS

MOST = 25  # % of all weights: no single signal decides a verdict
WHOLE = 100
PARTS = ("weight", "full", "zero")
WHICH = {"full": "all points", "zero": "no points"}
LONGEST = 10**6  # a number beyond any bound, so that a refusal stays a sentence


@dataclass(frozen=True)
class Bounds:
    """Between what a threshold may stand, and what its number says."""

    low: float
    high: float
    words: str
    figures: int = 0  # decimals that count

    def clean(self, title: str, which: str, value: float) -> float:
        if not self.low <= value <= self.high:
            raise ValidationError(
                f"{title}: {which} must be between {self.low:g} and {self.high:g} ({self.words})."
            )
        if not self.figures and value != int(value):
            raise ValidationError(f"{title}: {which} must be at a whole number ({self.words}).")
        return float(round(value, self.figures))


BOUNDS = {
    "schedule": Bounds(0, 2, "work done over time elapsed", 2),
    "overdue": Bounds(0, 365, "days past the date"),
    "flow": Bounds(0, 100, "% of tasks under way"),
    "blockers": Bounds(0, 365, "days open"),
    "notes": Bounds(0, 48, "exposure of the risks in notes", 2),
    "contact": Bounds(0, 365, "days since the last note"),
    "usage": Bounds(-100, 100, "% change of runs"),
    "effort": Bounds(0, 100, "points of %"),
}


class Row:
    """A signal's three fields side by side."""

    def __init__(self, form: RulesForm, key: str) -> None:
        self.title, self.unit, self.words = TITLES[key], UNITS[key], BOUNDS[key].words
        self.weight, self.full, self.zero = (form[f"{key}_{part}"] for part in PARTS)

    @property
    def fields(self) -> Iterator[tuple[str, forms.BoundField]]:
        yield "weight", self.weight
        yield "all points at", self.full
        yield "none at", self.zero

    @property
    def errors(self) -> list[str]:
        return [str(error) for _, field in self.fields for error in field.errors]


def _told(sentence: str) -> dict[str, str]:
    return dict.fromkeys(("required", "invalid", "min_value", "max_value"), f"{sentence}.")


def _whole(sentence: str) -> forms.IntegerField:
    return forms.IntegerField(min_value=-LONGEST, max_value=LONGEST, error_messages=_told(sentence))


class RulesForm(forms.Form):
    """Proposed rules. What is not asked for stays as it is in the rules one starts from."""

    healthy_from = _whole("On track from: write a whole number, like 75")
    warning_from = _whole("Watch from: write a whole number, like 50")
    seen = _whole("The form does not say which version you looked at: open the page again")

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        start: Rules,
        seen: int,
        proposed: Rules | None = None,
    ) -> None:
        super().__init__(data, initial=values_of(proposed or start) | {"seen": seen})
        self.start = start
        for key in SIGNALS:
            self._ask(key)

    def _ask(self, key: str) -> None:
        title = TITLES[key]
        self.fields[f"{key}_weight"] = _whole(
            f"{title}: write the weight as a whole number, like {MOST}"
        )
        for part, which in WHICH.items():
            told = _told(f"{title}: write where {which} are had as a number")
            self.fields[f"{key}_{part}"] = forms.FloatField(
                min_value=-LONGEST, max_value=LONGEST, error_messages=told
            )

    @property
    def rows(self) -> list[Row]:
        return [Row(self, key) for key in SIGNALS]

    @property
    def sum(self) -> int | None:
        """What the weights add up to as given; None where one is no number."""
        given = [self[f"{key}_weight"].value() for key in SIGNALS]
        try:
            return sum(int(str(weight)) for weight in given)
        except ValueError:
            return None

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        for key in SIGNALS:
            self._check_weight(key, given.get(f"{key}_weight"))
            self._check_scale(key)
        self._check_sum([given.get(f"{key}_weight") for key in SIGNALS])
        self._check_lines(given.get("warning_from"), given.get("healthy_from"))
        return given

    def _check_weight(self, key: str, weight: int | None) -> None:
        if weight is None:
            return
        if weight < 0:
            self.add_error(f"{key}_weight", f"{TITLES[key]}: a weight is at least 0, which is off.")
        if weight > MOST:
            said = f"{TITLES[key]}: no signal may weigh more than {MOST} %, so that no single one"
            self.add_error(f"{key}_weight", f"{said} decides a verdict. It has {weight} %.")

    def _check_scale(self, key: str) -> None:
        """Both thresholds within their bounds, and still in the order that the signal has."""
        full, zero = self._bounded(key, "full"), self._bounded(key, "zero")
        if full is None or zero is None:
            return
        scale: Scale = getattr(self.start, key)
        rising = scale.full_at > scale.zero_at
        if full == zero or (full > zero) != rising:
            side = "above" if rising else "below"
            said = f"{TITLES[key]}: all points must be had {side} the value that earns none. "
            self.add_error(f"{key}_full", f"{said}You gave all at {full:g} and none at {zero:g}.")

    def _bounded(self, key: str, part: str) -> float | None:
        """A threshold as it counts; None, with what is wrong noted, where it cannot."""
        name = f"{key}_{part}"
        value = self.cleaned_data.get(name)
        if value is None:
            return None
        try:
            value = BOUNDS[key].clean(TITLES[key], WHICH[part], value)
        except ValidationError as error:
            self.add_error(name, error)
            return None
        self.cleaned_data[name] = value
        return value

    def _check_sum(self, weights: list[int | None]) -> None:
        if None in weights:
            return
        total = sum(weight or 0 for weight in weights)
        if total != WHOLE:
            way = f"add {WHOLE - total}" if total < WHOLE else f"take {total - WHOLE} away"
            said = f"The weights add up to {total} %, and must to exactly {WHOLE} %: {way}."
            self.add_error(None, said)

    def _check_lines(self, warning: int | None, healthy: int | None) -> None:
        if warning is None or healthy is None:
            return
        if not 0 < warning < healthy <= WHOLE:
            self.add_error(
                "healthy_from",
                "Watch must start above 0 and below On track, and On track at 100 at most. "
                f"You gave Watch from {warning} and On track from {healthy}.",
            )

    def rules(self) -> Rules:
        """The proposed rules; only of a valid form. The caps follow the lines they hold under."""
        given = self.cleaned_data
        scales = {
            key: Scale(given[f"{key}_weight"], given[f"{key}_full"], given[f"{key}_zero"])
            for key in SIGNALS
        }
        healthy, warning = given["healthy_from"], given["warning_from"]
        return msgspec.structs.replace(
            self.start,
            **scales,
            healthy_from=healthy,
            warning_from=warning,
            old_blocker_ceiling=healthy - 1,
            overrun_ceiling=warning - 1,
            late_milestones_ceiling=warning - 1,
        )


class SaveForm(RulesForm):
    """Rules that are to count, and why."""

    reason = forms.CharField(
        min_length=5,
        max_length=300,
        error_messages=dict.fromkeys(
            ("required", "min_length"),
            "Say in a sentence why the rules change: it stands beside the version for good.",
        )
        | {"max_length": "Say it in at most 300 characters."},
    )


def values_of(rules: Rules) -> dict[str, Any]:
    """The fields of a form that proposes these rules."""
    values: dict[str, Any] = {
        "healthy_from": rules.healthy_from,
        "warning_from": rules.warning_from,
    }
    for key, scale in zip(SIGNALS, rules.scales, strict=True):
        values[f"{key}_weight"] = scale.weight
        values[f"{key}_full"] = f"{scale.full_at:g}"
        values[f"{key}_zero"] = f"{scale.zero_at:g}"
    return values

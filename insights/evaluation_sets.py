"""Reads the labelled sets that quality is measured on, in their own formats."""

from __future__ import annotations

import csv
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from insights.evaluation_fit import Toned


class Labelled(NamedTuple):
    """A text, what people say it is, and the heading it stood under, where that is known."""

    text: str
    label: str
    heading: str | None = None


class Scoped(NamedTuple):
    """A sentence, the place of a concept in it, and whether people say it is denied."""

    text: str
    start: int
    end: int
    negated: bool


class SetError(ValueError):
    """A file that is no such set: the sentence says where and why."""


def rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise SetError(f"{path.name}, line {number}: no JSON ({error.msg}).") from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise SetError(f'{path.name}, line {number}: needs an object with a "text".')
        found.append(row)
    return found


def labelled(path: Path) -> list[Labelled]:
    """``{text, label, heading?}`` a line."""
    found = []
    for number, row in enumerate(rows(path), 1):
        if not isinstance(row.get("label"), str):
            raise SetError(f'{path.name}, object {number}: needs a "label".')
        found.append(Labelled(row["text"], row["label"], row.get("heading") or None))
    return found


def toned(path: Path) -> list[Toned]:
    """``{text, label}`` a line, the label positive, neutral or negative; others are left out."""
    return [
        Toned(row.text, row.label)
        for row in labelled(path)
        if row.label in ("positive", "neutral", "negative")
    ]


def senti4sd(path: Path) -> list[Toned]:
    """``id;label;text`` a line."""
    found = []
    for line in path.read_text("utf-8", errors="replace").split("\n"):
        parts = line.split(";", 2)
        if len(parts) == 3 and parts[1].strip() in ("positive", "neutral", "negative"):
            found.append(Toned(parts[2].strip().strip('"'), parts[1].strip()))
    return found


def scoped(path: Path) -> list[Scoped]:
    """NegEx's table: report, concept, sentence (the concept in capitals), Affirmed or Negated."""
    lines = path.read_text("latin-1").splitlines()
    return [found for line in lines if (found := _scoped(line))]


def _scoped(line: str) -> Scoped | None:
    parts = line.split("\t")
    if len(parts) < 4 or parts[3].strip() not in ("Affirmed", "Negated"):
        return None
    concept, text = parts[1].strip().strip('"'), parts[2].strip('"')
    start = text.rfind(concept.upper())
    start = start if start >= 0 else text.lower().find(concept.lower())
    if start < 0:
        return None
    return Scoped(text, start, start + len(concept), parts[3].strip() == "Negated")


def theme_draws(path: Path, draws: int = 24) -> Iterator[list[Labelled]]:
    """Small sets as an engagement has them: 3-7 themes of 6-14 texts, drawn with fixed seeds."""
    by_label: dict[str, list[str]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            by_label[row["category"]].append(row["text"])
    for seed in range(draws):
        chance = random.Random(seed)
        chosen = chance.sample(sorted(by_label), chance.randint(3, 7))
        drawn = [
            Labelled(text, label)
            for label in chosen
            for text in chance.sample(by_label[label], chance.randint(6, 14))
        ]
        chance.shuffle(drawn)
        yield drawn


def attacks(path: Path) -> list[str]:
    """``{text}`` a line."""
    return [row["text"] for row in rows(path)]

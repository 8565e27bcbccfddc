"""Fits the weights of the tone model and writes them into the engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from insights import engine
from insights.engine.sentiment import TONES
from insights.evaluation_fit import fit, is_held_out
from insights.evaluation_sets import senti4sd, toned

_PULL_REQUESTS = 2  # times each of the fewer texts counts


class Command(BaseCommand):
    help = "Fits the tone model on the Senti4SD training part and three quarters of PRemo."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="folder of the labelled sets")

    def handle(self, *args: Any, data: Path, **options: Any) -> None:
        answers = senti4sd(data / "senti4sd" / "train.csv")
        reviews = [t for t in toned(data / "premo" / "comments.jsonl") if not is_held_out(t.text)]
        fitted = {
            "about": "Weights of the tone model: a row per feature, a column per tone.",
            "fitted_on": [
                "Senti4SD, training part (github.com/collab-uniba/Senti4SD, MIT)",
                "PRemo, three quarters (github.com/opus-research/sentiment-dataset, MIT)",
            ],
            "texts": len(answers) + len(reviews),
            "tones": TONES,
            "weights": fit([*answers, *reviews * _PULL_REQUESTS]),
        }
        path = Path(engine.__path__[0]) / "lexicon" / "sentiment.json"
        path.write_text(json.dumps(fitted, separators=(",", ":")) + "\n", encoding="utf-8")
        self.stdout.write(f"Fitted on {fitted['texts']} texts: {path.name} written.")

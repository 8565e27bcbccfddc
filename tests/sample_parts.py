"""What the tests of sample data share."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from connectors.sources.sample import (
    Bundle,
    generate,
    write_sample,
)
from engagements import records

AS_OF = date(2026, 10, 15)
REPOSITORY = Path(__file__).resolve().parent.parent
FIXTURES = REPOSITORY / "fixtures"
RECORDS: dict[str, type[msgspec.Struct]] = {
    "engagements": records.EngagementRecord,
    "tasks": records.TaskRecord,
    "delivery_notes": records.NoteRecord,
    "notebook_usage": records.UsageRecord,
    "ai_metrics": records.AiMetricRecord,
    "adoption_metrics": records.AdoptionRecord,
}


def bundles(engagements: int, seed: int = 7, as_of: date = AS_OF, weeks: int = 12) -> list[Bundle]:
    return list(generate(engagements=engagements, seed=seed, as_of=as_of, weeks=weeks))


def written(directory: Path, engagements: int = 8, **given: Any) -> dict[str, bytes]:
    """The files that the arguments give, by name."""
    write_sample(directory, **{"engagements": engagements, "seed": 7, "as_of": AS_OF} | given)
    return contents(directory)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.glob("*.json")}


def rows(directory: Path, table: str) -> list[dict[str, Any]]:
    return json.loads((directory / f"{table}.json").read_text(encoding="utf-8"))

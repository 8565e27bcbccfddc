"""Exports as other systems write them: directories of JSON files with the least that is true."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command


def engagement(number: int = 1, **given: Any) -> dict[str, Any]:
    row = {
        "engagement_id": f"ENG-{number}",
        "customer_name": f"Customer {number}",
        "engagement_type": "Platform Migration",
        "start_date": "2026-08-01",
        "end_date": "2027-02-01",
        "status": "Active",
        "health_score": 80,
        "owner_id": "U1",
        "owner_name": "Ines",
        "team_members": [{"id": "U1", "name": "Ines", "role": "Lead"}],
        "contract_value": 120000,
        "created_at": "2026-07-20 09:00:00",
    }
    return row | given


def task(number: int = 1, engagement: int = 1, **given: Any) -> dict[str, Any]:
    row = {
        "task_id": f"T-{number}",
        "engagement_id": f"ENG-{engagement}",
        "name": f"Task {number}",
        "phase": "Build",
        "owner_id": "U1",
        "start_date": "2026-08-01",
        "end_date": "2026-12-01",
        "status": "In Progress",
        "progress_percent": 40,
    }
    return row | given


def note(number: int = 1, engagement: int = 1, **given: Any) -> dict[str, Any]:
    row = {
        "note_id": f"N-{number}",
        "engagement_id": f"ENG-{engagement}",
        "author_id": "U1",
        "created_at": "2026-10-01T10:00:00",
        "content": "The pipeline runs.",
        "sentiment": "neutral",
    }
    return row | given


def usage(number: int = 1, engagement: int = 1, **given: Any) -> dict[str, Any]:
    row = {
        "usage_id": f"NU-{number}",
        "engagement_id": f"ENG-{engagement}",
        "user_id": "U1",
        "notebook_name": "ingest",
        "execution_date": "2026-10-01",
        "execution_count": 3,
        "compute_hours": 1.5,
    }
    return row | given


def write(directory: Path, **files: Any) -> Path:
    """Write ``tasks=[…]`` as ``tasks.json``; text and bytes go in as they are."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, rows in files.items():
        path = directory / f"{name}.json"
        if isinstance(rows, bytes):
            path.write_bytes(rows)
        else:
            text = rows if isinstance(rows, str) else json.dumps(rows)
            path.write_text(text, encoding="utf-8")
    return directory


def load(directory: Path | None = None, **options: Any) -> dict[str, Any]:
    """``load_data --json`` on a directory, or on the default source; its summary."""
    out = StringIO()
    call_command("load_data", source=directory, json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def refusal(directory: Path | None = None, **options: Any) -> tuple[int, str]:
    """The exit code and sentence of a load that is refused."""
    try:
        load(directory, **options)
    except CommandError as error:
        return error.returncode, str(error)
    raise AssertionError("the load was not refused")

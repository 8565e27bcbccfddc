"""Templates of each table: every column with an example, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from msgspec import inspect

from connectors.imports.vocabulary import Column, columns
from connectors.tables import Table

# Where an example of the column's own kind would say little.
EXAMPLES: dict[str, Any] = {
    "engagement_id": "ENG-2001",
    "customer_name": "Example Customer",
    "engagement_type": "Platform Migration",
    "start_date": "2026-09-01",
    "end_date": "2026-12-18",
    "health_score": 80,
    "owner_id": "P-001",
    "owner_name": "Ada Example",
    "team_members": [{"id": "P-001", "name": "Ada Example", "role": "Delivery Manager"}],
    "contract_value": 120000,
    "created_at": "2026-08-20T09:00:00Z",
    "updated_at": "2026-09-01T09:00:00Z",
    "industry": "Retail",
    "region": "EMEA",
    "planned_hours": 800,
    "consumed_hours": 120.5,
    "task_id": "TSK-2001-01",
    "name": "Connectivity to the warehouse",
    "phase": "Setup",
    "progress_percent": 40,
    "is_milestone": False,
    "completed_at": None,
    "baseline_end_date": "2026-12-11",
    "note_id": "NOTE-2001-001",
    "author_id": "P-001",
    "content": "Access to the test system was granted today.\nThe next step is the first load.",
    "usage_id": "USE-2001-001",
    "user_id": "P-001",
    "notebook_name": "curate_daily",
    "execution_date": "2026-09-15",
    "execution_count": 3,
    "compute_hours": 1.5,
    "id": "P-001",
    "role": "Delivery Manager",
    "insight_id": "INS-2001",
    "generated_at": "2026-09-15T09:00:00Z",
    "provider": "embedded",
    "payload": None,
    "verification": None,
    "metric_id": "MET-2001",
    "date": "2026-09-15",
    "user_rating": 4,
}
NAMES_OF_PEOPLE = {"team_members": "Ada Example"}
WORDS = {"ps_tasks": "In Progress", "ps_engagements": "Active"}


def example(table: Table) -> dict[str, Any]:
    """One row of the table that a load would take."""
    return {name: _example(table, column) for name, column in columns(table).items()}


def _example(table: Table, column: Column) -> Any:
    if column.name == "status":
        return WORDS[table.name]
    if column.name == "name" and table.name in NAMES_OF_PEOPLE:
        return NAMES_OF_PEOPLE[table.name]
    if column.name in EXAMPLES:
        return EXAMPLES[column.name]
    if column.words:
        return column.words[0]
    numbers = (inspect.IntType, inspect.FloatType)
    return 1 if isinstance(column.kind, numbers) else "Example" if column.required else None


def as_csv(table: Table) -> str:
    """The template as CSV, marked as UTF-8 for spreadsheets."""
    row = example(table)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(row)
    writer.writerow([_cell(value) for value in row.values()])
    return f"\ufeff{text.getvalue()}"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def as_json(table: Table) -> str:
    """The template as an array of one object."""
    return json.dumps([example(table)], indent=2) + "\n"

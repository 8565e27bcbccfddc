"""Dossiers without a database, with the least that is true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from engagements.records import NoteRecord, TaskRecord, TaskStatus
from insights.evaluation_injection import AS_OF, dossier_of
from insights.schema import Dossier

BLOCKED = "The firewall change is still blocked by the network group."
WAITING = "Waiting for the customer to grant access to the test environment."
SLOW = "Dashboard performance is too slow for the pilot group."


def make_note(number: int, content: str, **given: Any) -> NoteRecord:
    written = datetime.combine(AS_OF - timedelta(days=number), datetime.min.time(), UTC)
    defaults = {"note_id": f"n-{number}", "engagement_id": "E-1", "created_at": written}
    return NoteRecord(**{**defaults, "content": content, **given})


def make_task(number: int, name: str, **given: Any) -> TaskRecord:
    defaults = {
        "task_id": f"T-{number}00",
        "engagement_id": "E-1",
        "status": TaskStatus.IN_PROGRESS,
        "start_date": AS_OF - timedelta(days=20),
        "end_date": AS_OF + timedelta(days=10),
        "progress_percent": 40,
    }
    return TaskRecord(**{**defaults, "name": name, **given})


def make_dossier(
    *contents: str, tasks: tuple[TaskRecord, ...] | None = None, **given: Any
) -> Dossier:
    """A dossier with these notes, the first the newest."""
    notes = [
        make_note(n, content) for n, content in enumerate(contents or (BLOCKED, WAITING, SLOW), 1)
    ]
    plan = (make_task(1, "Dashboard build"), make_task(2, "Data migration rehearsal"))
    return dossier_of(notes, plan if tasks is None else tasks, **given)

"""What the tests of health share: records of a sound engagement, and one thing wrong at a time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from engagements.health import (
    Band,
    Facts,
    Health,
    Signal,
    State,
    assess,
)
from engagements.records import (
    EngagementRecord,
    EngagementStatus,
    FindingStatus,
    NoteFinding,
    NoteRecord,
    TaskRecord,
    TaskStatus,
    UsageRecord,
)

TODAY = date(2026, 6, 1)
DOCUMENT = Path(__file__).parent.parent / "docs" / "health.md"


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


def noon(offset: int) -> datetime:
    return datetime(2026, 6, 1, 12) + timedelta(days=offset)


def task(
    task_id: str = "T-1", start: int | None = -10, end: int | None = 10, **given: Any
) -> TaskRecord:
    return TaskRecord(
        **{
            "task_id": task_id,
            "engagement_id": "E-1",
            "name": task_id,
            "status": TaskStatus.IN_PROGRESS,
            "start_date": None if start is None else day(start),
            "end_date": None if end is None else day(end),
        }
        | given
    )


def done(task_id: str, start: int | None = -40, end: int | None = -20, **given: Any) -> TaskRecord:
    return task(task_id, start, end, status=TaskStatus.COMPLETED, **given)


def note(note_id: str = "N-1", offset: int = -1) -> NoteRecord:
    return NoteRecord(
        note_id=note_id, engagement_id="E-1", created_at=noon(offset), content="x" * 40
    )


def finding(note_id: str = "N-1", offset: int = -1, **given: Any) -> NoteFinding:
    return NoteFinding(
        **{
            "note_id": note_id,
            "noted_on": day(offset),
            "category": "scope",
            "reason": "scope_creep",
            "severity": 2,
            "likelihood": 0.5,
            "status": FindingStatus.OPEN,
            "is_blocker": False,
            "quote": "x",
            "start": 0,
            "end": 1,
        }
        | given
    )


def runs(offset: int, count: int | None, usage_id: str = "") -> UsageRecord:
    return UsageRecord(
        usage_id=usage_id or f"U{offset}",
        engagement_id="E-1",
        notebook_name="n",
        execution_date=day(offset),
        execution_count=count,
    )


GOOD_TASKS = (done("T-7"), done("T-8"), task("T-9", progress_percent=60))


def facts(as_of: date = TODAY, is_today: bool = True, **given: Any) -> Facts:
    """A sound engagement at half its time with every signal at full, less what is given."""
    rows = {
        "tasks": GOOD_TASKS,
        "notes": [note()],
        "findings": [],
        "usage": [runs(-1, 5), runs(-20, 5)],
    }
    rows |= {key: given.pop(key) for key in tuple(rows) if key in given}
    engagement = EngagementRecord(
        **{
            "engagement_id": "E-1",
            "customer_name": "Halden",
            "status": EngagementStatus.ACTIVE,
            "start_date": day(-50),
            "end_date": day(50),
            "planned_hours": 100,
            "consumed_hours": 50,
        }
        | given
    )
    return Facts(engagement=engagement, as_of=as_of, is_today=is_today, **rows)


def signal(health: Health, key: str) -> Signal:
    return next(signal for signal in health.signals if signal.key == key)


def work(percent: int) -> list[TaskRecord]:
    return [task(f"T-{i}", progress_percent=percent) for i in range(3)]


def reading(score: int | None, band: Band, state: State = State.SCORED) -> Health:
    return msgspec.structs.replace(
        assess(facts()), score=score, raw_score=score, band=band, state=state
    )

"""Health of past days: only what was known by then."""

from __future__ import annotations

import msgspec
import pytest

from engagements.health import (
    State,
    assess,
    history,
)
from engagements.records import (
    EngagementStatus,
    TaskStatus,
)
from tests.health_parts import (
    GOOD_TASKS,
    day,
    done,
    facts,
    finding,
    noon,
    note,
    runs,
    signal,
    task,
)

# Past days


def test_a_past_day_does_not_see_progress_status_or_hours() -> None:
    known = [
        task(f"T-{i}", -10, 10, progress_percent=p, status=s)
        for i, (p, s) in enumerate(
            [(90, TaskStatus.IN_PROGRESS), (0, TaskStatus.BLOCKED), (None, TaskStatus.NOT_STARTED)]
        )
    ]
    plain = [task(f"T-{i}") for i in range(3)]
    past = {"as_of": day(-2), "is_today": False}
    health = assess(facts(tasks=known, consumed_hours=99, **past))
    assert health == assess(facts(tasks=plain, **past))
    assert signal(health, "effort").missing == "Effort: hours are known for today alone"


def test_a_past_day_knows_only_what_was_complete_by_then() -> None:
    late = [done("T-1", -40, -20, completed_at=noon(-5)), *GOOD_TASKS]
    before, after = history(facts(tasks=late), [day(-6), day(-5)])
    assert signal(before, "overdue").value == 14
    assert signal(after, "overdue").value == 0


def test_a_completed_task_without_a_stamp_was_done_at_its_end_date() -> None:
    before, after = history(
        facts(tasks=[done(f"T-{i}", -40, -20) for i in range(4)]), [day(-21), day(-20)]
    )
    assert signal(after, "schedule").value == pytest.approx(1 / 0.3)
    assert signal(before, "schedule").value == pytest.approx(0.5 / 0.29)


def test_a_completion_after_today_does_not_count_yet() -> None:
    early = task("T-1", end=-10, status=TaskStatus.COMPLETED, completed_at=noon(2))
    assert signal(assess(facts(tasks=[*GOOD_TASKS, early])), "overdue").value == 10


def test_a_risk_was_open_until_the_day_it_was_solved() -> None:
    row = finding(offset=-10, severity=4, likelihood=1, resolved_on=day(-3), resolved_by="N-2")
    before, after = history(facts(findings=[row], notes=[note(offset=-10)]), [day(-4), day(-3)])
    assert signal(before, "notes").value > 2
    assert signal(after, "notes").value == 0


@pytest.mark.parametrize(
    ("status", "offset", "state"),
    [
        (EngagementStatus.ACTIVE, -51, State.NOT_STARTED),
        (EngagementStatus.NOT_STARTED, -5, State.NOT_STARTED),
        (EngagementStatus.ON_HOLD, -5, State.SCORED),
        (EngagementStatus.COMPLETED, -5, State.COMPLETED),
        (EngagementStatus.COMPLETED, -12, State.SCORED),
    ],
)
def test_where_an_engagement_stood_on_a_past_day(
    status: EngagementStatus, offset: int, state: State
) -> None:
    tasks = [done(f"T-{i}", -40, -20 + i * 5) for i in range(3)]
    rows = facts(
        status=status,
        tasks=tasks,
        as_of=day(offset),
        is_today=False,
        notes=[note(offset=-15)],
        usage=[runs(-20, 1)],
    )
    assert assess(rows).state == state


def test_a_completed_engagement_without_task_dates_ended_at_its_end_date() -> None:
    tasks = [task(f"T-{i}", -40, 5) for i in range(3)]
    rows = facts(status=EngagementStatus.COMPLETED, end_date=day(-10), tasks=tasks)
    before, after = history(rows, [day(-11), day(-10)])
    assert before.state != State.COMPLETED
    assert after.state == State.COMPLETED


def test_a_history_is_the_readings_of_its_days_with_todays_last() -> None:
    rows = facts(tasks=[*GOOD_TASKS, task("T-1", end=-9)])
    days = [day(n) for n in range(-84, 1)]
    readings = history(rows, days)
    assert [h.as_of for h in readings] == days
    previous = None
    for reading in readings[:-1]:
        past = msgspec.structs.replace(rows, as_of=reading.as_of, is_today=False)
        assert reading == assess(past, previous=previous)
        assert reading.lever is None
        previous = reading.band
    assert readings[-1] == assess(rows, previous=previous)


def test_a_history_comes_in_the_order_asked_for() -> None:
    days = [day(-1), day(-30), day(-7)]
    assert [h.as_of for h in history(facts(), days)] == days


def test_a_history_refuses_days_to_come() -> None:
    with pytest.raises(ValueError, match="after as_of"):
        history(facts(), [day(1)])

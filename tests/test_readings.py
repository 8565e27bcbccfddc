"""Readings: one a day, the past from dated facts, events, and the standing that lists show."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from engagements import readings
from engagements.health import Health
from engagements.models import Engagement, HealthEvent, HealthReading, Standing, Task
from engagements.readings import missing_days
from tests.exports import engagement, load, note, task, usage, write

pytestmark = pytest.mark.django_db
DAY = date(2026, 10, 15)


@pytest.fixture
def loaded(tmp_path: Path, settings: object) -> None:
    """One engagement that went well until its task was not done in time."""
    settings.TODAY = str(DAY)  # type: ignore[attr-defined]
    done = {"status": "Completed", "progress_percent": 100}
    tasks = [
        task(1, start_date="2026-06-01", end_date="2026-06-30", **done),
        task(2, start_date="2026-07-01", end_date="2026-07-30", **done),
        task(3, start_date="2026-08-01", end_date="2026-08-30", **done),
        task(4, start_date="2026-09-01", end_date="2026-09-10", is_milestone=True, name="UAT"),
        task(5, start_date="2026-10-01", end_date="2026-12-10", is_milestone=True, name="Go-live"),
    ]
    notes = [note(n, created_at=f"2026-{7 + n // 4:02}-{1 + 7 * (n % 4):02}") for n in range(14)]
    row = engagement(1, start_date="2026-06-01", end_date="2026-12-31")
    load(
        write(
            tmp_path / "set",
            engagements=[row, engagement(2, status="On Hold")],
            tasks=tasks,
            delivery_notes=notes,
            notebook_usage=[usage(1)],
        )
    )


def scores(key: str = "ENG-1") -> dict[date, int | None]:
    return dict(HealthReading.objects.filter(engagement=key).values_list("day", "score"))


def test_a_new_engagement_gets_the_past_twelve_weeks_by_days(loaded: None) -> None:
    days = sorted(scores())
    assert days[0] == DAY - timedelta(days=84)
    assert days[-1] == DAY
    assert len(days) == 85


def test_health_falls_when_work_becomes_overdue_and_an_event_says_so(loaded: None) -> None:
    found = scores()
    before, after = found[date(2026, 9, 9)], found[DAY]
    assert before is not None
    assert after is not None
    assert before > after
    assert HealthEvent.objects.filter(engagement="ENG-1", kind__in=["drop", "worse"]).exists()


def test_the_working_is_kept_for_the_newest_reading_alone(loaded: None) -> None:
    detailed = HealthReading.objects.filter(engagement="ENG-1").exclude(detail=None)
    assert [reading.day for reading in detailed] == [DAY]
    health = msgspec.convert(detailed[0].detail, Health)
    assert health.score == detailed[0].score
    assert sum(detailed[0].lost.values()) == 100 - (health.raw_score or 0)


def test_the_standing_tells_where_it_is(loaded: None) -> None:
    standing = Standing.objects.get(pk="ENG-1")
    assert standing.health == scores()[DAY]
    assert (standing.tasks_total, standing.tasks_done, standing.tasks_overdue) == (5, 3, 1)
    assert standing.milestones_late == 1
    # What is late is still the next to be met.
    assert (standing.next_milestone, standing.next_milestone_on) == ("UAT", date(2026, 9, 10))
    assert standing.phase == "Build"
    assert standing.reason
    assert len(standing.weekly) == 12
    assert standing.weekly[-1] == standing.health
    then = scores()[DAY - timedelta(days=28)]
    assert then is not None
    assert standing.health is not None
    assert standing.delta_28d == standing.health - then


def test_what_is_on_hold_is_not_scored(loaded: None) -> None:
    standing = Standing.objects.get(pk="ENG-2")
    assert (standing.health, standing.band, standing.state) == (None, "unknown", "on_hold")


def test_assessing_again_changes_nothing(loaded: None) -> None:
    before = list(HealthReading.objects.order_by("pk").values())
    readings.recompute(as_of=DAY)
    assert list(HealthReading.objects.order_by("pk").values()) == before


def test_the_days_between_two_loads_are_filled(loaded: None) -> None:
    assert readings.recompute(["ENG-1"], as_of=DAY + timedelta(days=3)) == 1
    assert sorted(scores())[-4:] == [DAY + timedelta(days=n) for n in range(4)]
    assert max(scores("ENG-2")) == DAY


def test_past_readings_are_not_rewritten(loaded: None) -> None:
    HealthReading.objects.filter(day=DAY - timedelta(days=7)).update(score=3)
    readings.recompute(as_of=DAY)
    assert scores()[DAY - timedelta(days=7)] == 3


def test_only_what_changed_is_assessed(loaded: None) -> None:
    assert sum(readings.refresh(as_of=DAY)) == 0
    Task.objects.filter(pk="T-4").update(status="Completed")
    Engagement.objects.filter(pk="ENG-1").update(unassessed=True)
    assert sum(readings.refresh(as_of=DAY)) == 1
    assert Standing.objects.get(pk="ENG-1").tasks_overdue == 0


def test_an_earlier_day_forgets_what_came_after(loaded: None) -> None:
    readings.recompute(as_of=DAY - timedelta(days=10))
    assert max(scores()) == DAY - timedelta(days=10)


def test_the_mark_of_the_inputs_changes_with_any_row(loaded: None, tmp_path: Path) -> None:
    before = Standing.objects.get(pk="ENG-1").inputs
    write(tmp_path / "set", notebook_usage=[usage(1, execution_count=4)])
    load(tmp_path / "set")
    after = Standing.objects.get(pk="ENG-1").inputs
    assert before
    assert after != before
    write(tmp_path / "set", notebook_usage=[usage(1)])
    load(tmp_path / "set")
    assert Standing.objects.get(pk="ENG-1").inputs == before


def test_an_id_that_now_means_another_customer_starts_anew(loaded: None, tmp_path: Path) -> None:
    HealthReading.objects.filter(engagement="ENG-1").update(score=1)
    other = engagement(1, customer_name="Somebody else", start_date="2026-09-01")
    write(tmp_path / "set", engagements=[other, engagement(2, status="On Hold")])
    load(tmp_path / "set")
    assert 1 not in scores().values()


def test_a_large_portfolio_gets_its_past_by_weeks() -> None:
    assert len(missing_days([], DAY, daily=True)) == 84
    weekly = missing_days([], DAY, daily=False)
    assert len(weekly) == 12
    assert weekly[-1] == DAY - timedelta(days=7)
    assert missing_days([DAY - timedelta(days=2)], DAY, daily=True) == [DAY - timedelta(days=1)]

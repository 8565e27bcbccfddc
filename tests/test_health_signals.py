"""The signals of health one by one: value, threshold, and what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from engagements.health import (
    State,
    assess,
)
from engagements.records import (
    FindingStatus,
    TaskStatus,
    UsageRecord,
)
from tests.health_parts import (
    GOOD_TASKS,
    TODAY,
    day,
    done,
    facts,
    finding,
    noon,
    note,
    runs,
    signal,
    task,
    work,
)

# Schedule: work done over time elapsed, half of the time having passed


@pytest.mark.parametrize(
    ("percent", "value", "share"),
    [(60, 1.2, 1), (48, 0.96, 1), (30, 0.6, 0), (10, 0.2, 0), (39, 0.78, 0.514)],
)
def test_schedule_compares_work_with_time(percent: int, value: float, share: float) -> None:
    schedule = signal(assess(facts(tasks=work(percent))), "schedule")
    assert schedule.value == pytest.approx(value)
    assert schedule.share == pytest.approx(share, abs=0.001)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"tasks": GOOD_TASKS[:2]}, "2 tasks, and at least 3"),
        ({"start_date": day(-9), "end_date": day(91)}, "less than 10 %"),
        ({"start_date": day(5)}, "less than 10 %"),
        ({"start_date": None}, "no start date"),
        ({"end_date": None}, "no end date"),
        ({"start_date": day(60)}, "ends before it starts"),
    ],
)
def test_schedule_is_missing_where_nothing_can_be_said(given: dict[str, Any], reason: str) -> None:
    health = assess(facts(**given))
    assert reason in (signal(health, "schedule").missing or "")
    assert health.coverage == pytest.approx(0.76)
    assert health.state == State.LOW_CONFIDENCE


def test_work_is_weighted_by_the_duration_of_tasks() -> None:
    tasks = [
        done("T-1", -40, -11),
        *(task(f"T-{i}", 20, 24, status=TaskStatus.NOT_STARTED) for i in (2, 3)),
    ]
    assert signal(assess(facts(tasks=tasks)), "schedule").value == pytest.approx(0.75 / 0.5)


def test_a_one_day_engagement_divides_by_nothing() -> None:
    health = assess(facts(start_date=TODAY, end_date=TODAY))
    assert 0 <= (health.score or 0) <= 100


def test_a_task_under_way_without_progress_counts_half_until_its_date() -> None:
    before = [task(f"T-{i}", -20, 0) for i in range(3)]
    after = [task(f"T-{i}", -20, -1) for i in range(3)]
    assert signal(assess(facts(tasks=before)), "schedule").value == pytest.approx(1)
    assert signal(assess(facts(tasks=after)), "schedule").value == 0


def test_progress_outside_0_to_100_is_held_to_it() -> None:
    tasks = [task("T-1", progress_percent=300), *work(0)[1:]]
    assert signal(assess(facts(tasks=tasks)), "schedule").value == pytest.approx(1 / 3 / 0.5)


# Overdue: the worst task past its date


@pytest.mark.parametrize(
    ("end", "milestone", "value", "share"),
    [
        (0, False, 0, 1),
        (-1, False, 1, 27 / 28),
        (-14, False, 14, 0.5),
        (-28, False, 28, 0),
        (-90, False, 90, 0),
        (-7, True, 14, 0.5),
        (-14, True, 28, 0),
    ],
)
def test_overdue_is_the_worst_task_and_milestones_count_double(
    end: int, milestone: bool, value: int, share: float
) -> None:
    late = task("T-1", -30, end, is_milestone=milestone, progress_percent=100)
    overdue = signal(assess(facts(tasks=[*GOOD_TASKS, late])), "overdue")
    assert (overdue.value, overdue.share) == (value, pytest.approx(share))
    assert overdue.records == (("T-1",) if value else ())


def test_overdue_says_value_threshold_and_gap() -> None:
    overdue = signal(assess(facts(tasks=[*GOOD_TASKS, task("T-214", end=-12)])), "overdue")
    assert overdue.sentence == (
        "T-214 is 12 days past its date; full points up to 0 days, none from 28 days."
    )
    assert (overdue.gap, overdue.full_at, overdue.zero_at, overdue.unit) == (12, 0, 28, "days")


def test_a_gap_that_is_not_the_value_is_told() -> None:
    contact = signal(assess(facts(notes=[note(offset=-9)])), "contact")
    assert contact.sentence == (
        "The last note, N-1, is 9 days old, 4 days over; full points up to 5 days, none from 21 days."
    )


def test_a_task_without_an_end_date_is_judged_by_its_baseline() -> None:
    slipped = task("T-1", end=None, baseline_end_date=day(-14), progress_percent=100)
    assert signal(assess(facts(tasks=[*GOOD_TASKS, slipped])), "overdue").value == 14


def test_no_task_with_a_date_leaves_overdue_open() -> None:
    tasks = [task(f"T-{i}", None, None, progress_percent=50) for i in range(3)]
    assert (
        signal(assess(facts(tasks=tasks)), "overdue").missing
        == "Overdue work: no task has an end date"
    )


# Flow: the share of tasks under way that is late or blocked


@pytest.mark.parametrize(("stuck", "share"), [(0, 1), (1, 1), (2, 0.8), (6, 0), (9, 0)])
def test_flow_is_the_share_of_stuck_tasks(stuck: int, share: float) -> None:
    tasks = [task(f"T-{i}", end=-1 if i < stuck else 5) for i in range(10)]
    flow = signal(assess(facts(tasks=tasks)), "flow")
    assert (flow.value, flow.share) == (stuck * 10, pytest.approx(share))


def test_a_blocked_task_is_stuck_before_its_date() -> None:
    tasks = [*GOOD_TASKS, task("T-1", status=TaskStatus.BLOCKED)]
    assert signal(assess(facts(tasks=tasks)), "flow").value == 50


def test_flow_is_missing_before_anything_has_started() -> None:
    tasks = [task(f"T-{i}", 1, 9, status=TaskStatus.NOT_STARTED) for i in range(4)]
    assert signal(assess(facts(tasks=tasks)), "flow").missing == "Work in flow: no task has started"


def test_nothing_is_stuck_when_all_that_began_is_done() -> None:
    tasks = [*GOOD_TASKS[:2], task("T-9", 5, 20, status=TaskStatus.NOT_STARTED)]
    assert signal(assess(facts(tasks=tasks)), "flow").share == 1


# Blockers: the oldest one


@pytest.mark.parametrize(("age", "share"), [(0, 1), (7, 2 / 3), (21, 0), (60, 0)])
def test_a_blocker_costs_more_the_older_it_is(age: int, share: float) -> None:
    blocked = [finding(offset=-age, is_blocker=True, severity=1)]
    blockers = signal(
        assess(facts(notes=[note(offset=-age), note("N-2")], findings=blocked)), "blockers"
    )
    assert (blockers.value, blockers.share) == (age, pytest.approx(share))
    assert blockers.records == ("N-1",)


@pytest.mark.parametrize(
    ("dates", "age", "words"),
    [
        ({"updated_at": noon(-7)}, 7, "blocked for at least 7 days"),
        ({}, 10, "was to start 10 days ago"),
        ({"updated_at": noon(3)}, 10, "was to start 10 days ago"),
        ({"start": 4}, 0, "was to start 0 days ago"),
    ],
)
def test_a_blocked_task_is_as_old_as_its_dates_prove(
    dates: dict[str, Any], age: int, words: str
) -> None:
    blocked = task("T-1", status=TaskStatus.BLOCKED, **dates)
    blockers = signal(assess(facts(tasks=[*GOOD_TASKS, blocked])), "blockers")
    assert blockers.value == age
    assert words in blockers.sentence


def test_a_blocked_task_without_dates_is_an_unknown_and_not_a_zero() -> None:
    blocked = task("T-1", None, None, status=TaskStatus.BLOCKED)
    blockers = signal(assess(facts(tasks=[*GOOD_TASKS, blocked])), "blockers")
    assert blockers.missing == "Blockers: T-1 is blocked, since when is not recorded"


@pytest.mark.parametrize(
    "given",
    [
        {"status": FindingStatus.NEGATED},
        {"status": FindingStatus.RESOLVED},
        {"status": FindingStatus.POTENTIAL},
        {"resolved_on": day(-2), "resolved_by": "N-2"},
        {"resolved_on": TODAY, "resolved_by": "N-2"},
    ],
)
def test_a_blocker_denied_solved_or_only_feared_does_not_block(given: dict[str, Any]) -> None:
    row = finding(offset=-10, is_blocker=True, **given)
    assert signal(assess(facts(findings=[row])), "blockers").share == 1


# Notes: exposure fades by half in a fortnight


@pytest.mark.parametrize(
    ("offset", "severity", "likelihood", "value"),
    [(0, 1, 0.5, 0.5), (0, 4, 1, 4), (-14, 4, 1, 2), (-28, 4, 1, 1), (-46, 4, 1, 0), (1, 4, 1, 0)],
)
def test_a_risk_weighs_by_severity_likelihood_and_age(
    offset: int, severity: int, likelihood: float, value: float
) -> None:
    row = finding(offset=offset, severity=severity, likelihood=likelihood)
    assert signal(assess(facts(findings=[row])), "notes").value == pytest.approx(value)


def test_a_note_counts_once_by_its_heaviest_risk() -> None:
    rows = [finding(severity=s, likelihood=1, offset=0) for s in (1, 3, 2)]
    assert signal(assess(facts(findings=rows)), "notes").value == 3


def test_several_notes_add_up_to_no_points() -> None:
    rows = [finding(f"N-{i}", 0, severity=3, likelihood=0.5) for i in range(3)]
    notes = signal(
        assess(facts(findings=rows, notes=[note(f"N-{i}", 0) for i in range(3)])), "notes"
    )
    assert (notes.value, notes.share) == (4.5, 0)
    assert set(notes.records) == {"N-0", "N-1", "N-2"}


@pytest.mark.parametrize("status", [FindingStatus.NEGATED, FindingStatus.RESOLVED])
def test_a_denied_problem_is_no_risk(status: FindingStatus) -> None:
    row = finding(status=status, severity=4, likelihood=1)
    assert signal(assess(facts(findings=[row])), "notes").share == 1


def test_silence_is_not_the_absence_of_risk() -> None:
    health = assess(facts(notes=[note(offset=-46)]))
    assert signal(health, "notes").missing == "Risks in notes: no note in the last 45 days"
    assert signal(health, "contact").share == 0


# Contact, usage, effort


@pytest.mark.parametrize(("age", "share"), [(0, 1), (5, 1), (13, 0.5), (21, 0), (200, 0)])
def test_contact_is_the_age_of_the_last_note(age: int, share: float) -> None:
    contact = signal(assess(facts(notes=[note(offset=-age), note("N-0", -220)])), "contact")
    assert (contact.value, contact.share, contact.records) == (age, share, ("N-1",))


@pytest.mark.parametrize(
    ("usage", "value", "share"),
    [
        ([runs(0, 10), runs(-27, 10)], 0, 1),
        ([runs(-13, 7), runs(-14, 10)], -30, 0.5),
        ([runs(-13, 4), runs(-14, 10)], -60, 0),
        ([runs(-14, 10)], -100, 0),
        ([runs(-60, 10)], -100, 0),
        ([runs(-3, 1)], 0, 1),
        ([runs(-3, None), runs(-20, 2)], -50, 1 / 6),
    ],
)
def test_usage_compares_a_fortnight_with_the_one_before(
    usage: list[UsageRecord], value: float, share: float
) -> None:
    measured = signal(assess(facts(usage=usage)), "usage")
    assert (measured.value, measured.share) == (value, pytest.approx(share))


@pytest.mark.parametrize("usage", [[], [runs(-3, 0)], [runs(1, 9)]])
def test_usage_is_missing_before_the_first_run(usage: list[UsageRecord]) -> None:
    assert (
        signal(assess(facts(usage=usage)), "usage").missing
        == "Notebook use: no notebook has run yet"
    )


@pytest.mark.parametrize(
    ("hours", "value", "share"),
    [(40, -20, 1), (65, 5, 1), (77.5, 17.5, 0.5), (90, 30, 0), (300, 240, 0)],
)
def test_effort_compares_hours_with_work(hours: float, value: float, share: float) -> None:
    effort = signal(assess(facts(tasks=work(60), consumed_hours=hours)), "effort")
    assert (effort.value, effort.share) == (pytest.approx(value), pytest.approx(share))


@pytest.mark.parametrize(
    "given",
    [{"planned_hours": None}, {"planned_hours": 0}, {"consumed_hours": None}, {"tasks": []}],
)
def test_effort_is_missing_without_hours_or_work(given: dict[str, Any]) -> None:
    assert signal(assess(facts(**given)), "effort").missing is not None

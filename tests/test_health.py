"""The health model by table: each signal, the caps, the bands, what a past day may know."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engagements.health import (
    RULES,
    SIGNALS,
    Band,
    Facts,
    Health,
    Rules,
    Scale,
    Signal,
    State,
    assess,
    band_of,
    events,
    history,
    working,
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


def test_a_sound_engagement_earns_every_point() -> None:
    health = assess(facts())
    assert (health.score, health.band, health.state) == (100, Band.HEALTHY, State.SCORED)
    assert health.coverage == 1
    assert (health.caps, health.missing) == ((), ())
    assert (health.lever, health.contradiction) == (None, None)


def test_the_weights_add_up_to_a_hundred_and_none_is_over_a_quarter() -> None:
    assert RULES.total_weight == 100
    assert max(scale.weight for scale in RULES.scales) <= 25


def test_rules_that_give_one_signal_more_than_a_quarter_are_refused() -> None:
    with pytest.raises(ValueError, match="quarter"):
        Rules(schedule=Scale(40, full_at=1, zero_at=0))


def test_other_rules_can_be_previewed() -> None:
    late = facts(tasks=[*GOOD_TASKS, task("T-1", end=-14, progress_percent=100)])
    gentle = Rules(overdue=Scale(18, full_at=14, zero_at=60))
    assert signal(assess(late), "overdue").share == 0.5
    assert signal(assess(late, rules=gentle), "overdue").share == 1


# Schedule: work done over time elapsed, half of the time having passed


def work(percent: int) -> list[TaskRecord]:
    return [task(f"T-{i}", progress_percent=percent) for i in range(3)]


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


# Caps


def test_an_end_date_passed_with_work_open_is_critical_whatever_the_score() -> None:
    health = assess(facts(end_date=day(-1)), previous=Band.HEALTHY)
    assert (health.score, health.band) == (49, Band.CRITICAL)
    assert (health.raw_score or 0) > 49
    assert (
        health.caps[0].sentence
        == "At most 49: the end date 2026-05-31 has passed with 1 task open."
    )


def test_an_end_date_passed_with_everything_done_is_no_cap() -> None:
    assert assess(facts(end_date=day(-1), tasks=[done(f"T-{i}") for i in range(3)])).caps == ()


@pytest.mark.parametrize(
    ("age", "severity", "capped"), [(15, 3, True), (14, 3, False), (15, 2, False), (15, 4, True)]
)
def test_an_old_critical_blocker_caps_at_74(age: int, severity: int, capped: bool) -> None:
    row = finding(offset=-age, is_blocker=True, severity=severity, likelihood=1)
    health = assess(
        facts(notes=[note(offset=-age), note("N-2")], findings=[row]), previous=Band.HEALTHY
    )
    assert [cap.ceiling for cap in health.caps] == ([74] if capped else [])
    assert (health.score or 0) <= 74 or not capped


def test_a_milestone_blocked_for_long_is_a_critical_blocker() -> None:
    blocked = task("M-1", status=TaskStatus.BLOCKED, is_milestone=True, updated_at=noon(-15))
    health = assess(facts(tasks=[*GOOD_TASKS, blocked]), previous=Band.HEALTHY)
    assert health.caps[0].records == ("M-1",)


@pytest.mark.parametrize(
    ("ends", "capped"), [((-15, -15), True), ((-15, -14), False), ((-40,), False)]
)
def test_two_milestones_long_late_cap_at_49(ends: tuple[int, ...], capped: bool) -> None:
    late = [task(f"M-{i}", -60, end, is_milestone=True) for i, end in enumerate(ends)]
    health = assess(facts(tasks=[*GOOD_TASKS, *late]))
    assert ("late_milestones" in [cap.key for cap in health.caps]) is capped
    assert (health.score or 0) <= 49 or not capped


def test_a_cap_is_named_in_the_working() -> None:
    line = working(assess(facts(end_date=day(-1), tasks=[*GOOD_TASKS, task("T-1", end=-7)])))
    assert "At most 49: the end date" in line
    assert line.startswith("100 - ")


# Bands


@pytest.mark.parametrize(
    ("score", "previous", "band"),
    [
        (75, None, Band.HEALTHY), (74, None, Band.WARNING), (50, None, Band.WARNING), (49, None, Band.CRITICAL),
        (0, None, Band.CRITICAL), (100, None, Band.HEALTHY), (75, Band.UNKNOWN, Band.HEALTHY),
        (72, Band.HEALTHY, Band.HEALTHY), (71, Band.HEALTHY, Band.WARNING),
        (77, Band.WARNING, Band.WARNING), (78, Band.WARNING, Band.HEALTHY),
        (47, Band.WARNING, Band.WARNING), (46, Band.WARNING, Band.CRITICAL),
        (52, Band.CRITICAL, Band.CRITICAL), (53, Band.CRITICAL, Band.WARNING),
        (77, Band.CRITICAL, Band.WARNING), (78, Band.CRITICAL, Band.HEALTHY),
        (47, Band.HEALTHY, Band.WARNING), (46, Band.HEALTHY, Band.CRITICAL),
        (None, Band.HEALTHY, Band.UNKNOWN),
    ],
)  # fmt: skip
def test_a_band_is_left_only_by_three_points(
    score: int | None, previous: Band | None, band: Band
) -> None:
    assert band_of(score, previous) is band


# Coverage and engagements that are not scored


def test_an_engagement_without_data_is_never_scored() -> None:
    bare = facts(tasks=[], notes=[], usage=[], planned_hours=None)
    health = assess(bare)
    assert (health.score, health.band, health.state, health.coverage) == (
        None,
        Band.UNKNOWN,
        State.UNKNOWN,
        0,
    )
    assert len(health.missing) == len(SIGNALS)
    assert working(health) == "Not scored"


def test_less_than_half_of_the_weight_is_unknown_and_says_what_is_missing() -> None:
    health = assess(facts(tasks=[]))
    assert (health.score, health.coverage) == (None, pytest.approx(0.40))
    assert "Overdue work: there are no tasks" in health.missing
    assert all(s.earned == s.lost == 0 for s in health.signals)


def test_the_weight_of_a_missing_signal_goes_to_the_others() -> None:
    health = assess(
        facts(start_date=None, tasks=[*GOOD_TASKS, task("T-1", end=-28, progress_percent=99)])
    )
    flow, overdue = signal(health, "flow"), signal(health, "overdue")
    assert health.coverage == pytest.approx(0.76)
    assert overdue.lost == 24  # 18 of 76, and not of 100
    assert health.raw_score == 100 - overdue.lost - flow.lost


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (EngagementStatus.NOT_STARTED, State.NOT_STARTED),
        (EngagementStatus.ON_HOLD, State.ON_HOLD),
        (EngagementStatus.COMPLETED, State.COMPLETED),
    ],
)
def test_what_is_not_running_is_shown_as_such(status: EngagementStatus, state: State) -> None:
    health = assess(facts(status=status))
    assert (health.score, health.band, health.state) == (None, Band.UNKNOWN, state)


def test_contract_value_and_names_are_no_inputs() -> None:
    rich = facts(contract_value=9e9, customer_name="Other", owner_name="Z", industry="Banking")
    assert assess(rich) == assess(facts())


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


# The page for readers


def test_the_documented_weights_and_thresholds_are_those_of_the_rules() -> None:
    rows = re.findall(
        r"^\| (\w+) \| (\d+) \|.*\| ([-\d.]+)[^|]*\| ([-\d.]+)[^|]*\|$",
        DOCUMENT.read_text(),
        re.MULTILINE,
    )
    told = [(key, int(weight), float(full), float(zero)) for key, weight, full, zero in rows]
    scales = zip(SIGNALS, RULES.scales, strict=True)
    assert told == [(key, s.weight, s.full_at, s.zero_at) for key, s in scales]


def test_the_worked_example_is_what_the_model_says() -> None:
    def of(
        task_id: str, start: int, end: int, status: TaskStatus, percent: int | None, **given: Any
    ) -> TaskRecord:
        return task(task_id, start, end, status=status, progress_percent=percent, **given)

    example = facts(
        health_score=85,
        start_date=day(-120),
        end_date=day(80),
        planned_hours=640,
        consumed_hours=412,
        tasks=[
            of("T-1", -120, -81, TaskStatus.COMPLETED, None),
            of("T-2", -80, -41, TaskStatus.COMPLETED, None),
            of("T-7", -40, 9, TaskStatus.IN_PROGRESS, 50),
            of("T-9", -20, 19, TaskStatus.IN_PROGRESS, 40),
            of("M-3", -12, -12, TaskStatus.NOT_STARTED, 0, is_milestone=True),
            of("T-11", 20, 59, TaskStatus.NOT_STARTED, None),
            of("M-5", 60, 80, TaskStatus.NOT_STARTED, 0, is_milestone=True),
        ],
        notes=[note("N-12", -9), note("N-14", -3)],
        findings=[
            finding("N-12", -9, severity=3, likelihood=1.0, is_blocker=True),
            finding("N-14", -3, severity=2, likelihood=0.75),
        ],
        usage=[runs(-3, 32), runs(-20, 40)],
    )
    health = assess(example)
    text = DOCUMENT.read_text()
    assert working(health) in text
    assert (health.lever.sentence if health.lever else "") in text
    assert (health.contradiction or "none") in text
    for one in health.signals:
        assert f"| {one.title} | {one.earned:g} | {one.lost:g} | {one.sentence} |" in text


# Lever, contradiction, events


def test_the_lever_is_the_record_that_brings_back_most() -> None:
    tasks = [
        *GOOD_TASKS,
        task("T-214", end=-20, progress_percent=0),
        task("T-2", end=-1, progress_percent=90),
    ]
    health = assess(facts(tasks=tasks))
    lever = health.lever
    assert lever is not None
    assert lever.record == "T-214"
    cleared = [*tasks[:3], done("T-214", -10, -20, completed_at=noon(0)), tasks[4]]
    assert (assess(facts(tasks=cleared)).score or 0) - (health.score or 0) == lever.points
    assert lever.sentence == f"Clear T-214: about +{lever.points}"


def test_the_lever_of_a_silent_engagement_is_a_conversation() -> None:
    lever = assess(facts(notes=[note(offset=-30)])).lever
    assert lever is not None
    assert (lever.record, lever.points) == (None, 8)


@pytest.mark.parametrize(
    ("status", "reported", "end", "told"),
    [
        (EngagementStatus.ACTIVE, None, -40, True),
        (EngagementStatus.ACTIVE, 90, -40, True),
        (EngagementStatus.AT_RISK, 90, -40, True),
        (EngagementStatus.AT_RISK, None, -40, False),
        (EngagementStatus.AT_RISK, None, 10, True),
        (EngagementStatus.AT_RISK, 95, 10, True),
        (EngagementStatus.ACTIVE, 30, 10, True),
        (EngagementStatus.ACTIVE, 95, 10, False),
        (EngagementStatus.ACTIVE, None, 10, False),
    ],
)
def test_a_contradiction_shows_both_sides(
    status: EngagementStatus, reported: int | None, end: int, told: bool
) -> None:
    tasks = [task(f"T-{i}", -45, end, progress_percent=60) for i in range(3)]
    health = assess(facts(tasks=tasks, status=status, health_score=reported))
    assert (health.contradiction is not None) is told
    if health.contradiction is not None:
        assert f"Reported {status.value}" in health.contradiction
        assert f"the records give {health.score} ({health.band.words})" in health.contradiction
        assert reported is None or f"health score of {reported}" in health.contradiction


def test_a_reported_score_next_to_the_computed_one_is_no_contradiction() -> None:
    tasks = [*GOOD_TASKS, *(task(f"T-{i}", -30, -28, progress_percent=100) for i in range(9))]
    health = assess(facts(tasks=tasks))
    assert health.score is not None
    assert health.band is Band.WARNING
    near = assess(facts(tasks=tasks, health_score=health.score + 3))
    assert near.contradiction is None


def test_reported_status_is_no_news_of_a_past_day() -> None:
    tasks = [task(f"T-{i}", -45, -40) for i in range(3)]
    assert (
        assess(facts(tasks=tasks, as_of=day(-1), is_today=False, health_score=99)).contradiction
        is None
    )


def reading(score: int | None, band: Band, state: State = State.SCORED) -> Health:
    return msgspec.structs.replace(
        assess(facts()), score=score, raw_score=score, band=band, state=state
    )


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (reading(90, Band.HEALTHY), reading(80, Band.HEALTHY), ["fell"]),
        (reading(90, Band.HEALTHY), reading(81, Band.HEALTHY), []),
        (reading(80, Band.HEALTHY), reading(70, Band.WARNING), ["fell", "band"]),
        (reading(70, Band.WARNING), reading(80, Band.HEALTHY), ["band"]),
        (reading(60, Band.WARNING), reading(None, Band.UNKNOWN, State.UNKNOWN), ["band"]),
    ],
)
def test_a_fall_of_ten_points_or_another_band_is_an_event(
    before: Health, after: Health, kinds: list[str]
) -> None:
    assert [event.kind for event in events(before, after)] == kinds


def test_an_event_says_what_happened() -> None:
    fell, turned = events(reading(80, Band.HEALTHY), reading(68, Band.WARNING))
    assert fell.sentence == "Health fell by 12 points, from 80 to 68."
    assert turned.sentence == "Health went from 80 (On track) to 68 (Watch)."

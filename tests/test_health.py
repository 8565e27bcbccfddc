"""Health: weights, caps, bands, coverage, the lever, events, and the page that explains it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engagements.health import (
    RULES,
    SIGNALS,
    Band,
    Health,
    Rules,
    Scale,
    State,
    assess,
    band_of,
    events,
    working,
)
from engagements.records import (
    EngagementStatus,
    TaskRecord,
    TaskStatus,
)
from tests.health_parts import (
    DOCUMENT,
    GOOD_TASKS,
    day,
    done,
    facts,
    finding,
    noon,
    note,
    reading,
    runs,
    signal,
    task,
)


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

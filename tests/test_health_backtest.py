"""The back-test of health: outcomes, horizons, and figures that can be checked by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from engagements.backtest import Case, Reading, auc, backtest, is_late, replay
from engagements.health import Facts
from engagements.records import (
    EngagementRecord,
    EngagementStatus,
    NoteRecord,
    TaskRecord,
    TaskStatus,
)

START = date(2026, 1, 1)
END = START + timedelta(days=100)


@pytest.mark.parametrize(
    ("finished", "as_of", "late"),
    [
        (100, 200, False),
        (110, 200, False),
        (111, 200, True),
        (None, 111, True),
        (None, 110, None),
        (None, 50, None),
    ],
)
def test_late_is_over_a_tenth_of_the_duration_or_never(
    finished: int | None, as_of: int, late: bool | None
) -> None:
    done = None if finished is None else START + timedelta(days=finished)
    assert is_late(START, END, done, START + timedelta(days=as_of)) is late


def rows(
    slip: int = 0, status: EngagementStatus = EngagementStatus.COMPLETED, **given: Any
) -> Facts:
    """Ten tasks of ten days each, all done so many days late, their dates moved along."""
    tasks = [
        TaskRecord(
            task_id=f"T-{i}",
            engagement_id="E",
            name="x",
            status=TaskStatus.COMPLETED,
            start_date=START + timedelta(days=i * 10),
            end_date=START + timedelta(days=i * 10 + 10 + slip),
            baseline_end_date=START + timedelta(days=i * 10 + 10),
            completed_at=datetime(2026, 1, 1) + timedelta(days=i * 10 + 10 + slip),
        )
        for i in range(10)
    ]
    notes = [
        NoteRecord(
            note_id=f"N-{i}",
            engagement_id="E",
            created_at=datetime(2026, 1, 2) + timedelta(days=i * 5),
            content="x",
        )
        for i in range(40)
    ]
    engagement = EngagementRecord(
        engagement_id="E", customer_name="C", status=status, start_date=START,
        end_date=END + timedelta(days=slip), **given,
    )  # fmt: skip
    as_of = START + timedelta(days=250)
    return Facts(
        engagement=engagement, tasks=tasks, notes=notes, findings=(), usage=(), as_of=as_of
    )


def test_a_replay_measures_against_what_was_first_promised() -> None:
    case = replay(rows(slip=40))
    assert case is not None
    assert (case.promised, case.late) == (END, True)
    assert case.finished == END + timedelta(days=40)
    assert case.readings[-1].overdue == 4  # T-5 to T-8


def test_a_replay_of_a_late_engagement_scores_below_one_in_time() -> None:
    good, bad = replay(rows()), replay(rows(slip=40))
    assert good is not None
    assert bad is not None
    assert (good.late, bad.late) == (False, True)
    assert not any(reading.critical for reading in good.readings)
    assert any(reading.critical for reading in bad.readings)


def test_an_engagement_that_may_still_be_in_time_has_no_outcome() -> None:
    running = rows(status=EngagementStatus.ACTIVE)
    early = Facts(
        engagement=running.engagement, tasks=running.tasks, notes=(), findings=(), usage=(),
        as_of=START + timedelta(days=50),
    )  # fmt: skip
    assert replay(early) is None


@pytest.mark.parametrize(
    ("risks", "expected"),
    [
        ([(1, True), (0, False)], 1.0),
        ([(0, True), (1, False)], 0.0),
        ([(1, True), (1, False)], 0.5),
        ([(3, True), (2, False), (1, True), (0, False)], 0.75),
        ([(1, True)], None),
    ],
)
def test_auc_counts_pairs_in_the_right_order(
    risks: list[tuple[float, bool]], expected: float | None
) -> None:
    assert auc(risks) == expected


def case(late: bool, score: int | None, overdue: int, reported: float | None) -> Case:
    readings = tuple(
        Reading(
            as_of=END - timedelta(days=days),
            score=score,
            critical=score is not None and score < 50,
            overdue=overdue,
        )
        for days in (62, 34)
    )
    return Case(
        engagement_id="E",
        promised=END,
        finished=END,
        late=late,
        reported_risk=reported,
        readings=readings,
    )


def test_the_report_compares_health_with_three_baselines() -> None:
    cases = [
        case(True, 30, 2, 0.1),
        case(True, 60, 0, 1.0),
        case(False, 40, 1, None),
        case(False, 90, 0, 0.2),
        case(False, None, 0, 0.2),
    ]
    report = backtest(cases, undecided=7)
    assert (report.cases, report.late, report.undecided) == (5, 2, 7)
    assert (report.lead_days, report.flagged_late) == (62, 1)
    for horizon in report.horizons:
        assert (horizon.judged, horizon.late, horizon.unscored) == (4, 2, 1)
        health, constant, overdue, reported = horizon.skills
        assert (health.precision, health.recall, health.auc) == (0.5, 0.5, 0.75)
        assert (constant.precision, constant.recall, constant.auc) == (0.5, 1, 0.5)
        assert (overdue.flagged, overdue.precision, overdue.auc) == (2, 0.5, 0.625)
        assert (reported.judged, reported.precision, reported.recall, reported.auc) == (
            3,
            1,
            0.5,
            0.5,
        )
        assert [(b.judged, b.late) for b in horizon.calibration] == [(0, 0), (2, 1), (1, 1), (1, 0)]


def test_a_back_test_of_nothing_says_nothing() -> None:
    report = backtest([])
    assert report.lead_days is None
    assert all(
        skill.auc is None and skill.precision is None for h in report.horizons for skill in h.skills
    )

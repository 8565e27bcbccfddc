"""Where an engagement stands today: what lists show of its notes and its plan."""

from __future__ import annotations

from typing import Any

from engagements.health import assess
from engagements.records import FindingStatus
from engagements.standing import standing_of
from tests.health_parts import day, facts, finding, task


def standing(**given: Any) -> dict[str, Any]:
    known = facts(**given)
    return standing_of(known, assess(known), {})


def test_a_problem_told_twice_is_one() -> None:
    twice = [finding("N-1", -8, severity=3, likelihood=1.0), finding("N-2", -1)]
    row = standing(findings=[*twice, finding("N-2", -1, reason="key_person")])
    assert (row["open_findings"], row["heaviest_finding"]) == (2, 12.0)


def test_a_fear_that_nobody_repeats_is_listed_for_thirty_days() -> None:
    feared = {"status": FindingStatus.POTENTIAL, "reason": "key_person"}
    assert standing(findings=[finding(offset=-30, **feared)])["open_findings"] == 1
    assert standing(findings=[finding(offset=-31, **feared)])["open_findings"] == 0


def test_a_problem_fades_after_ninety_days_unless_it_blocks() -> None:
    assert standing(findings=[finding(offset=-90)])["open_findings"] == 1
    assert standing(findings=[finding(offset=-91)])["open_findings"] == 0
    assert standing(findings=[finding(offset=-91, is_blocker=True)])["open_findings"] == 1


def test_what_is_resolved_or_denied_is_not_open() -> None:
    over = finding(resolved_on=day(-1))
    assert standing(findings=[over, finding(status=FindingStatus.NEGATED)])["open_findings"] == 0
    assert standing(findings=[finding(resolved_on=day(1))])["open_findings"] == 1


def test_the_next_milestone_is_the_first_that_is_open_even_when_late() -> None:
    plan = [
        task("T-1", end=-12, is_milestone=True, name="Design approval"),
        task("T-2", end=9, is_milestone=True, name="Cut-over"),
    ]
    row = standing(tasks=plan)
    assert (row["next_milestone"], row["next_milestone_on"]) == ("Design approval", day(-12))
    assert row["milestones_late"] == 1

"""Risks that the plan and the numbers show, whether or not a note speaks of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engagements.records import EngagementStatus
from insights.engine.desk import Desk
from insights.engine.words import capitalised, count
from insights.reasons import CATEGORY_OF, level_of
from insights.schema import Claim, Evidence, Fact, RiskDetail

LATE_ENOUGH = 7  # days after which a milestone is missed rather than near
VERY_LATE = 15
MANY_LATE = 5  # tasks
SILENT, VERY_SILENT = 14, 21  # days without a note
FEWER_RUNS, FAR_FEWER_RUNS = -30, -60  # % change
FEWEST_RUNS = 10  # in the two windows together, for a change to mean anything
OVER_BUDGET, FAR_OVER_BUDGET = 10, 25  # points of % between hours used and work done
SLOW, VERY_SLOW = 4, 12  # points of health lost on schedule
MOST_OF_A_KIND = 3


def fact_risks(desk: Desk) -> list[Claim]:
    """Every risk the facts show, as claims that check."""
    offered = (
        *_end_passed(desk),
        *_late_milestones(desk),
        *_overdue(desk),
        *_blocked(desk),
        *_moved(desk),
        *_slow(desk),
        *_usage(desk),
        *_budget(desk),
        *_silence(desk),
    )
    return [sound for claim in offered if (sound := desk.first_sound([claim]))]


def _claim(
    reason: str,
    weight: tuple[int, float],
    text: str,
    facts: Sequence[Fact],
    evidence: tuple[Evidence, ...] = (),
) -> Claim:
    severity, likelihood = weight
    detail = RiskDetail(
        category=CATEGORY_OF[reason], reason=reason, severity=severity, likelihood=likelihood
    )
    return Claim(
        id=f"{reason}_{facts[0].name}",
        text=capitalised(text.rstrip(".")),
        kind="risk",
        severity=level_of(detail.exposure),
        evidence=evidence,
        facts=tuple(fact.name for fact in facts),
        risk=detail,
    )


def _names(desk: Desk, *ids: str) -> tuple[Evidence, ...]:
    return tuple(piece for task_id in ids if (piece := desk.named(task_id)))


def _end_passed(desk: Desk) -> Iterator[Claim]:
    past, still_open = desk.fact("days_past_end"), desk.fact("open_tasks")
    if not past or not desk.number("open_tasks") or not still_open:
        return
    text = f"{past.sentence} with {still_open.sentence}"
    yield _claim("milestone_slip", (4, 1.0), text, (past, still_open))


def _task_facts(desk: Desk, prefix: str) -> list[tuple[str, Fact]]:
    """The facts of single tasks with a prefix, and their task ids, worst first."""
    found = [
        (fact.sources[0], fact)
        for name, fact in desk.dossier.facts.items()
        if name.startswith(prefix) and fact.sources and fact.sources[0] in desk.tasks
    ]
    return sorted(found, key=lambda pair: (-desk.number(pair[1].name), pair[0]))


def _late_milestones(desk: Desk) -> Iterator[Claim]:
    late = [
        (task_id, fact)
        for task_id, fact in _task_facts(desk, "overdue_days_")
        if desk.tasks[task_id].is_milestone
    ]
    for task_id, fact in late[:MOST_OF_A_KIND]:
        missed = desk.number(fact.name) >= LATE_ENOUGH
        weight = (3 if missed else 2, 1.0)
        moved = desk.fact(f"moved_days_{task_id}")
        text, facts = fact.sentence, [fact]
        if moved:
            days = count(int(desk.number(moved.name)), "day")
            text, facts = f"{text}; its date had moved by {days} before", [fact, moved]
        yield _claim("milestone_slip", weight, text, facts, _names(desk, task_id))


def _overdue(desk: Desk) -> Iterator[Claim]:
    late = [
        (task_id, fact)
        for task_id, fact in _task_facts(desk, "overdue_days_")
        if not desk.tasks[task_id].is_milestone
    ]
    total = desk.fact("overdue_tasks")
    if not late or not total:
        return
    task_id, worst = late[0]
    days, many = desk.number(worst.name), desk.number(total.name)
    severity = 3 if days >= VERY_LATE or many >= MANY_LATE else 2 if days > 3 else 1
    if many == 1:
        text, facts = worst.sentence, [worst]
    else:
        name = " ".join(desk.tasks[task_id].name.split())[:80]
        text = f"{total.sentence}, among them {task_id} {name} by {count(int(days), 'day')}"
        facts = [total, worst]
    yield _claim("overdue_task", (severity, 1.0), text, facts, _names(desk, task_id))


def _blocked(desk: Desk) -> Iterator[Claim]:
    for task_id, fact in _task_facts(desk, "blocked_")[:MOST_OF_A_KIND]:
        severity = 3 if desk.tasks[task_id].is_milestone else 2
        yield _claim("low_velocity", (severity, 1.0), fact.sentence, (fact,), _names(desk, task_id))


def _moved(desk: Desk) -> Iterator[Claim]:
    late = {t for t, _ in _task_facts(desk, "overdue_days_") if desk.tasks[t].is_milestone}
    moved = [pair for pair in _task_facts(desk, "moved_days_") if pair[0] not in late]
    if not moved:
        return
    task_id, worst = moved[0]
    total = desk.fact("moved_tasks")
    severity = 2 if desk.number(worst.name) >= SILENT else 1
    severity += bool(desk.tasks[task_id].is_milestone)
    many = total is not None and desk.number(total.name) > 1
    text = f"{worst.sentence}; {total.sentence}" if total and many else worst.sentence
    facts = [worst, total] if total and many else [worst]
    yield _claim("date_moved", (severity, 1.0), text, facts, _names(desk, task_id))


def _slow(desk: Desk) -> Iterator[Claim]:
    lost, done = desk.number("lost_schedule"), desk.fact("work_done_percent")
    if done and lost >= SLOW:
        likelihood = 0.75 if lost >= VERY_SLOW else 0.5
        yield _claim("low_velocity", (3, likelihood), done.sentence, (done,))


def _is_running(desk: Desk) -> bool:
    return desk.dossier.engagement.status in (EngagementStatus.ACTIVE, EngagementStatus.AT_RISK)


def _usage(desk: Desk) -> Iterator[Claim]:
    change = desk.fact("usage_change_percent")
    runs = desk.number("usage_runs")
    if not _is_running(desk) or not change or desk.number(change.name) > FEWER_RUNS:
        return
    before = runs / (1 + desk.number(change.name) / 100) if desk.number(change.name) > -100 else 0
    if desk.number(change.name) > -100 and runs + before < FEWEST_RUNS:
        return
    severity = 3 if desk.number(change.name) <= FAR_FEWER_RUNS else 2
    yield _claim("usage_drop", (severity, 0.75), change.sentence, (change,))


def _budget(desk: Desk) -> Iterator[Claim]:
    gap = desk.fact("effort_gap")
    if gap and desk.number("effort_gap") >= OVER_BUDGET:
        far = desk.number("effort_gap") >= FAR_OVER_BUDGET
        spent = desk.number("effort_consumed_percent") > 100
        likelihood = 1.0 if spent else 0.75 if far else 0.5
        yield _claim("budget_overrun", (3, likelihood), gap.sentence, (gap,))


def _silence(desk: Desk) -> Iterator[Claim]:
    silent = desk.fact("days_since_last_note")
    if silent and _is_running(desk) and desk.number(silent.name) >= SILENT:
        likelihood = 0.75 if desk.number(silent.name) >= VERY_SILENT else 0.5
        yield _claim("low_engagement", (2, likelihood), silent.sentence, (silent,))

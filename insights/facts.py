"""The numbers, dates and names that an insight may state, each with its sentence and its records.

Pure. The counts are those that health is computed from (:mod:`engagements.health_tally`), so a
summary never argues with the score beside it. Nothing after the day counts. The names are listed in
docs/insights.md; those of one record end in its id (``overdue_days_T-214``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from engagements.health import RULES, Facts, Health
from engagements.health_ledger import finished_on, ledger_of
from engagements.health_tally import Blocker, OpenTask, Tally, tally_of
from engagements.records import (
    EngagementRecord,
    NoteFinding,
    NoteRecord,
    TaskRecord,
    TaskStatus,
    UsageRecord,
)
from insights.engine.merging import Risk, open_risks, resolved
from insights.engine.words import count, full_day
from insights.reasons import WORDS
from insights.schema import Fact, FactValue

MOST_TASKS = 6
MOST_SOURCES = 20
RECENT_DAYS = 28

_STATE_SENTENCES = {
    "unknown": "There is too little data to score this engagement",
    "not_started": "The engagement has not started, so it is not scored",
    "on_hold": "The engagement is on hold, so it is not scored",
    "completed": "The engagement is completed, so it is not scored",
}


class _Gathering:
    """The facts collected so far, and what they are collected from."""

    def __init__(self, engagement: EngagementRecord, as_of: date) -> None:
        self.engagement = engagement
        self.as_of = as_of
        self.facts: dict[str, Fact] = {}

    def add(self, name: str, value: FactValue, sentence: str, sources: Iterable[str] = ()) -> None:
        self.facts[name] = Fact(
            name=name, value=value, sentence=sentence, sources=tuple(sources)[:MOST_SOURCES]
        )


def known_names(engagement: EngagementRecord) -> tuple[str, ...]:
    """The names a claim may say without quoting them: customer, type, industry, region, team."""
    given = (
        engagement.customer_name, engagement.engagement_type, engagement.industry,
        engagement.region, engagement.owner_name, engagement.engagement_id,
        *(m.name for m in engagement.team_members), *(m.role for m in engagement.team_members),
    )  # fmt: skip
    return tuple(name for name in given if name)


def gather(
    engagement: EngagementRecord,
    tasks: Sequence[TaskRecord],
    notes: Sequence[NoteRecord],
    usage: Sequence[UsageRecord],
    findings: Sequence[NoteFinding],
    health: Health,
    as_of: date,
    *,
    is_today: bool = True,
) -> dict[str, Fact]:
    """Every fact of an engagement as of a day, by name."""
    given = Facts(
        engagement=engagement, tasks=tasks, notes=notes, findings=findings, usage=usage,
        as_of=as_of, is_today=is_today,
    )  # fmt: skip
    tally = tally_of(ledger_of(given, RULES), as_of.toordinal(), is_today, RULES)
    named = {task.task_id: task for task in tasks}
    gathering = _Gathering(engagement, as_of)
    _of_health(gathering, health)
    _of_dates(gathering, tally)
    _of_plan(gathering, tally)
    _of_late_tasks(gathering, tally, named)
    _of_blocked_tasks(gathering, tally, named)
    _of_milestones(gathering, tally, named)
    _of_moved_dates(gathering, tally, named)
    _of_finished_work(gathering, tasks)
    _of_notes(gathering, notes)
    _of_findings(gathering, findings)
    _of_usage(gathering, tally)
    _of_effort(gathering, tally)
    return gathering.facts


def _of_health(gathering: _Gathering, health: Health) -> None:
    add, reported = gathering.add, gathering.engagement
    words = health.band.words
    if health.score is None:
        add("band", words, _STATE_SENTENCES.get(health.state, "The engagement is not scored"))
    else:
        add("score", health.score, f"Health is {health.score} of 100 ({words})")
        add("band", words, f"Health is {health.score} of 100 ({words})")
    add("reported_status", reported.status.value, f"People report the status {reported.status}")
    if reported.health_score is not None:
        score = reported.health_score
        add("reported_score", score, f"People report a health score of {score}")
    percent = round(100 * health.coverage)
    add("coverage_percent", percent, f"The data covers {percent}% of the health model")
    for signal in health.signals:
        if signal.lost and signal.value is not None:
            said = f"{signal.title or signal.key} costs {count(int(signal.lost), 'point')}"
            add(f"lost_{signal.key}", signal.lost, f"{said}. {signal.sentence}", signal.records)
    for cap in health.caps:
        add(f"cap_{cap.key}", cap.ceiling, cap.sentence, cap.records)
    if health.lever:
        record = (health.lever.record,) if health.lever.record else ()
        add("lever", health.lever.points, health.lever.sentence, record)
    if health.contradiction:
        add("contradiction", words, health.contradiction)


def _of_dates(gathering: _Gathering, tally: Tally) -> None:
    add, engagement, as_of = gathering.add, gathering.engagement, gathering.as_of
    if engagement.start_date:
        add("start_date", engagement.start_date, f"It started on {full_day(engagement.start_date)}")
    if engagement.end_date:
        left = (engagement.end_date - as_of).days
        ends = full_day(engagement.end_date)
        add("end_date", engagement.end_date, f"The planned end date is {ends}")
        if left >= 0:
            add("days_to_end", left, f"{count(left, 'day')} remain until the end date of {ends}")
        else:
            past = f"The end date of {ends} is {count(-left, 'day')} past"
            add("days_past_end", -left, past)
    if tally.elapsed is not None:
        percent = round(100 * tally.elapsed)
        add("time_elapsed_percent", percent, f"{percent}% of the planned time has passed")


def _of_plan(gathering: _Gathering, tally: Tally) -> None:
    add = gathering.add
    if not tally.tasks:
        return
    still_open, total = len(tally.open), tally.tasks
    done = total - still_open
    add("tasks", total, f"The plan has {count(total, 'task')}")
    add("completed_tasks", done, f"{done} of {count(total, 'task')} completed")
    add("open_tasks", still_open, f"{still_open} of {count(total, 'task')} open",
        (t.id for t in tally.open))  # fmt: skip
    if tally.work:
        percent = round(100 * tally.work_done / tally.work)
        sentence = f"{percent}% of the work is done"
        if tally.elapsed is not None:
            sentence += f" with {round(100 * tally.elapsed)}% of the planned time passed"
        add("work_done_percent", percent, sentence)


def _name(named: dict[str, TaskRecord], task_id: str) -> str:
    return " ".join(named[task_id].name.split())[:80] if task_id in named else task_id


def _of_late_tasks(gathering: _Gathering, tally: Tally, named: dict[str, TaskRecord]) -> None:
    if not tally.late:
        if tally.dated:
            gathering.add("overdue_tasks", 0, "No task is overdue")
        return
    late = sorted(tally.late, key=lambda t: (-t.late, t.id))
    total, worst = len(late), late[0]
    are = "is" if total == 1 else "are"
    oldest = f"{worst.id} {_name(named, worst.id)} by {count(worst.late, 'day')}"
    gathering.add("overdue_tasks", total, f"{count(total, 'task')} {are} overdue",
                  (t.id for t in late))  # fmt: skip
    gathering.add("worst_overdue_days", worst.late, f"The longest overdue is {oldest}", (worst.id,))
    for task in _shown(late, tally.late):
        _late_task(gathering, task, named)


def _shown(*orders: Sequence[OpenTask]) -> list[OpenTask]:
    """The first few of each order, each task once."""
    return list({task.id: task for order in orders for task in order[:MOST_TASKS]}.values())


def _late_task(gathering: _Gathering, task: OpenTask, named: dict[str, TaskRecord]) -> None:
    due = named[task.id].end_date or named[task.id].baseline_end_date
    since = f" of {full_day(due)}" if due else ""
    what = "Milestone" if task.milestone else "Task"
    gathering.add(
        f"overdue_days_{task.id}",
        task.late,
        f"{what} {task.id} {_name(named, task.id)} is overdue by {count(task.late, 'day')}, "
        f"past its end date{since}",
        (task.id,),
    )


def _of_blocked_tasks(gathering: _Gathering, tally: Tally, named: dict[str, TaskRecord]) -> None:
    blocked = [t for t in tally.open if named[t.id].status is TaskStatus.BLOCKED]
    if not blocked:
        return
    are = "is" if len(blocked) == 1 else "are"
    gathering.add("blocked_tasks", len(blocked), f"{count(len(blocked), 'task')} {are} blocked",
                  (t.id for t in blocked))  # fmt: skip
    for blocker in [b for b in tally.blockers if b.record in named][:MOST_TASKS]:
        _blocked_task(gathering, blocker, named)


def _blocked_task(gathering: _Gathering, blocker: Blocker, named: dict[str, TaskRecord]) -> None:
    name = f"{blocker.record} {_name(named, blocker.record)}"
    if blocker.age is None or blocker.basis != "changed":
        sentence = f"Task {name} is blocked"
        gathering.add(f"blocked_{blocker.record}", "Blocked", sentence, (blocker.record,))
        return
    sentence = f"Task {name} has been blocked for at least {count(blocker.age, 'day')}"
    gathering.add(f"blocked_{blocker.record}", blocker.age, sentence, (blocker.record,))


def _of_milestones(gathering: _Gathering, tally: Tally, named: dict[str, TaskRecord]) -> None:
    late = [t for t in tally.late if t.milestone]
    if late:
        are = "is" if len(late) == 1 else "are"
        gathering.add("milestones_late", len(late), f"{count(len(late), 'milestone')} {are} late",
                      (t.id for t in late))  # fmt: skip
    coming = [
        (due, t.id)
        for t in tally.open
        if t.milestone and (due := named[t.id].end_date) and due >= gathering.as_of
    ]
    if coming:
        due, task_id = min(coming)
        name = _name(named, task_id)
        sentence = f"The next milestone is {name} ({task_id}) on {full_day(due)}"
        gathering.add("next_milestone", name, sentence, (task_id,))
        gathering.add("next_milestone_date", due, sentence, (task_id,))


def _of_moved_dates(gathering: _Gathering, tally: Tally, named: dict[str, TaskRecord]) -> None:
    moved = []
    for task in (named[t.id] for t in tally.open):
        promised, due = task.baseline_end_date, task.end_date
        if promised and due and due > promised:
            moved.append(((due - promised).days, task.task_id, promised, due))
    moved.sort(key=lambda row: (-row[0], row[1]))
    if moved:
        have = "has" if len(moved) == 1 else "have"
        gathering.add("moved_tasks", len(moved),
                      f"{count(len(moved), 'open task')} {have} a later date than first promised",
                      (task_id for _, task_id, _, _ in moved))  # fmt: skip
    for days, task_id, promised, due in moved[:MOST_TASKS]:
        gathering.add(
            f"moved_days_{task_id}",
            days,
            f"The date of {task_id} {_name(named, task_id)} moved by {count(days, 'day')}, "
            f"from {full_day(promised)} to {full_day(due)}",
            (task_id,),
        )


def _of_finished_work(gathering: _Gathering, tasks: Sequence[TaskRecord]) -> None:
    """What was completed lately, milestones first."""
    since = gathering.as_of - timedelta(days=RECENT_DAYS)
    done = []
    for task in tasks:
        finished = finished_on(task) if task.status is TaskStatus.COMPLETED else None
        if finished and since < finished <= gathering.as_of:
            done.append(
                (not task.is_milestone, -finished.toordinal(), task.task_id, task, finished)
            )
    done.sort(key=lambda row: row[:3])
    if done:
        gathering.add("completed_recently", len(done),
                      f"{count(len(done), 'task')} completed in the last {RECENT_DAYS} days",
                      (row[2] for row in done))  # fmt: skip
        task, finished = done[0][3], done[0][4]
        what = "Milestone" if task.is_milestone else "Task"
        gathering.add("latest_completed", finished,
                      f"{what} {task.task_id} {' '.join(task.name.split())[:80]} was completed "
                      f"on {full_day(finished)}", (task.task_id,))  # fmt: skip


def _of_notes(gathering: _Gathering, notes: Sequence[NoteRecord]) -> None:
    read = [n for n in notes if n.created_at.date() <= gathering.as_of]
    gathering.add("notes_read", len(read), f"{count(len(read), 'note')} read")
    if not read:
        return
    newest = max(read, key=lambda n: (n.created_at, n.note_id))
    written = newest.created_at.date()
    silent = (gathering.as_of - written).days
    said = "was written today" if not silent else f"is {count(silent, 'day')} old"
    gathering.add("days_since_last_note", silent,
                  f"The last note {said}, from {full_day(written)}", (newest.note_id,))  # fmt: skip
    gathering.add("last_note_date", written, f"The last note is from {full_day(written)}",
                  (newest.note_id,))  # fmt: skip


def _of_findings(gathering: _Gathering, findings: Sequence[NoteFinding]) -> None:
    risks = open_risks(findings, gathering.as_of)
    over = resolved(findings, gathering.as_of)
    gathering.add("open_risks", len(risks), f"{count(len(risks), 'open risk')} in the notes",
                  (f.note_id for r in risks for f in r.findings))  # fmt: skip
    if over:
        gathering.add("resolved_risks", len(over),
                      f"{count(len(over), 'problem')} of earlier notes resolved",
                      dict.fromkeys(f.resolved_by or f.note_id for f in over))  # fmt: skip
    for risk in risks:
        gathering.add(risk.fact, risk.notes, _risk_sentence(risk),
                      dict.fromkeys(f.note_id for f in risk.findings))  # fmt: skip


def _risk_sentence(risk: Risk) -> str:
    first, last = full_day(risk.first_on), full_day(risk.last_on)
    span = f"since {first}" if first == last else f"since {first}, last on {last}"
    return f"{WORDS.get(risk.reason, risk.reason)}: {count(risk.notes, 'note')} {span}"


def _of_usage(gathering: _Gathering, tally: Tally) -> None:
    if tally.recent_runs is None:
        return
    days, recent, earlier = RULES.usage_window_days, tally.recent_runs, tally.earlier_runs
    gathering.add("usage_runs", recent, f"{count(recent, 'notebook run')} in the last {days} days")
    if earlier:
        change = round(100 * (recent - earlier) / earlier)
        verb = "rose" if change > 0 else "fell" if change < 0 else "stayed"
        by = f" by {abs(change)}%" if change else ""
        gathering.add(
            "usage_change_percent", change,
            f"Notebook runs {verb}{by}: {recent} in the last {days} days against {earlier} "
            f"in the {days} days before")  # fmt: skip


def _of_effort(gathering: _Gathering, tally: Tally) -> None:
    if tally.consumed is None or not tally.work:
        return
    consumed = round(tally.consumed)
    done = round(100 * tally.work_done / tally.work)
    gathering.add("effort_consumed_percent", consumed, f"{consumed}% of the planned hours are used")
    gathering.add("effort_gap", consumed - done,
                  f"{consumed}% of the planned hours are used for {done}% of the work")  # fmt: skip

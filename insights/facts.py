"""The numbers, dates and names that an insight may state, each with its sentence and its records.

Pure. The counts are those that health is computed from (:mod:`engagements.health_tally`), so a
summary never argues with the score beside it. Nothing after the day counts. The names are listed in
docs/insights.md; those of one record end in its id (``overdue_days_T-214``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from engagements.health import RULES, Facts, Health, Rules
from engagements.health_ledger import ledger_of
from engagements.health_tally import Tally, tally_of
from engagements.records import (
    EngagementRecord,
    NoteFinding,
    NoteRecord,
    TaskRecord,
    UsageRecord,
)
from insights.engine.merging import Risk, not_overtaken, open_risks, resolved
from insights.engine.words import count, full_day
from insights.facts_plan import Gathering, of_plan
from insights.reasons import WORDS
from insights.schema import Fact

_STATE_SENTENCES = {
    "unknown": "There is too little data to score this engagement",
    "not_started": "The engagement has not started, so it is not scored",
    "on_hold": "The engagement is on hold, so it is not scored",
    "completed": "The engagement is completed, so it is not scored",
}


def known_names(engagement: EngagementRecord) -> tuple[str, ...]:
    """The names a claim may say without quoting them: customer, type, industry, region, team."""
    given = (
        engagement.customer_name, engagement.engagement_type, engagement.industry,
        engagement.region, engagement.owner_name, engagement.engagement_id,
        *(m.name for m in engagement.team_members),
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
    rules: Rules = RULES,
) -> dict[str, Fact]:
    """Every fact of an engagement as of a day, by name, counted as the rules in force count."""
    given = Facts(
        engagement=engagement, tasks=tasks, notes=notes, findings=findings, usage=usage,
        as_of=as_of, is_today=is_today,
    )  # fmt: skip
    tally = tally_of(ledger_of(given, rules), as_of.toordinal(), is_today, rules)
    gathering = Gathering(engagement, as_of)
    _of_health(gathering, health)
    _of_dates(gathering, tally)
    of_plan(gathering, tally, tasks)
    _of_notes(gathering, notes)
    _of_findings(gathering, not_overtaken(findings, tasks))
    _of_usage(gathering, tally, rules)
    _of_effort(gathering, tally)
    return gathering.facts


def _of_health(gathering: Gathering, health: Health) -> None:
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


def _of_dates(gathering: Gathering, tally: Tally) -> None:
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


def _of_notes(gathering: Gathering, notes: Sequence[NoteRecord]) -> None:
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


def _of_findings(gathering: Gathering, findings: Sequence[NoteFinding]) -> None:
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


def _of_usage(gathering: Gathering, tally: Tally, rules: Rules) -> None:
    if tally.recent_runs is None:
        return
    days, recent, earlier = rules.usage_window_days, tally.recent_runs, tally.earlier_runs
    gathering.add("usage_runs", recent, f"{count(recent, 'notebook run')} in the last {days} days")
    if earlier:
        change = round(100 * (recent - earlier) / earlier)
        verb = "rose" if change > 0 else "fell" if change < 0 else "stayed"
        by = f" by {abs(change)}%" if change else ""
        gathering.add(
            "usage_change_percent", change,
            f"Notebook runs {verb}{by}: {recent} in the last {days} days against {earlier} "
            f"in the {days} days before")  # fmt: skip


def _of_effort(gathering: Gathering, tally: Tally) -> None:
    if tally.consumed is None or not tally.work:
        return
    consumed = round(tally.consumed)
    done = round(100 * tally.work_done / tally.work)
    gathering.add("effort_consumed_percent", consumed, f"{consumed}% of the planned hours are used")
    gathering.add("effort_gap", consumed - done,
                  f"{consumed}% of the planned hours are used for {done}% of the work")  # fmt: skip

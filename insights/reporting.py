"""Gathering a status report from the rows: five queries, whatever there is to tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Q

from connectors.freshness import Glance
from engagements import plan, working
from engagements.gathered import name_of
from engagements.models import DeliveryNote, Engagement, Standing
from engagements.records import InsightType
from insights.models import Action, Insight, Risk
from insights.panel import TITLES, Shown, shown_claims
from insights.providers.choose import LABELS
from insights.report import (
    Item,
    Noted,
    Quoted,
    Report,
    Said,
    Section,
    Signal,
    Step,
    Trouble,
)
from insights.schema import Claim, Evidence
from psinsights.lib.today import today
from psinsights.lib.typed import convert
from psinsights.lib.words import plural, short_day

LAST_NOTES = 5
CUT = 1200  # characters of a note
CITED = 4  # records named beside a statement


def report_of(engagement: Engagement, glance: Glance) -> Report:
    """The report; ``engagement`` as ``engagements.views.find`` gives it, with plan and working."""
    standing: Standing | None = getattr(engagement, "standing", None)
    day = standing.as_of if standing else today()
    health = working.working_of(getattr(engagement, "working", None))
    insights = list(Insight.objects.current().filter(engagement=engagement).with_staleness())
    claims = {row.pk: shown_claims(row) for row in insights}
    tasks = plan.plan(getattr(engagement, "plan_rows", None), day, everything=True)
    risks = _open_risks(engagement)
    notes = _notes(engagement, day, _cited(claims.values()) | _seen(risks))
    texts = {row.task.task_id: row.task.name for row in (*tasks.open, *tasks.done)}
    texts |= {note.pk: note.content for note in notes}
    actions = _actions(engagement)
    told = {InsightType.RISK_DETECTION: risks, InsightType.ACTION_RECOMMENDATION: actions}
    sections = tuple(
        _section(row, claims[row.pk], texts)
        for row in _ordered(insights)
        if not told.get(InsightType(row.insight_type))  # the register says it with its state
    )
    made = {row.insight_type for row in insights}
    return Report(
        engagement_id=engagement.pk,
        customer_name=engagement.customer_name,
        engagement_type=engagement.engagement_type or "",
        as_of=day,
        source=glance.source,
        loaded_at=glance.loaded_at,
        band=standing.band if standing else "unknown",
        score=standing.health if standing else None,
        word=working.health_word(standing) if standing else "Not scored",
        change_7d=standing.delta_7d if standing else None,
        change_28d=standing.delta_28d if standing else None,
        verdict=_verdict(standing, sections),
        contradiction=standing.contradiction if standing else "",
        facts=tuple(_facts(engagement, standing, day)),
        coverage=round(100 * health.coverage) if health else 0,
        rules_version=standing.rules_version if standing else 1,
        signals=tuple(_signal(line) for line in working.lines(health)) if health else (),
        caps=tuple(cap.sentence for cap in health.caps) if health else (),
        missing=health.missing if health else (),
        sections=sections,
        not_made=tuple(TITLES[kind][0] for kind in InsightType if str(kind) not in made),
        risks=tuple(_trouble(row, texts) for row in risks),
        actions=actions,
        tasks=_items(tasks),
        tasks_open=tasks.open_total,
        tasks_done=tasks.done_total,
        notes=_last(notes, day),
        notes_total=standing.notes_total if standing else len(notes),
    )


def _verdict(standing: Standing | None, sections: Iterable[Section]) -> tuple[str, ...]:
    """The verdict of a health summary that is up to date; else what costs the score most."""
    fresh = [section for section in sections if not section.is_stale]
    told = [said.text for section in fresh for said in section.said if said.is_verdict]
    reason = [standing.reason] if standing and standing.reason else []
    return tuple(told or reason)


def _facts(
    engagement: Engagement, standing: Standing | None, day: date
) -> Iterable[tuple[str, str]]:
    yield "Reported status", engagement.status
    if engagement.health_score is not None:
        yield "Reported score", str(engagement.health_score)
    if standing and standing.phase:
        yield "Phase", standing.phase
    for word, text in (("Industry", engagement.industry), ("Region", engagement.region)):
        if text:
            yield word, text
    for word, when in (("Started", engagement.start_date), ("Ends", engagement.end_date)):
        if when:
            yield word, short_day(when, day)
    if gone := working.elapsed_days(engagement.start_date, engagement.end_date, day):
        yield "Time gone", f"{gone[0]} of {plural(gone[1], 'day')}"
    if engagement.planned_hours and engagement.consumed_hours is not None:
        yield "Effort used", f"{engagement.consumed_hours:.0f} of {engagement.planned_hours:.0f} h"
    if standing:
        yield "Tasks done", f"{standing.tasks_done} of {standing.tasks_total}"
        yield "Open problems in notes", str(standing.open_findings or "None")
    if engagement.owner_name:
        yield "Owner", engagement.owner_name
    if names := [str(person.get("name", "")) for person in engagement.team_members]:
        yield "Team", ", ".join(names)


def _signal(line: working.Line) -> Signal:
    return Signal(
        title=line.title,
        sentence=line.signal.sentence,
        value=line.value,
        full_at=line.full_at,
        earned=line.signal.earned,
        points=line.points,
        lost=line.signal.lost,
        records=tuple(line.cited),
    )


def _ordered(insights: list[Insight]) -> list[Insight]:
    order = [str(kind) for kind in InsightType]
    return sorted(insights, key=lambda row: order.index(row.insight_type))


def _section(row: Insight, claims: list[Shown], texts: Mapping[str, str]) -> Section:
    kept = [shown for shown in claims if _stands(shown, texts, imported=row.imported)]
    title, icon = TITLES[InsightType(row.insight_type)]
    return Section(
        title=title,
        icon=icon,
        kind=row.insight_type,
        version=row.version,
        made_at=row.generated_at,
        written_by=" ".join(filter(None, (LABELS.get(row.provider, row.provider), row.model))),
        is_stale=bool(getattr(row, "stale", False)),
        said=tuple(_said(shown) for shown in kept),
        unsupported=len(claims) - len(kept),
        left_out=tuple(str(sentence) for sentence in row.payload.get("left_out", [])),
    )


def _stands(shown: Shown, texts: Mapping[str, str], *, imported: bool) -> bool:
    """Whether the records still say it. What was made elsewhere needs a quote that can be checked."""
    claim = shown.claim
    if not claim.evidence:
        return bool(shown.facts) and not imported
    return all(_reads(piece, texts) for piece in claim.evidence)


def _reads(piece: Evidence, texts: Mapping[str, str]) -> bool:
    return texts.get(piece.source, "")[piece.start : piece.end] == piece.quote


def _said(shown: Shown) -> Said:
    claim, detail = shown.claim, ""
    if claim.action:
        due = short_day(claim.action.due_on, today())
        detail = f"{claim.action.priority}, {claim.action.owner_role}, by {due}: {claim.action.why}"
    counted = [record for fact in shown.facts for record in fact.sources]
    return Said(
        text=claim.text,
        is_verdict=claim.kind == "verdict",
        level=str(claim.severity or ""),
        is_possible=claim.certainty == "possible",
        label=_label(claim),
        detail=detail,
        quotes=tuple(Quoted(record=e.source, quote=e.quote) for e in claim.evidence[:CITED]),
        facts=tuple(_not_said(claim.text, [fact.sentence for fact in shown.facts])[:CITED]),
        records=tuple(dict.fromkeys(counted))[:CITED],
    )


def _label(claim: Claim) -> str:
    """A theme's name, unless its text begins with it."""
    label = claim.theme.label if claim.theme else ""
    return "" if claim.text.casefold().startswith(label.casefold()) else label


def _not_said(text: str, sentences: Iterable[str]) -> list[str]:
    """The sentences that tell more than the text does."""
    said = text.casefold()
    return [told for told in sentences if told.casefold().rstrip(".") not in said]


def _cited(claims: Iterable[list[Shown]]) -> set[str]:
    return {piece.source for shown in claims for said in shown for piece in said.claim.evidence}


def _notes(engagement: Engagement, day: date, cited: set[str]) -> list[Any]:
    """The last notes and those that claims quote, newest first."""
    end = datetime.combine(day, time.max, tzinfo=UTC)
    mine = DeliveryNote.objects.filter(engagement=engagement, created_at__lte=end)
    last = mine.order_by("-created_at", "-pk").values("pk")[:LAST_NOTES]
    chosen = mine.filter(Q(pk__in=last) | Q(pk__in=cited)).annotate(who=name_of("author_id"))
    return list(chosen.order_by("-created_at", "-pk"))


def _last(notes: list[Any], day: date) -> tuple[Noted, ...]:
    return tuple(
        Noted(
            record=note.pk,
            at=note.created_at,
            content=note.content
            if len(note.content) <= CUT
            else note.content[:CUT].rsplit(" ", 1)[0] + " …",
            sentiment=note.sentiment or "",
            by=note.who,
        )
        for note in notes[:LAST_NOTES]
    )


def _open_risks(engagement: Engagement) -> list[Risk]:
    rows = Risk.objects.filter(engagement=engagement, status__in=Risk.OPEN)
    return list(rows.order_by("-exposure", "pk"))


def _seen(risks: Iterable[Risk]) -> set[str]:
    return {piece.source for row in risks for piece in _evidence(row)}


def _evidence(row: Risk) -> list[Evidence]:
    return convert(row.claim.get("evidence", []), list[Evidence], strict=False)


def _trouble(row: Risk, texts: Mapping[str, str]) -> Trouble:
    evidence = _evidence(row)
    standing = [piece for piece in evidence if _reads(piece, texts)]
    return Trouble(
        title=row.title,
        level=row.level,
        status=row.get_status_display(),
        since=row.first_seen_on,
        owner=row.owner,
        due=row.due_on,
        quotes=tuple(Quoted(record=e.source, quote=e.quote) for e in standing[:CITED]),
        is_borne_out=len(standing) == len(evidence),
        records=() if standing else tuple(str(record) for record in row.seen[:CITED]),
    )


def _actions(engagement: Engagement) -> tuple[Step, ...]:
    shown = [*Action.OPEN, Action.Status.DONE]
    rows = Action.objects.filter(engagement=engagement, status__in=shown)
    ordered = sorted(
        rows, key=lambda row: (row.status == Action.Status.DONE, row.priority, row.due_on, row.pk)
    )
    return tuple(
        Step(
            title=row.title,
            why=row.why,
            priority=row.priority,
            status=row.get_status_display(),
            due=row.done_on or row.due_on,
            role=row.owner_role,
            owner=row.owner,
            is_done=row.status == Action.Status.DONE,
            records=tuple(str(record) for record in row.seen[:CITED]),
        )
        for row in ordered
    )


def _items(tasks: plan.Plan) -> tuple[Item, ...]:
    """Open tasks, the latest first, and milestones that were reached."""
    reached = [row for row in tasks.done if row.task.is_milestone]
    return tuple(
        Item(
            record=row.task.task_id,
            name=row.task.name,
            state=row.state,
            shade=row.shade,
            is_milestone=bool(row.task.is_milestone),
            due=row.task.end_date,
            owner=row.owner,
        )
        for row in (*tasks.open[: plan.SHOWN], *reached)
    )

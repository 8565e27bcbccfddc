"""From the rows of a week to what a briefing tells of them, the weightiest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from django.urls import reverse

from connectors.freshness import Glance
from engagements.health import Band, Rules, disagrees
from engagements.health_words import gist
from engagements.models import Engagement, Standing
from engagements.records import EngagementRecord, EngagementStatus
from insights.briefing.changes import (
    Briefing,
    Caveat,
    Disputed,
    Few,
    FoundRisk,
    Milestone,
    Moved,
    Place,
    ResolvedRisk,
    Todo,
    Told,
    Way,
)
from insights.briefing.gathered_rows import (
    ActionRow,
    Event,
    Reading,
    RiskRow,
    TaskRow,
    rows_of,
)
from insights.briefing.movement import by_day, ends_of, reading_before, steps_of, way_of
from insights.briefing.quoting import quoted
from insights.briefing.weeks import Week
from insights.models import Action, Risk
from psinsights.lib.http import record_link

T = TypeVar("T", bound=Told)
MANY, SOME = 8, 5  # shown of a kind


@dataclass
class _News:
    """What is told, as it is collected from engagement after engagement."""

    week: Week
    rules: Rules
    moved: list[Moved] = field(default_factory=list)
    found: list[tuple[float, FoundRisk]] = field(default_factory=list)
    resolved: list[tuple[float, ResolvedRisk]] = field(default_factory=list)
    slipped: list[Milestone] = field(default_factory=list)
    met: list[Milestone] = field(default_factory=list)
    disputed: list[tuple[int, Disputed]] = field(default_factory=list)
    first_read: set[str] = field(default_factory=set)  # engagements
    accepted: list[Todo] = field(default_factory=list)
    done: list[Todo] = field(default_factory=list)
    due: list[Todo] = field(default_factory=list)

    def add(self, row: Engagement) -> None:
        self._health(row)
        self._risks(row)
        self._milestones(row)
        self._actions(row)
        self._contradiction(row)

    def _health(self, row: Engagement) -> None:
        events = sorted(rows_of(Event, row.week_events), key=by_day)  # type: ignore[attr-defined]
        if not events:
            return
        start, end = ends_of(events, rows_of(Reading, row.week_readings), self.week)  # type: ignore[attr-defined]
        standing: Standing | None = getattr(row, "standing", None)
        self.moved.append(
            Moved(
                place=_place(row, "#hs"),
                way=way_of(start, end),
                before=start.score,
                after=end.score,
                band_before=start.band,
                band_after=end.band,
                steps=steps_of(events),
                reason=_gist(standing.reason) if standing and self.week.newest else "",
            )
        )

    def _risks(self, row: Engagement) -> None:
        for risk in rows_of(RiskRow, row.week_risks):  # type: ignore[attr-defined]
            place = _place(row, f"#risk-{risk.pk}")
            if risk.status == Risk.Status.RESOLVED and risk.resolved_on:
                gone = ResolvedRisk(
                    place=_place(row, "#ins-risk_detection"),
                    title=risk.title,
                    level=risk.level,
                    day=risk.resolved_on,
                    resolution=risk.resolution,
                )
                self.resolved.append((risk.exposure, gone))
                continue
            how, day = _how(risk, self.week)
            if not row.week_read_before:  # type: ignore[attr-defined]
                self.first_read.add(row.pk)
            found = FoundRisk(
                place=place, key=risk.pk, title=risk.title, level=risk.level, how=how, day=day
            )
            self.found.append((risk.exposure, found))

    def _milestones(self, row: Engagement) -> None:
        for task in rows_of(TaskRow, row.week_tasks):  # type: ignore[attr-defined]
            met = self.week.holds(task.done_on)
            milestone = Milestone(
                place=_place(row, record_link("", task.pk)),
                record=task.pk,
                name=task.name,
                due=task.end_date,
                done=task.done_on if met else None,
            )
            (self.met if met else self.slipped).append(milestone)

    def _actions(self, row: Engagement) -> None:
        for action in rows_of(ActionRow, row.week_actions):  # type: ignore[attr-defined]
            done = action.status == Action.Status.DONE
            todo = Todo(
                place=_place(row, f"#action-{action.pk}"),
                title=action.title,
                owner=action.owner,
                due=action.due_on,
                done=action.done_on if done else None,
                late=not done and action.due_on <= self.week.last,
            )
            if done:
                self.done.append(todo)
            elif action.taken:
                self.accepted.append(todo)
            else:
                self.due.append(todo)

    def _contradiction(self, row: Engagement) -> None:
        standing: Standing | None = getattr(row, "standing", None)
        if not self.week.newest or standing is None or not standing.contradiction:
            return
        earlier = reading_before(rows_of(Reading, row.week_readings), self.week)  # type: ignore[attr-defined]
        if earlier is not None and _disagreed(row, earlier, self.rules):
            return
        told = Disputed(place=_place(row, "#contradiction"), sentence=standing.contradiction)
        self.disputed.append((101 if standing.health is None else standing.health, told))


def told(
    engagements: Iterable[Engagement],
    week: Week,
    *,
    rules: Rules,
    as_of: date,
    scope: str,
    open: int,
    disputes: int,
    glance: Glance,
    caveats: tuple[Caveat, ...],
) -> Briefing:
    """The briefing of these engagements; two queries, for the words of its risks."""
    news = _News(week=week, rules=rules)
    for row in engagements:
        news.add(row)
    worse = [moved for moved in news.moved if moved.way in (Way.WORSE, Way.DROPPED)]
    worse.sort(key=lambda moved: (moved.way is Way.DROPPED, moved.points or 0, moved.after or 0))
    better = [moved for moved in news.moved if moved.way is Way.BETTER]
    better.sort(key=lambda moved: -(moved.points or 0))
    found = _heaviest(news.found, MANY)
    return Briefing(
        week=week,
        as_of=as_of,
        scope=scope,
        open=open,
        source=glance.source,
        loaded_at=glance.loaded_at,
        worse=_few(worse, MANY + 2),
        better=_few(better, SOME),
        back=_few([moved for moved in news.moved if moved.way is Way.BACK], SOME),
        dropped=sum(moved.way is Way.DROPPED for moved in worse),
        found=Few(total=found.total, shown=quoted(found.shown)),
        resolved=_heaviest(news.resolved, SOME),
        slipped=_few(sorted(news.slipped, key=_by_due), MANY),
        met=_few(sorted(news.met, key=_by_due), SOME),
        disputed=_few([row for _, row in sorted(news.disputed, key=lambda pair: pair[0])], SOME),
        disputes=disputes,
        accepted=_few(sorted(news.accepted, key=lambda todo: todo.due), SOME),
        done=_few(sorted(news.done, key=lambda todo: todo.due), SOME),
        due=_few(sorted(news.due, key=lambda todo: todo.due), MANY),
        due_next=sum(not todo.late for todo in news.due),
        caveats=(*caveats, *_first_read(len(news.first_read))),
    )


def _first_read(number: int) -> Iterator[Caveat]:
    if number:
        whose = "1 engagement" if number == 1 else f"{number} engagements"
        yield Caveat(
            sentence=f"Risks of {whose} were looked for the first time this week: "
            "what they rest on may be older."
        )


def _place(row: Engagement, spot: str) -> Place:
    """Where on the engagement's page; which page that is, :func:`_few` adds for those shown."""
    return Place(engagement_id=row.pk, customer=row.customer_name, href=spot)


def _linked(row: T) -> T:
    page = reverse("engagements:detail", args=[row.place.engagement_id])
    return replace(row, place=replace(row.place, href=page + row.place.href))


def _how(risk: RiskRow, week: Week) -> tuple[str, date]:
    if week.holds(risk.first_seen_on):
        return "New", risk.first_seen_on
    if risk.returned_on and week.holds(risk.returned_on):
        return "Back", risk.returned_on
    return "Worse", risk.worse_on or risk.first_seen_on


def _disagreed(row: Engagement, reading: Reading, rules: Rules) -> bool:
    """Whether today's report and the reading of before disagree too; reports keep no history."""
    if reading.score is None:
        return False
    report = EngagementRecord(
        engagement_id=row.pk,
        customer_name=row.customer_name,
        status=EngagementStatus(row.status),
        health_score=row.health_score,
    )
    return disagrees(report, reading.score, Band(reading.band), rules)


def _gist(reason: str) -> str:
    said = gist(reason)
    return f"{said}." if said else ""


def _by_due(row: Milestone) -> tuple[date, str]:
    return row.due or date.max, row.record


def _few(found: Sequence[T], most: int) -> Few[T]:
    return Few(total=len(found), shown=[_linked(row) for row in found[:most]])


def _heaviest(found: list[tuple[float, T]], most: int) -> Few[T]:
    ordered = sorted(found, key=lambda pair: -pair[0])
    return _few([row for _, row in ordered], most)

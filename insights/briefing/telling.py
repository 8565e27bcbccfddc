"""From the rows of a week to what a briefing tells of them, the weightiest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

import msgspec
from django.urls import reverse

from connectors.freshness import Glance
from engagements.health import RULES, Band, disagrees
from engagements.models import DeliveryNote, Engagement, Standing, Task
from engagements.rows import engagement_record
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
    Step,
    Todo,
    Way,
)
from insights.briefing.weeks import Week
from insights.models import Action, Risk
from insights.panel import plain
from insights.schema import Claim
from psinsights.lib.http import record_link

T = TypeVar("T")
BANDS = ("critical", "warning", "healthy")
MANY, SOME = 8, 5  # shown of a kind
CITED = 3  # records named beside a risk


class Event(msgspec.Struct, frozen=True, array_like=True):
    """A health event, as it was gathered."""

    day: date
    kind: str
    score_before: int | None
    score_after: int | None
    band_before: str
    band_after: str
    reason: str


class RiskRow(msgspec.Struct, frozen=True, array_like=True):
    """A risk of the register, as it was gathered."""

    pk: int
    title: str
    level: str
    exposure: float
    status: str
    first_seen_on: date
    worse_on: date | None
    returned_on: date | None
    resolved_on: date | None
    resolution: str


class TaskRow(msgspec.Struct, frozen=True, array_like=True):
    """A milestone, as it was gathered."""

    pk: str
    name: str
    end_date: date | None
    status: str
    done_on: date | None


class ActionRow(msgspec.Struct, frozen=True, array_like=True):
    """An action, as it was gathered; ``taken`` is whether somebody took it on this week."""

    pk: int
    title: str
    owner: str
    due_on: date
    status: str
    done_on: date | None
    taken: bool


class Reading(msgspec.Struct, frozen=True, array_like=True):
    """A score and band of a day before the week."""

    day: date
    score: int | None
    band: str


def rows(kind: type[T], gathered: Any) -> list[T]:
    return msgspec.convert(gathered or [], list[kind], strict=False)  # type: ignore[valid-type]


@dataclass
class _Told:
    """What is told, as it is collected from engagement after engagement."""

    week: Week
    moved: list[Moved] = field(default_factory=list)
    found: list[tuple[float, FoundRisk]] = field(default_factory=list)
    resolved: list[tuple[float, ResolvedRisk]] = field(default_factory=list)
    slipped: list[Milestone] = field(default_factory=list)
    met: list[Milestone] = field(default_factory=list)
    disputed: list[tuple[int, Disputed]] = field(default_factory=list)
    disputes: int = 0
    first_read: set[str] = field(default_factory=set)  # engagements
    accepted: list[Todo] = field(default_factory=list)
    done: list[Todo] = field(default_factory=list)
    due: list[Todo] = field(default_factory=list)

    def add(self, row: Engagement) -> None:
        page = reverse("engagements:detail", args=[row.pk])
        self._health(row, page)
        self._risks(row, page)
        self._milestones(row, page)
        self._actions(row, page)
        self._contradiction(row, page)

    def _health(self, row: Engagement, page: str) -> None:
        events = sorted(rows(Event, row.week_events), key=_order)  # type: ignore[attr-defined]
        if not events:
            return
        first, last = events[0], events[-1]
        standing: Standing | None = getattr(row, "standing", None)
        self.moved.append(
            Moved(
                place=_place(row, f"{page}#hs"),
                way=_way(events),
                before=first.score_before,
                after=last.score_after,
                band_before=first.band_before,
                band_after=last.band_after,
                steps=_steps(events),
                reason=_gist(standing.reason) if standing and self.week.newest else "",
            )
        )

    def _risks(self, row: Engagement, page: str) -> None:
        for risk in rows(RiskRow, row.week_risks):  # type: ignore[attr-defined]
            place = _place(row, f"{page}#risk-{risk.pk}")
            if risk.status == Risk.Status.RESOLVED and risk.resolved_on:
                gone = ResolvedRisk(
                    place=_place(row, f"{page}#ins-risk_detection"),
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

    def _milestones(self, row: Engagement, page: str) -> None:
        for task in rows(TaskRow, row.week_tasks):  # type: ignore[attr-defined]
            met = self.week.holds(task.done_on)
            milestone = Milestone(
                place=_place(row, record_link(page, task.pk)),
                record=task.pk,
                name=task.name,
                due=task.end_date,
                done=task.done_on if met else None,
            )
            (self.met if met else self.slipped).append(milestone)

    def _actions(self, row: Engagement, page: str) -> None:
        for action in rows(ActionRow, row.week_actions):  # type: ignore[attr-defined]
            done = action.status == Action.Status.DONE
            todo = Todo(
                place=_place(row, f"{page}#action-{action.pk}"),
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

    def _contradiction(self, row: Engagement, page: str) -> None:
        standing: Standing | None = getattr(row, "standing", None)
        if not self.week.newest or standing is None or not standing.contradiction:
            return
        self.disputes += 1
        earlier = rows(Reading, row.week_earlier)  # type: ignore[attr-defined]
        newest = max(earlier, key=lambda reading: reading.day, default=None)
        if newest is not None and _disagreed(row, newest):
            return
        told = Disputed(place=_place(row, f"{page}#contradiction"), sentence=standing.contradiction)
        self.disputed.append((101 if standing.health is None else standing.health, told))


def told(
    engagements: Iterable[Engagement],
    week: Week,
    *,
    as_of: date,
    scope: str,
    open: int,
    glance: Glance,
    caveats: tuple[Caveat, ...],
) -> Briefing:
    """The briefing of these engagements; two queries, for the words of its risks."""
    news = _Told(week=week)
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
        disputes=news.disputes,
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


def quoted(risks: Sequence[FoundRisk]) -> list[FoundRisk]:
    """The risks with their words, where the record still says them; two queries, none for none."""
    if not risks:
        return []
    kept = {
        pk: (_claim(claim), seen)
        for pk, claim, seen in Risk.objects.filter(pk__in=[risk.key for risk in risks]).values_list(
            "pk", "claim", "seen"
        )
    }
    cited = {piece.source for claim, _ in kept.values() if claim for piece in claim.evidence}
    texts = _texts(cited)
    return [_with_words(risk, *kept.get(risk.key, (None, [])), texts) for risk in risks]


def _with_words(
    risk: FoundRisk, claim: Claim | None, seen: Sequence[str], texts: dict[str, str]
) -> FoundRisk:
    page = risk.place.href.partition("#")[0]
    evidence = claim.evidence if claim else ()
    standing = [e for e in evidence if texts.get(e.source, "")[e.start : e.end] == e.quote]
    # A quote is worth its line where it tells more than the title.
    telling = [e for e in standing if plain(e.quote) not in plain(risk.title)]
    if telling:
        said = telling[0]
        href = record_link(page, said.source)
        return replace(risk, quote=said.quote, source=said.source, source_href=href)
    cited = list(dict.fromkeys([*(e.source for e in standing), *seen]))[:CITED]
    records = tuple((record, record_link(page, record)) for record in cited)
    return replace(risk, records=records, changed=bool(evidence) and not standing)


def _claim(kept: dict[str, Any]) -> Claim | None:
    try:
        return msgspec.convert(kept, Claim, strict=False)
    except msgspec.ValidationError:
        return None


def _texts(cited: set[str]) -> dict[str, str]:
    """What the cited records say today: a note's content, a task's name."""
    notes = DeliveryNote.objects.filter(pk__in=cited).order_by().values_list("pk", "content")
    tasks = Task.objects.filter(pk__in=cited).order_by().values_list("pk", "name")
    return dict(notes.union(tasks, all=True)) if cited else {}


def _place(row: Engagement, href: str) -> Place:
    return Place(engagement_id=row.pk, customer=row.customer_name, href=href)


def _order(event: Event) -> tuple[date, bool]:
    # Of a day, the change of band last: a fall that changed the band is told by it.
    return event.day, event.kind != "drop"


def _steps(events: Sequence[Event]) -> tuple[Step, ...]:
    """A sentence for each day on which something happened."""
    return tuple(Step(day=e.day, sentence=e.reason) for e in {e.day: e for e in events}.values())


def _way(events: Sequence[Event]) -> Way:
    before, after = events[0].band_before, events[-1].band_after
    if before in BANDS and after in BANDS and before != after:
        return Way.BETTER if BANDS.index(after) > BANDS.index(before) else Way.WORSE
    start, end = events[0].score_before, events[-1].score_after
    fell = start is not None and end is not None and end < start
    return Way.DROPPED if fell and events[-1].kind == "drop" else Way.BACK


def _how(risk: RiskRow, week: Week) -> tuple[str, date]:
    if week.holds(risk.first_seen_on):
        return "New", risk.first_seen_on
    if risk.returned_on and week.holds(risk.returned_on):
        return "Back", risk.returned_on
    return "Worse", risk.worse_on or risk.first_seen_on


def _disagreed(row: Engagement, reading: Reading) -> bool:
    """Whether today's report and the reading of before disagree too; reports keep no history."""
    if reading.score is None:
        return False
    return disagrees(engagement_record(row), reading.score, Band(reading.band), RULES)


def _gist(reason: str) -> str:
    """A signal's sentence without its thresholds."""
    said = reason.split("; full points", 1)[0].rstrip(".")
    return f"{said}." if said else ""


def _by_due(row: Milestone) -> tuple[date, str]:
    return row.due or date.max, row.record


def _few(found: Sequence[T], most: int) -> Few[T]:
    return Few(total=len(found), shown=found[:most])


def _heaviest(found: list[tuple[float, T]], most: int) -> Few[T]:
    ordered = sorted(found, key=lambda pair: -pair[0])
    return _few([row for _, row in ordered], most)

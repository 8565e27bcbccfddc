"""What the dashboard asks of all engagements together, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Aggregate, CharField, Count, F, IntegerField, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast

from engagements.health import Band
from engagements.models import EngagementQuerySet, HealthReading, ReadingCount, Standing
from engagements.records import EngagementStatus, Phase
from engagements.standing import DROP_POINTS
from engagements.visibility import of_these

WEEKS = 12
SHOWN = 5  # of each kind: who needs more asks for the list
BANDS = (Band.CRITICAL, Band.WARNING, Band.HEALTHY, Band.UNKNOWN)
PHASES = [str(phase) for phase in Phase]
COMPLETED = Q(engagement__status=EngagementStatus.COMPLETED)
NEEDS = ("drops", "late", "contradictions")
Counts = dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Portfolio:
    """The counts of a day: engagements that are not completed, by phase and by band."""

    day: date
    everything: int  # with the completed ones
    bands: Counts
    phases: list[tuple[str, Counts]]
    weeks: dict[date, Counts]
    drops: int
    late: int
    contradictions: int

    @property
    def open(self) -> int:
        return sum(self.bands.values())

    @property
    def needs_nobody(self) -> bool:
        """Whether neither health nor plan nor report calls for anybody; risks are counted apart."""
        return not (self.drops or self.late or self.contradictions)


@dataclass
class _Tally:
    """Counts that the rows of one query are added to."""

    everything: int = 0
    bands: Counts = field(default_factory=lambda: dict.fromkeys(map(str, BANDS), 0))
    phases: dict[str, Counts] = field(default_factory=lambda: defaultdict(dict))
    weeks: dict[date, Counts] = field(default_factory=lambda: defaultdict(dict))
    needs: Counts = field(default_factory=lambda: defaultdict(int))

    def add(self, row: dict[str, Any]) -> None:
        if row["what"] == "week":
            self.weeks[date.fromisoformat(row["place"])][row["of_band"]] = row["number"]
            return
        sign = 1 if row["what"] == "all" else -1
        self.everything += row["number"] if sign > 0 else 0
        self.bands[row["of_band"]] += sign * row["number"]
        of_phase = self.phases[row["place"]]
        of_phase[row["of_band"]] = of_phase.get(row["of_band"], 0) + sign * row["number"]
        for need in NEEDS:
            self.needs[need] += sign * (row[need] or 0)


def portfolio(visible: EngagementQuerySet, day: date) -> Portfolio:
    """The counts of a day and of the twelve weeks up to it, in one statement."""
    tally = _Tally()
    everything = of_these(visible, Standing.objects.order_by())
    # All less the completed ones, which are few: nothing is asked of the others' engagements.
    parts = (_now("less", everything.filter(COMPLETED)), _by_week(visible, day))
    for row in _now("all", everything).union(*parts, all=True):
        tally.add(row)
    phases = [(name, counts) for name, counts in tally.phases.items() if sum(counts.values())]
    return Portfolio(
        day=day,
        everything=tally.everything,
        bands=tally.bands,
        phases=sorted(phases, key=_phase_order),
        weeks=dict(sorted(tally.weeks.items())),
        drops=tally.needs["drops"],
        late=tally.needs["late"],
        contradictions=tally.needs["contradictions"],
    )


def _now(what: str, standings: QuerySet[Standing]) -> QuerySet[Any, Any]:
    # Counted by the band, which the index holds and every standing has.
    return (
        standings.annotate(what=Value(what), place=F("phase"), of_band=F("band"))
        .values("what", "place", "of_band")
        .annotate(
            number=Count("band"),
            drops=Count("band", filter=Q(delta_7d__lte=-DROP_POINTS)),
            late=Sum("milestones_late"),
            contradictions=Count("band", filter=~Q(contradiction="")),
        )
    )


def _by_week(visible: EngagementQuerySet, day: date) -> QuerySet[Any, Any]:
    nothing = {name: Value(0, IntegerField()) for name in NEEDS}
    days = [day - timedelta(weeks=weeks) for weeks in range(WEEKS)]
    rows, number = _readings(visible)
    return (
        rows.filter(day__in=days)
        .exclude(state="completed")
        .order_by()
        .annotate(what=Value("week"), place=Cast("day", CharField()), of_band=F("band"))
        .values("what", "place", "of_band")
        .annotate(number=number)
        .annotate(**nothing)
    )


def _readings(visible: EngagementQuerySet) -> tuple[QuerySet[Any, Any], Aggregate]:
    """Rows of readings, and what counts them: who sees all is spared the rows themselves."""
    if visible.query.has_filters():
        return HealthReading.objects.filter(engagement__in=visible), Count("pk")
    return ReadingCount.objects.filter(count__gt=0), Sum("count")


def _phase_order(row: tuple[str, Any]) -> tuple[int, str]:
    name = row[0]
    return (PHASES.index(name) if name in PHASES else len(PHASES), name)


@dataclass(frozen=True, kw_only=True)
class Moved:
    """The engagements that fell most, and those whose report the records contradict."""

    drops: list[Standing]
    contradictions: list[Standing]


def moved(visible: EngagementQuerySet) -> Moved:
    """The few that moved or contradict, in one query."""
    standings = of_these(visible, Standing.objects.exclude(COMPLETED))
    drops = standings.filter(delta_7d__lte=-DROP_POINTS).order_by("delta_7d", "health", "pk")
    disputed = standings.exclude(contradiction="").order_by("health", "pk")
    wanted = Q(pk__in=drops.values("pk")[:SHOWN]) | Q(pk__in=disputed.values("pk")[:SHOWN])
    found = list(Standing.objects.filter(wanted).select_related("engagement"))
    return Moved(
        drops=_worst(found, _fell, lambda row: (row.delta_7d or 0, _score(row))),
        contradictions=_worst(found, _disputed, lambda row: (0, _score(row))),
    )


def _fell(row: Standing) -> bool:
    return row.delta_7d is not None and row.delta_7d <= -DROP_POINTS


def _disputed(row: Standing) -> bool:
    return bool(row.contradiction)


def _score(row: Standing) -> int:
    return 101 if row.health is None else row.health


def _worst(
    rows: Iterable[Standing],
    wanted: Callable[[Standing], bool],
    order: Callable[[Standing], tuple[int, int]],
) -> list[Standing]:
    open_ones = (row for row in rows if row.engagement.status != EngagementStatus.COMPLETED)
    return sorted(filter(wanted, open_ones), key=order)[:SHOWN]

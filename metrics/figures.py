"""The metrics page as numbers: gathered once, shown as a page or handed out as rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engagements.models import EngagementQuerySet
from metrics.adoption import (
    Coverage,
    Decisions,
    Effects,
    RoleLine,
    Use,
    coverage_of,
    decisions_of,
    dismiss_reasons,
    effects_of,
    role_lines,
    use_of,
)
from metrics.lead import LeadTime, lead_time
from metrics.period import Period
from metrics.tally import Tally, tally
from metrics.value import TimeSaved, time_saved
from metrics.writing import Writer, writers_of

Cell = tuple[str, str, str, object]  # section, measure, group, value


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Everything that is known of a period."""

    period: Period
    use: Use
    roles: list[RoleLine]
    made: list[int]  # per week
    made_by_type: dict[str, int]
    writers: list[Writer]
    decisions: tuple[Decisions, Decisions]
    reasons: list[tuple[str, int]]
    useful: int
    not_useful: int
    coverage: Coverage
    saved: TimeSaved
    effects: Effects
    lead: LeadTime
    imported: list[int]  # per week of the history
    imported_by_role: list[tuple[str, int, int, int]]  # role, insights, minutes, people at most

    @property
    def total_made(self) -> int:
        return sum(writer.made for writer in self.writers)

    @property
    def fallbacks(self) -> int:
        return sum(writer.fallbacks for writer in self.writers)

    @property
    def fallback_share(self) -> int | None:
        return round(100 * self.fallbacks / self.total_made) if self.total_made else None

    @property
    def total_imported(self) -> int:
        return sum(self.imported)

    @property
    def proposals(self) -> Decisions:
        """Actions alone: what acceptance is said of first."""
        return self.decisions[0]


def figures_of(period: Period, visible: EngagementQuerySet, *, hide_small: bool = False) -> Figures:
    """Four queries."""
    counts = tally(period, visible)
    return Figures(
        period=period,
        use=use_of(counts, period),
        roles=role_lines(counts, hide_small=hide_small),
        made=counts.by_week("made", period.weeks),
        made_by_type=counts.by_second("made"),
        writers=writers_of(period),
        decisions=decisions_of(counts),
        reasons=dismiss_reasons(counts),
        useful=counts.number("useful", "yes"),
        not_useful=counts.number("useful", "no"),
        coverage=coverage_of(counts),
        saved=time_saved(counts.by_first("used")),
        effects=effects_of(counts),
        lead=lead_time(period, visible),
        imported=counts.by_week("imported", period.history_weeks),
        imported_by_role=_imported_by_role(counts),
    )


def _imported_by_role(counts: Tally) -> list[tuple[str, int, int, int]]:
    insights, minutes = counts.by_second("imported"), counts.by_first("imported minutes")
    people = counts.by_first("imported people")
    return [
        (role, insights.get(role, 0), minutes.get(role, 0), people.get(role, 0))
        for role in sorted(insights.keys() | people.keys())
    ]


def as_rows(figures: Figures) -> Iterator[Cell]:
    """Exactly what the page shows, a value a row."""
    period = figures.period
    yield "period", "from", "", period.since
    yield "period", "until", "", period.today
    yield "period", "data as of", "", period.day
    yield from _use_rows(figures)
    for writer in figures.writers:
        for name in ("made", "fallbacks", "checked", "kept", "p50", "p95"):
            yield "written by", name, writer.label, _plain(getattr(writer, name))
        yield "written by", "input tokens", writer.label, writer.tokens_in
        yield "written by", "output tokens", writer.label, writer.tokens_out
        yield "written by", "cost", writer.label, writer.cost.words
    yield from _decision_rows(figures)
    for name in ("active", "fresh", "confident", "both"):
        yield "coverage", name, "", getattr(figures.coverage, name)
    for name in ("better", "same", "worse", "waiting", "unknown"):
        yield "after actions were done", name, "", getattr(figures.effects, name)
    yield from _lead_rows(figures.lead)
    yield from _saved_rows(figures)
    for role, insights, minutes, people in figures.imported_by_role:
        yield "imported history", "insights", role, insights
        yield "imported history", "minutes saved as the source says", role, minutes
        yield "imported history", "people at most on a day", role, people


def _lead_rows(lead: LeadTime) -> Iterator[Cell]:
    yield "lead time", "turned At Risk", "", lead.turned
    yield "lead time", "flagged", "", len(lead.days)
    yield "lead time", "flagged before", "", lead.earlier
    yield "lead time", "flagged on the day or later", "", lead.later
    yield "lead time", "never flagged", "", lead.unflagged
    if not lead.is_shown:
        yield "lead time", "median days", "", "not enough yet"
        return
    yield "lead time", "median days", "", lead.median
    yield "lead time", "days at least", "", lead.shortest
    yield "lead time", "days at most", "", lead.longest


def _use_rows(figures: Figures) -> Iterator[Cell]:
    for week, people, made in zip(
        figures.period.weeks, figures.use.weekly, figures.made, strict=True
    ):
        yield "use", "active people", f"week of {week}", _plain(people)
        yield "insights", "made here", f"week of {week}", made
    for line in figures.roles:
        if line.hidden:
            continue
        yield "use", "accounts", line.role, line.accounts
        yield "use", "active in 7 days", line.role, line.active
        yield "use", "active in the period", line.role, line.people
    for name in ("viewed", "evidence", "decided", "made", "answered"):
        yield "use", name, "", getattr(figures.use, name)


def _decision_rows(figures: Figures) -> Iterator[Cell]:
    for decisions in figures.decisions:
        for name in ("accepted", "edited", "dismissed", "undecided", "lapsed"):
            yield "decisions", name, decisions.what, getattr(decisions, name)
        yield "decisions", "acceptance %", decisions.what, _plain(decisions.acceptance)
    for reason, number in figures.reasons:
        yield "decisions", "dismissed because", reason, number
    yield "feedback", "useful", "", figures.useful
    yield "feedback", "not useful", "", figures.not_useful


def _saved_rows(figures: Figures) -> Iterator[Cell]:
    saved = figures.saved
    yield "time saved, estimate", "insights used", "", saved.used
    if saved.is_shown:
        yield "time saved, estimate", "hours at least", "", saved.low_hours
        yield "time saved, estimate", "hours at most", "", saved.high_hours


def _plain(value: Any) -> object:
    return "" if value is None else value

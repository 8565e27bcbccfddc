"""A briefing in words: the verdict, the subject of a mail, and its sections line by line. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from insights.briefing.changes import (
    Briefing,
    Few,
    FoundRisk,
    Milestone,
    Moved,
    Place,
    Todo,
    Way,
)
from psinsights.lib.words import BAND_WORD, plural


@dataclass(frozen=True, kw_only=True)
class Line:
    """A statement of a mail: what it is about, what is said, and where it stands."""

    about: str
    said: str
    href: str
    quote: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """Statements of a kind, with how many there are."""

    title: str
    lines: tuple[Line, ...]
    more: int = 0


def verdict(briefing: Briefing) -> str:
    """The first sentence: how many got worse and better, of how many."""
    if briefing.is_empty:
        return f"Nothing changed that needs you between {briefing.week.words}."
    worse, better = briefing.worse.total, briefing.better.total
    whole = f"of {plural(briefing.open, 'open engagement')}"
    if not worse and not better:
        return f"No engagement got worse or better, {whole}."
    if not better:
        return f"{plural(worse, 'engagement')} got worse, none better, {whole}."
    if not worse:
        return f"{plural(better, 'engagement')} got better, none worse, {whole}."
    return f"{plural(worse, 'engagement')} got worse, {better} better, {whole}."


def besides(briefing: Briefing) -> str:
    """The second sentence: everything else there is, counted."""
    counts = [
        (briefing.found.total, "new high or critical risk", "new high or critical risks"),
        (briefing.resolved.total, "risk resolved", "risks resolved"),
        (briefing.slipped.total, "milestone slipped", "milestones slipped"),
        (briefing.met.total, "milestone met", "milestones met"),
        (briefing.disputed.total, "new contradiction", "new contradictions"),
        (briefing.accepted.total, "action accepted", "actions accepted"),
        (briefing.done.total, "action done", "actions done"),
        (briefing.due_next, "action due next week", "actions due next week"),
    ]
    told = [f"{number} {one if number == 1 else many}" for number, one, many in counts if number]
    return f"{', '.join(told)}." if told else ""


def subject(briefing: Briefing) -> str:
    """One line without any name: a subject shows on a locked screen."""
    counts = [
        (briefing.worse.total, "worse"),
        (briefing.better.total, "better"),
        (briefing.found.total, "new risks" if briefing.found.total != 1 else "new risk"),
        (briefing.slipped.total, "slipped"),
        (briefing.due_next, "due next week"),
    ]
    told = ", ".join(f"{number} {what}" for number, what in counts if number)
    return f"PS Insights, {briefing.week.span}: {told or 'what changed'}"


def moved_words(moved: Moved) -> str:
    """ "83 (On track) to 55 (Watch), 28 points down", over the whole week."""
    before = _scored(moved.before, moved.band_before)
    told = f"{before} to {_scored(moved.after, moved.band_after)}"
    if moved.way is Way.BACK:
        return f"{told}; {_day(moved.steps[0].day)}: {moved.steps[0].sentence.rstrip('.')}"
    if not moved.points:
        return told
    return f"{told}, {plural(abs(moved.points), 'point')} {'down' if moved.points < 0 else 'up'}"


def met_words(milestone: Milestone) -> str:
    if milestone.late > 0:
        return f"met, {plural(milestone.late, 'day')} late"
    if milestone.late < 0:
        return f"met, {plural(-milestone.late, 'day')} early"
    return "met on its day" if milestone.due else "met"


def scope_words(briefing: Briefing) -> str:
    return "your engagements" if briefing.scope == "mine" else "all engagements you may see"


def sections(briefing: Briefing) -> list[Section]:
    """Everything a mail tells, in the order of the page."""
    return [section for section in _sections(briefing) if section.lines]


def _sections(briefing: Briefing) -> Iterator[Section]:
    yield _section("Got worse", briefing.worse, _moved)
    yield _section("New high and critical risks", briefing.found, _found)
    yield _section("Milestones that slipped", briefing.slipped, _slipped)
    yield _section(
        "New contradictions", briefing.disputed, lambda row: _line(row.place, row.sentence)
    )
    yield _section("Actions due", briefing.due, _due)
    yield _section("Got better", briefing.better, _moved)
    yield _section("Changed and came back", briefing.back, _moved)
    yield _section(
        "Risks resolved",
        briefing.resolved,
        lambda row: _line(row.place, f"{row.title} {row.resolution}".strip()),
    )
    yield _section(
        "Milestones met",
        briefing.met,
        lambda row: _line(row.place, f"{row.name}: {met_words(row)}."),
    )
    yield _section("Actions accepted", briefing.accepted, _todo)
    yield _section("Actions done", briefing.done, _todo)


def _section(title: str, few: Few, said: object) -> Section:
    return Section(title=title, lines=tuple(said(row) for row in few.shown), more=few.more)  # type: ignore[operator]


def _line(place: Place, said: str, *, quote: str = "", source: str = "") -> Line:
    return Line(about=place.customer, said=said, href=place.href, quote=quote, source=source)


def _moved(row: Moved) -> Line:
    said = f"{moved_words(row)}."
    reason = f" Heaviest now: {row.reason}" if row.reason and row.way is not Way.BACK else ""
    return _line(row.place, said + reason)


def _found(row: FoundRisk) -> Line:
    how = "" if row.how == "New" else f"{row.how}, "
    said = f"{how}{row.level}: {row.title}"
    return Line(
        about=row.place.customer,
        said=said[:1].upper() + said[1:],
        href=row.source_href or (row.records[0][1] if row.records else row.place.href),
        quote=row.quote,
        source=row.source,
    )


def _slipped(row: Milestone) -> Line:
    return _line(row.place, f"{row.name}: due {_day(row.due)}, not done.")


def _due(row: Todo) -> Line:
    late = ", late" if row.late else ""
    return _line(row.place, f"{row.title} ({_owner(row)}by {_day(row.due)}{late})")


def _todo(row: Todo) -> Line:
    when = f"done {_day(row.done)}" if row.done else f"by {_day(row.due)}"
    return _line(row.place, f"{row.title} ({_owner(row)}{when})")


def _owner(row: Todo) -> str:
    return f"{row.owner}, " if row.owner else ""


def _day(day: date | None) -> str:
    return f"{day.day} {day:%b}" if day else "without a date"


def _scored(score: int | None, band: str) -> str:
    word = BAND_WORD.get(band, "Not scored")
    return word if score is None else f"{score} ({word})"

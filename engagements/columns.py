"""The columns of the list of engagements, and how each of them sorts."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, OrderBy


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column: what it is called, what it sorts by, and from which width on it is shown."""

    key: str
    label: str
    field: str
    css: str = ""
    high_first: bool = False  # the first click shows the highest


COLUMNS = (
    Column(key="name", label="Engagement", field="customer_name"),
    Column(key="health", label="Score", field="standing__health"),
    Column(key="trend", label="12 weeks", field="standing__delta_28d", css="md"),
    Column(key="week", label="Week", field="standing__delta_7d", css="num end"),
    Column(key="phase", label="Phase", field="standing__phase", css="md"),
    Column(key="status", label="Status", field="status", css="lg"),
    Column(key="owner", label="Owner", field="owner_name", css="lg"),
    Column(key="milestone", label="Next milestone", field="standing__next_milestone_on", css="md"),
    Column(key="ends", label="Ends", field="end_date", css="num lg"),
    Column(
        key="risks", label="Risks", field="standing__open_findings", css="num lg", high_first=True
    ),
    Column(
        key="note", label="Last note", field="standing__last_note_on", css="num lg", high_first=True
    ),
)
BY_KEY = {column.key: column for column in COLUMNS}
DEFAULT_SORT = "health"
SORTS = [(key, key) for column in COLUMNS for key in (column.key, f"-{column.key}")]


def ordering(sort: str) -> list[str | OrderBy]:
    """The order of a sort key; a leading minus turns it round. What is not known comes last."""
    field = F(BY_KEY[sort.removeprefix("-")].field)
    known_first = (
        field.desc(nulls_last=True) if sort.startswith("-") else field.asc(nulls_last=True)
    )
    return [known_first, "customer_name", "engagement_id"]


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A column's head as the table shows it: where a click leads, and how it sorts now."""

    column: Column
    next_sort: str
    direction: str  # ascending, descending, or empty when the list is sorted by something else


def headings(sort: str) -> list[Heading]:
    """The heads of the table for a list that is sorted by ``sort``."""
    return [_heading(column, sort) for column in COLUMNS]


def _heading(column: Column, sort: str) -> Heading:
    first = f"-{column.key}" if column.high_first else column.key
    if sort.removeprefix("-") != column.key:
        return Heading(column=column, next_sort=first, direction="")
    descending = sort.startswith("-")
    other = column.key if descending else f"-{column.key}"
    return Heading(
        column=column, next_sort=other, direction="descending" if descending else "ascending"
    )

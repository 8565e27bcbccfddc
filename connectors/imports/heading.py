"""The columns of a file against those of a table: which are read, which nobody knows, which lack."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.imports.faults import Fault, Refused, refusal, shown
from connectors.imports.vocabulary import columns as columns_of
from connectors.tables import Table, tables

# What a file of rejects adds; such a file may come back, and these are then not read.
REJECT_COLUMNS = ("import_row", "import_column", "import_reason", "import_accepted")
SHOWN_UNKNOWN = 12


@dataclass
class Heading:
    """How the columns of a file are read. ``reads`` is by the file's own names."""

    reads: dict[str, str] = field(default_factory=dict)
    unknown: list[tuple[str, str]] = field(default_factory=list)  # with the nearest, or ""
    absent: list[str] = field(default_factory=list)  # optional columns: their values stay
    comes_back: bool = False  # a file of rejects, whose cells were made harmless


def folded(name: str) -> str:
    """A column's name without case, spaces and dashes."""
    return re.sub(r"[\s_.-]+", "_", name.strip().casefold()).strip("_")


def detect(names: Sequence[str]) -> Table:
    """The table whose required columns are all there; raises Refused when there is none."""
    given = {folded(name) for name in names}
    fitting = [table for table in tables() if given >= set(table.required)]
    if not fitting:  # with its id there, what is missing of it can be said
        fitting = [table for table in tables() if table.parent and table.key[0] in given]
    if not fitting:
        raise refusal(
            "no_table",
            "The columns are those of no table.",
            value=shown(", ".join(names), 200),
            row=1,
            accepted="; ".join(f"{t.name}: {', '.join(t.required)}" for t in tables()[:5]),
            advice="Choose the table, or start from its template.",
        )
    return max(fitting, key=lambda table: len(given & set(table.record.__struct_fields__)))


def match(names: Sequence[str], table: Table) -> Heading:
    """How a file's columns are read for a table; raises Refused for what stops the whole file."""
    known = columns_of(table)
    heading = Heading(comes_back=REJECT_COLUMNS[0] in names)
    taken: dict[str, str] = {}
    faults: list[Fault] = []
    for place, name in enumerate(names, start=1):
        column = folded(name)
        if column in taken:
            faults.append(_twice(name, taken[column], column))
        elif column in known:
            taken[column] = name
            heading.reads[name] = column
        elif name not in REJECT_COLUMNS:
            label = shown(name, 60) or f"column {place}, which has no name"
            heading.unknown.append((label, _nearest(column, known.keys() - taken.keys())))
    faults += [_lacking(name, heading, table) for name in table.required if name not in taken]
    if faults:
        raise Refused(faults)
    heading.absent = [name for name in known if name not in taken]
    heading.unknown = [(n, near if near in heading.absent else "") for n, near in heading.unknown]
    return heading


def _twice(name: str, before: str, column: str) -> Fault:
    return Fault(
        reason="duplicate_column",
        row=1,
        column=shown(name),
        message=f"The column {column} is there twice: {shown(before)} and {shown(name)}.",
        accepted="each column once",
        advice="Remove or rename one of them.",
    )


def _lacking(name: str, heading: Heading, table: Table) -> Fault:
    near = next((given for given, nearest in heading.unknown if nearest == name), "")
    return Fault(
        reason="missing_column",
        row=1,
        column=name,
        message=f"The required column {name} is missing.",
        accepted=f"{', '.join(table.required)}, in any order",
        advice=f"Rename {near} to {name}." if near else f"Add the column {name}.",
    )


def _nearest(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name[:60], sorted(known), n=1, cutoff=0.72)
    return near[0] if near else ""

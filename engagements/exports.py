"""The list of engagements as a sheet: the rows of the screen with their ids, and what they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Count, Window
from django.http import QueryDict
from django.template.loader import render_to_string

from engagements import saved
from engagements.filters import EngagementFilter, options_of
from engagements.models import Engagement, EngagementQuerySet, Standing
from engagements.working import health_word
from psinsights.lib.sheets import harmless
from psinsights.lib.words import plural

AT_ONCE = 200  # rows held in memory
WIDTHS = {"Engagement": 34, "Type": 26, "12 weeks": 40, "Owner": 22, "Next milestone": 34}
# A workbook is XML, which cannot hold these; both files leave them out, so that they agree.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
Row = Sequence[object]


@dataclass(frozen=True, kw_only=True)
class SheetColumn:
    """A column of the file: what it is called, which of the screen's columns it tells, its cell."""

    label: str
    of: str
    cell: Callable[[Engagement], object]


def _now(field: str, otherwise: object = None) -> Callable[[Engagement], object]:
    """A column of the engagement's standing; a new engagement has none yet."""
    return lambda row: getattr(getattr(row, "standing", None), field, otherwise)


def _health(row: Engagement) -> str:
    standing: Standing | None = getattr(row, "standing", None)
    return health_word(standing) if standing else "Not scored"


def _weeks(row: Engagement) -> str:
    scores: list[int | None] = getattr(getattr(row, "standing", None), "weekly", [])
    return " ".join("–" if score is None else str(score) for score in scores)


SHEET = (
    SheetColumn(label="Engagement ID", of="name", cell=lambda row: row.engagement_id),
    SheetColumn(label="Engagement", of="name", cell=lambda row: row.customer_name),
    SheetColumn(label="Type", of="name", cell=lambda row: row.engagement_type),
    SheetColumn(label="Score", of="health", cell=_now("health")),
    SheetColumn(label="Health", of="health", cell=_health),
    SheetColumn(label="12 weeks", of="trend", cell=_weeks),
    SheetColumn(label="Week", of="week", cell=_now("delta_7d")),
    SheetColumn(label="Phase", of="phase", cell=_now("phase")),
    SheetColumn(label="Status", of="status", cell=lambda row: row.status),
    SheetColumn(label="Owner ID", of="owner", cell=lambda row: row.owner_id),
    SheetColumn(label="Owner", of="owner", cell=lambda row: row.owner_name),
    SheetColumn(label="Next milestone", of="milestone", cell=_now("next_milestone")),
    SheetColumn(label="Milestone on", of="milestone", cell=_now("next_milestone_on")),
    SheetColumn(label="Ends", of="ends", cell=lambda row: row.end_date),
    SheetColumn(label="Risks", of="risks", cell=_now("open_findings", 0)),
    SheetColumn(label="Last note", of="note", cell=_now("last_note_on")),
)
LABELS = [column.label for column in SHEET]


@dataclass(frozen=True, kw_only=True)
class Export:
    """The matching rows as they come from the database, how many, and the filter that made them."""

    filters: EngagementFilter
    rows: Iterable[Engagement]
    total: int

    def head(self) -> list[list[str]]:
        """What the file is: filters in words, order, age of the data, number of rows."""
        told = "; ".join(f"{label}: {word}" for label, word, _ in self.filters.said)
        return [
            ["PS Insights", "Engagements"],
            ["Filters", told or "None: every engagement"],
            ["Sorted by", self.filters.sort_words],
            ["Data as of", source_words(self.filters)],
            ["Rows", plural(self.total, "engagement")],
            [],
        ]

    def cells(self) -> Iterator[Row]:
        """One row of cells an engagement, in the order of the list."""
        for row in self.rows:
            yield [shown(column.cell(row)) for column in SHEET]


def filter_of(
    user: AbstractBaseUser | AnonymousUser, params: QueryDict
) -> tuple[EngagementFilter, EngagementQuerySet]:
    """The filter an address asks for, and the engagements it may be asked of."""
    visible = Engagement.objects.visible_to(user)
    options = options_of(visible)
    asker = saved.Asker(user=user, day=options.day)
    return EngagementFilter(params, options=options, asker=asker), visible


def export_of(filters: EngagementFilter, visible: EngagementQuerySet) -> Export:
    """All rows the filter matches, read in pieces by one query that counts them as well.

    One query, so that the number in the head cannot differ from the rows below it.
    """
    counted = filters.apply(visible.for_list()).annotate(total=Window(Count("pk")))
    rows: Iterator[Any] = counted.iterator(chunk_size=AT_ONCE)
    first = next(rows, None)
    if first is None:
        return Export(filters=filters, rows=(), total=0)
    return Export(filters=filters, rows=chain([first], rows), total=first.total)


def source_words(filters: EngagementFilter) -> str:
    """The day of the data, where it comes from and when it was loaded; one query."""
    told = render_to_string("engagements/export_source.txt", {"day": filters.options.day})
    return told.strip()


def shown(cell: object) -> object:
    """A cell as both kinds of file hold it: text without what XML cannot say, nothing as empty."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return cell
    return harmless(UNPRINTABLE.sub("", cell.replace("\r\n", "\n").replace("\r", "\n")))


def workbook(export: Export) -> IO[bytes]:
    """The export as an XLSX file, written to disk row by row; whoever takes it closes it."""
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Engagements")
    head = export.head()
    sheet.freeze_panes = f"A{len(head) + 2}"
    for at, label in enumerate(LABELS, start=1):
        sheet.column_dimensions[get_column_letter(at)].width = WIDTHS.get(label, 14)
    for row in chain(([shown(cell) for cell in line] for line in head), [LABELS], export.cells()):
        sheet.append(row)
    file = TemporaryFile()  # noqa: SIM115 - the answer that sends it closes it
    book.save(file)
    file.seek(0)
    return file

"""The bytes of an upload become rows, each with its place; what cannot be read says where.

CSV with comma, semicolon or tab, as spreadsheets write it, or JSON: an array of objects, or an
object a line. UTF-8, or UTF-16 with its byte order mark.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.imports.faults import Fault, Refused, plain_text, refusal, shown
from connectors.sources import SourceError
from connectors.sources.json_rows import rows_of

LARGEST = 20 << 20  # bytes
MOST_ROWS = 50_000
MOST_COLUMNS = 200
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
AS_UTF8 = "Save the file as UTF-8; a spreadsheet calls that “CSV UTF-8”."


@dataclass(frozen=True)
class Given:
    """One row as it was given. ``cells`` are its texts in the order of the columns."""

    row: int
    line: int
    values: dict[str, Any]
    cells: Sequence[str]
    fault: Fault | None = None  # the row itself cannot be taken


@dataclass
class Sheet:
    """What a file holds. ``columns`` by the names that the file gives them."""

    form: str  # CSV or JSON
    columns: list[str]
    rows: list[Given]
    delimiter: str = ""  # in words
    names: list[str] = field(default_factory=list)  # of the columns, as often as they are there


def read(content: bytes) -> Sheet:
    """The rows of an upload; raises :class:`Refused` where there are none to speak of."""
    if len(content) > LARGEST:
        raise refusal("too_large", f"The file is larger than {LARGEST >> 20} MB.", advice=SPLIT)
    if content.startswith(WORKBOOK):
        raise refusal(
            "workbook",
            "This is a workbook of a spreadsheet, not text.",
            accepted="CSV or JSON",
            advice="Save the sheet as “CSV UTF-8” and choose that file.",
        )
    text = decoded(content)
    start = text.lstrip()[:1]
    if not start:
        raise refusal("empty", "The file is empty.", advice="Export it again, or use a template.")
    return _json(text) if start in "[{" else _csv(text)


SPLIT = "Split it, or put the whole set into the data directory and load that (docs/data.md)."


def decoded(content: bytes) -> str:
    """The text of the bytes; says which byte on which line is none."""
    encoding = "utf-8-sig"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line = 1 + before.count(b"\n")
        place = error.start - before.rfind(b"\n")
        byte = error.object[error.start]
        name = "UTF-16" if encoding == "utf-16" else "UTF-8"
        raise refusal(
            "not_text",
            f"Line {line}, byte {place} (0x{byte:02X}) is not {name} text.",
            line=line,
            accepted="UTF-8, or UTF-16 with its byte order mark",
            advice=AS_UTF8,
        ) from error


def _csv(text: str) -> Sheet:
    delimiter = _delimiter(text)
    records = _records(text, delimiter)
    names: list[str] = []
    for _, _, cells in records:
        if any(cell.strip() for cell in cells):
            names = [cell.strip() for cell in cells]
            break
    width = len(names)
    while names and not names[-1]:  # a spreadsheet may save empty columns behind the table
        names.pop()
    _bounded(names)
    rows = [
        _row(number, line, cells, names, width) for number, line, cells in records if _full(cells)
    ]
    return Sheet(form="CSV", columns=names, rows=rows, delimiter=DELIMITERS[delimiter], names=names)


def _full(cells: list[str]) -> bool:
    return any(cell.strip() for cell in cells)


def _row(number: int, line: int, cells: list[str], names: list[str], width: int) -> Given:
    fault = None
    if len(cells) > width or _full(cells[len(names) :]):
        fault = Fault(
            reason="too_many_cells",
            message=f"{len(cells)} cells, where the header has {len(names)} columns.",
            value=shown(cells[len(names)]),
            accepted=f"{len(names)} cells",
            advice="Put text that holds the separator into double quotation marks.",
        )
    elif len(cells) < len(names):
        fault = Fault(
            reason="too_few_cells",
            message=f"{len(cells)} cells, where the header has {len(names)} columns.",
            column=shown(names[len(cells)]),
            accepted=f"{len(names)} cells",
            advice="Keep the separators of empty cells; a line may have been cut.",
        )
    values = dict(zip(names, cells, strict=False))
    return Given(row=number, line=line, values=values, cells=cells, fault=fault)


def _delimiter(text: str) -> str:
    """The separator that stands most often in the header, outside quotation marks."""
    header = next((line for line in text.lstrip().splitlines() if line.strip()), "")
    bare = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=lambda mark: (bare.count(mark), mark == ","))


def _records(text: str, delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """Number, line and cells of each record; the header is number 1, blank lines count."""
    # strict: a quotation mark out of place is said, not guessed at.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number, line = 0, 1
    try:
        for cells in reader:
            number += 1
            if number > MOST_ROWS + 1:
                raise refusal("too_many_rows", f"More than {MOST_ROWS:,} rows.", advice=SPLIT)
            yield number, line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise _unreadable(number + 1, line, str(error)) from error


def _unreadable(row: int, line: int, said: str) -> Refused:
    where = f"Row {row}" if row == line else f"Row {row}, which starts on line {line},"
    if "field larger" in said:
        most = f"more than {csv.field_size_limit():,} characters"
        message = f"{where} has a cell of {most}, or a quotation mark that is never closed."
    elif "end of data" in said:
        message = f"{where} has a quotation mark that is never closed."
    else:
        message = f"{where} has a quotation mark out of place."
    return refusal(
        "broken_quotes",
        message,
        row=row,
        line=line,
        accepted='text in double quotation marks, with "" for each mark inside it',
        advice="Export the file again, or double the mark.",
    )


def _json(text: str) -> Sheet:
    stream = io.BytesIO(text.encode("utf-8", "surrogatepass"))
    columns: dict[str, None] = {}
    rows: list[Given] = []
    try:
        for row in rows_of(stream, "The file"):
            if row.position > MOST_ROWS:
                raise refusal("too_many_rows", f"More than {MOST_ROWS:,} rows.", advice=SPLIT)
            columns.update(dict.fromkeys(row.values))
            _bounded(list(columns))
            rows.append(_object(row.position, dict(row.values), row.problem, row.reason, row.raw))
    except SourceError as error:
        raise refusal(
            "not_json", str(error), accepted="an array of objects, or one object a line"
        ) from error
    names = list(columns)
    aligned = [
        given
        if given.fault
        else Given(given.row, 0, given.values, [plain_text(given.values.get(n)) for n in names])
        for given in rows
    ]
    return Sheet(form="JSON", columns=names, rows=aligned, names=names)


def _object(row: int, values: dict[str, Any], problem: str, reason: str, raw: str) -> Given:
    if not problem:
        return Given(row=row, line=0, values=values, cells=())
    fault = Fault(
        reason=reason, message=problem, value=shown(raw), accepted='an object: {"column": value, …}'
    )
    return Given(row=row, line=0, values={}, cells=[raw], fault=fault)


def _bounded(names: list[str]) -> None:
    if len(names) > MOST_COLUMNS:
        raise refusal(
            "too_many_columns",
            f"The file has more than {MOST_COLUMNS} columns.",
            accepted="the columns of a template",
            advice="Check that the file is a table of rows.",
        )

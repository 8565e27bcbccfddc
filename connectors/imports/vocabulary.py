"""What each column of a table takes, in words, and what a cell of text means in it.

Everything is read off the record types, so that this can say nothing else than what a load holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from connectors.imports.faults import shown
from connectors.tables import Table

WHOLE = re.compile(r"[+-]?\d{1,18}")
NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,3})?")
YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
NOUNS: dict[type, str] = {
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.BoolType: "true or false",
    inspect.DateType: "a date",
    inspect.DateTimeType: "a date",
    inspect.StrType: "text",
    inspect.EnumType: "text",
}
DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")


@dataclass(frozen=True)
class Column:
    """One column of a record type."""

    name: str
    required: bool
    kind: inspect.Type

    @property
    def accepted(self) -> str:
        """The values it takes, for people."""
        words = _accepted(self.kind)
        return words if self.required else f"{words}; or empty"

    @property
    def noun(self) -> str:
        """What a value of it is, in two words."""
        return next((noun for kind, noun in NOUNS.items() if isinstance(self.kind, kind)), "a list")

    @property
    def words(self) -> list[str]:
        """The words it may be, where they are a closed set."""
        if not isinstance(self.kind, inspect.EnumType):
            return []
        return [str(word.value) for word in self.kind.cls]

    def value(self, cell: str) -> Any:
        """What a cell of text means here; what it cannot mean stays text and is refused later."""
        bare = cell.strip()
        if not bare:
            return None
        if isinstance(self.kind, inspect.IntType | inspect.FloatType):
            return _number(bare)
        if isinstance(self.kind, inspect.BoolType):
            return YES_NO.get(bare.casefold(), bare)
        free = isinstance(self.kind, inspect.StrType) and self.kind.max_length is None
        return cell if free else bare

    def advice(self, value: Any) -> str:
        """What to write instead, where that can be guessed."""
        if not isinstance(value, str):
            return ""
        bare = value.strip()
        if self.words:
            near = [word for word in self.words if _folded(word) == _folded(bare)]
            return f"Write {near[0]}." if near else ""
        if isinstance(self.kind, inspect.DateType | inspect.DateTimeType):
            return _date_advice(bare)
        if isinstance(self.kind, inspect.IntType | inspect.FloatType):
            return _number_advice(bare)
        return ""


def columns(table: Table) -> dict[str, Column]:
    """The columns of a table by name, in their order."""
    return _columns(table.record)


@cache
def _columns(record: type[msgspec.Struct]) -> dict[str, Column]:
    kind = inspect.type_info(record)
    assert isinstance(kind, inspect.StructType)
    return {
        field.name: Column(field.name, field.required, _without_null(field.type))
        for field in kind.fields
    }


def _without_null(kind: inspect.Type) -> inspect.Type:
    if isinstance(kind, inspect.Metadata):
        return _without_null(kind.type)
    if isinstance(kind, inspect.UnionType):
        return next(_without_null(k) for k in kind.types if not isinstance(k, inspect.NoneType))
    return kind


def _accepted(kind: inspect.Type) -> str:
    match kind:
        case inspect.EnumType(cls=cls):
            return ", ".join(str(word.value) for word in cls)
        case inspect.BoolType():
            return "true or false (also yes, no, 1, 0)"
        case inspect.IntType(ge=least, le=most):
            return _range("a whole number", least, most)
        case inspect.FloatType(ge=least, le=most):
            return _range("a number such as 1250.5", least, most)
        case inspect.DateType():
            return "a date as YYYY-MM-DD, such as 2026-11-19"
        case inspect.DateTimeType():
            return "YYYY-MM-DD, or with a time: 2026-11-19T09:30:00Z, 2026-11-19 09:30:00 (UTC)"
        case inspect.StrType(max_length=most):
            return f"text of at most {most:,} characters" if most else "text"
        case _:
            return 'a JSON list of objects, such as [{"id": "P-001", "name": "Ada"}]'


def _range(noun: str, least: float | None, most: float | None) -> str:
    if most is not None and most <= 1000:
        return f"{noun} from {least} to {most}"
    return f"{noun}, {least:g} or more" if least is not None and least > -1e6 else noun


def _number(bare: str) -> Any:
    if WHOLE.fullmatch(bare):
        return int(bare)
    return float(bare) if NUMBER.fullmatch(bare) else bare


def _folded(text: str) -> str:
    return re.sub(r"[\s_-]+", "", text).casefold()


def _date_advice(bare: str) -> str:
    if match := DAY_FIRST.fullmatch(bare):
        first, second, year = (int(part) for part in match.groups())
        days = {(first, second), (second, first)}
        fitting = sorted(f"{year}-{m:02d}-{d:02d}" for d, m in days if 1 <= m <= 12 and d <= 31)
        return f"Write {' or '.join(fitting)}." if fitting else ""
    if bare.isascii() and bare.isdigit() and len(bare) == 5:
        return "That looks like a spreadsheet’s day number: format the column as YYYY-MM-DD."
    return ""


def _number_advice(bare: str) -> str:
    joined = re.sub(r"[\s'’]", "", bare)
    for text in (joined, joined.replace(",", ""), joined.replace(".", "").replace(",", ".")):
        # 1,250 and 12,5 are told apart by how many digits follow.
        grouped = re.search(r",\d{3}(\D|$)", joined)
        if "," in joined and (text.count(".") == 0) != bool(grouped):
            continue
        if NUMBER.fullmatch(text):
            return f"Write {shown(text)}."
    joined = re.sub(r"[^\d.+-]", "", joined)
    return f"Write {shown(joined)}." if NUMBER.fullmatch(joined) else ""

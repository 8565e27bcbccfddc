"""The contract of a table held against the columns that a Delta table has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from connectors.tables import Table

_TEXT = r"string|varchar|char"
_WHOLE = r"tinyint|smallint|int|bigint|decimal"
# What each kind of column may be at the source: wider than ours, never of another meaning.
_ACCEPTED: dict[type, str] = {
    msgspec.inspect.StrType: _TEXT,
    msgspec.inspect.EnumType: _TEXT,
    msgspec.inspect.IntType: _WHOLE,
    msgspec.inspect.FloatType: rf"{_WHOLE}|float|double",
    msgspec.inspect.BoolType: "boolean",
    msgspec.inspect.DateType: rf"date|timestamp|{_TEXT}",
    msgspec.inspect.DateTimeType: rf"timestamp|date|{_TEXT}",
    msgspec.inspect.VarTupleType: rf"array|{_TEXT}",
}


@dataclass(frozen=True)
class Match:
    """How a source's columns meet the contract; with ``differences`` the table is not read."""

    columns: tuple[str, ...]  # of the contract, present at the source
    differences: tuple[str, ...]  # sentences
    extra: tuple[str, ...]  # at the source only


def compare(table: Table, found: Mapping[str, str]) -> Match:
    """Compare; ``found`` is column name to SQL type, both as the source words them."""
    wanted = {field.name: field.type for field in _fields(table)}
    differences = [
        f"{table.name} has no column {name}." for name in table.required if name not in found
    ]
    differences += [
        f"{table.name}.{name} is {found[name]}, not {_expected(kind)}."
        for name, kind in wanted.items()
        if name in found and not re.match(rf"({_accepted(kind)})\b", found[name])
    ]
    return Match(
        columns=tuple(name for name in wanted if name in found),
        differences=tuple(differences),
        extra=tuple(name for name in found if name not in wanted),
    )


def _fields(table: Table) -> tuple[msgspec.inspect.Field, ...]:
    info = msgspec.inspect.type_info(table.record)
    assert isinstance(info, msgspec.inspect.StructType)
    return info.fields


def _accepted(kind: Any) -> str:
    if isinstance(kind, msgspec.inspect.Metadata):
        return _accepted(kind.type)
    if isinstance(kind, msgspec.inspect.UnionType):
        return _accepted(kind.types[0])
    return _ACCEPTED[type(kind)]


def _expected(kind: Any) -> str:
    return _accepted(kind).split("|")[0]

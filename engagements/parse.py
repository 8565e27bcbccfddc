"""A row of a source becomes a record, or a list of what is wrong with it. Pure.

Most rows are right: they are converted in one step. Only a row that is refused is looked at field
by field, which also lets pass what the contract allows beside ISO 8601: a datetime that is a date,
a date with a time, whole numbers written ``72.0``, empty text where nothing is required.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, get_args, get_type_hints

import msgspec

from engagements.records import EngagementRecord, InsightRecord, Problem, Record
from psinsights.lib.typed import convert

MESSAGE_LENGTH = 500
JSON_TEXT = ("payload", "verification")  # columns that hold a JSON object as text


@dataclass(frozen=True)
class Plan:
    """What parsing needs to know of a record type, worked out once."""

    types: Mapping[str, Any]
    required: frozenset[str]
    datetimes: tuple[str, ...]
    lists: tuple[str, ...]

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(self.types)


@cache
def plan_of(record: type[msgspec.Struct]) -> Plan:
    """The columns of a record type, which of them are required and which are points in time."""
    types = {
        name: hint
        for name, hint in get_type_hints(record, include_extras=True).items()
        if name in record.__struct_fields__
    }
    fields = msgspec.structs.fields(record)
    return Plan(
        types=types,
        required=frozenset(field.name for field in fields if field.required),
        datetimes=tuple(name for name, hint in types.items() if datetime in _parts(hint)),
        lists=tuple(name for name, hint in types.items() if tuple in _parts(hint)),
    )


def columns_of(record: type[msgspec.Struct]) -> frozenset[str]:
    """The column names of a record type."""
    return plan_of(record).columns


def parse(
    record: type[Record], values: Mapping[str, Any], *, storable: bool = False
) -> Record | tuple[Problem, ...]:
    """The record of a row, or its problems, one per field that cannot be taken.

    ``storable``: its text is known to hold no NUL and no half of a character.
    """
    try:
        parsed = convert(values, record)
    except (msgspec.ValidationError, RecursionError):
        return _parse_by_field(record, values)
    return _finished(parsed, storable=storable)


def _finished(parsed: Record, *, storable: bool = False) -> Record | tuple[Problem, ...]:
    """Points in time in UTC (text without a zone is UTC), then the rules between fields."""
    for name in plan_of(type(parsed)).datetimes:
        at = getattr(parsed, name)
        if at is None or at.tzinfo is UTC:
            continue
        try:
            # The record is ours alone until it is returned.
            msgspec.structs.force_setattr(parsed, name, in_utc(at))
        except OverflowError:
            return (_problem(name, "out_of_range", f"{name} is outside the calendar."),)
    rule = RULES.get(type(parsed))
    problems = rule(parsed) if rule else ()
    if not (problems or storable):
        problems = _unstorable(parsed)
    return problems or parsed


def in_utc(at: datetime) -> datetime:
    """That moment in UTC; without a zone it is read as UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _unstorable(record: msgspec.Struct) -> tuple[Problem, ...]:
    """Text that no database and no web page can hold: NUL characters and halves of a character.

    The whole record is encoded once, and looked at by field only if that shows something.
    """
    try:
        if b"\\u0000" not in msgspec.json.encode(record):
            return ()
    except UnicodeEncodeError:
        pass
    for name, value in msgspec.to_builtins(record).items():
        for text in _texts(value):
            if "\0" in text:
                return (_problem(name, "nul", f"{name} contains a NUL character."),)
            if _has_half_character(text):
                message = f"{name} contains half a character (a lone surrogate)."
                return (_problem(name, "lone_surrogate", message),)
    return ()


def _texts(value: Any) -> Iterator[str]:
    """Every text in plain values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _has_half_character(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _parse_by_field(
    record: type[Record], values: Mapping[str, Any]
) -> Record | tuple[Problem, ...]:
    plan = plan_of(record)
    taken: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, hint in plan.types.items():
        value = _loosened(name, values.get(name), _parts(hint))
        if value is None or value == "":
            if name in plan.required:
                problems.append(_problem(name, "missing", f"{name} is required and missing."))
            continue
        try:
            taken[name] = convert(value, hint)
        except (msgspec.ValidationError, RecursionError) as error:
            problems.append(_explained(name, value, hint, str(error)))
    return tuple(problems) if problems else _finished(record(**taken))


def _loosened(name: str, value: Any, kinds: tuple[Any, ...]) -> Any:
    """The value as the field wants it, where its meaning is beyond doubt; else as it is."""
    if isinstance(value, str) and not value.strip():
        return value if str in kinds else None
    if isinstance(value, float) and int in kinds and value.is_integer():
        return int(value)
    if datetime in kinds:
        return _midnight(value)
    if date in kinds:
        return _day(value)
    if tuple in kinds:
        return _listed(value)
    if name in JSON_TEXT and isinstance(value, dict):
        return msgspec.json.encode(value).decode()
    return value


def _midnight(value: Any) -> Any:
    if isinstance(value, str) and len(value) == len("2026-01-31"):
        return f"{value}T00:00:00Z"
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value


def _day(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str) and value[10:11] in ("T", " "):
        try:
            return convert(value, datetime).date()
        except msgspec.ValidationError:
            return value
    return value


def _listed(value: Any) -> Any:
    """A list that a table keeps as JSON text; what is null in its objects is left out."""
    members = _decoded(value) if isinstance(value, str) else value
    if not isinstance(members, list):
        return members
    return [
        {name: part for name, part in member.items() if part is not None}
        if isinstance(member, dict)
        else member
        for member in members
    ]


def _decoded(value: str) -> Any:
    """What JSON text says; text that is no JSON stays as it is."""
    try:
        return msgspec.json.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return value


@cache
def _parts(hint: Any) -> tuple[Any, ...]:
    """The plain types a hint allows, without its bounds: ``Percent | None`` gives int, None."""
    arguments = get_args(hint)
    if hasattr(hint, "__metadata__"):
        return _parts(arguments[0])
    if getattr(hint, "__origin__", None) is tuple:
        return (tuple,)
    if not arguments:
        return (hint,)
    return tuple(part for argument in arguments for part in _parts(argument))


def _explained(name: str, value: Any, hint: Any, error: str) -> Problem:
    kinds = _parts(hint)
    words: Any = next((kind for kind in kinds if isinstance(kind, enum.EnumMeta)), None)
    if isinstance(value, float) and not math.isfinite(value):
        return _problem(name, "not_finite", f"{name} is {value}, which is not a number.")
    if words and isinstance(value, str):
        known = ", ".join(str(word) for word in words)
        return _problem(name, "unknown_value", f"{name} is {_shown(value)}, not one of {known}.")
    if "of length <=" in error:
        return _problem(name, "too_long", f"{name} has {len(value)} characters: {error}.")
    if "<=" in error or ">=" in error:
        return _problem(name, "out_of_range", f"{name} is {_shown(value)}. {error}.")
    if isinstance(value, str) and (date in kinds or datetime in kinds):
        return _problem(name, "not_a_date", f"{name} is {_shown(value)}, which is no date.")
    return _problem(name, "wrong_type", f"{name} is {_shown(value)}. {error}.")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _problem(name: str, reason: str, message: str) -> Problem:
    return Problem(field=name[:100], reason=reason, message=message[:MESSAGE_LENGTH])


def _ends_after_start(record: Any) -> tuple[Problem, ...]:
    start, end = record.start_date, record.end_date
    if start is None or end is None or end >= start:
        return ()
    message = f"end_date {end} is before start_date {start}."
    return (_problem("end_date", "ends_before_start", message),)


def _json_inside(record: Any) -> tuple[Problem, ...]:
    """``payload`` and ``verification`` are JSON text, each an object."""
    for name in JSON_TEXT:
        text = getattr(record, name)
        if text and not isinstance(_decoded(text), dict):
            return (_problem(name, "not_json", f"{name} is not the text of a JSON object."),)
    return ()


RULES: dict[type, Callable[[Any], tuple[Problem, ...]]] = {
    EngagementRecord: _ends_after_start,
    InsightRecord: _json_inside,
}

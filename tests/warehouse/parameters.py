"""Native parameters (``:name`` and ``?``) written into a statement as typed SQL literals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tests.warehouse.errors import StatementError

MOST_PARAMETERS = 256  # what a real warehouse takes in one statement

# Strings, quoted names, comments and the cast sign are skipped; then come the markers.
_TOKEN = re.compile(
    r"""('(?:\\.|''|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`|--[^\n]*|/\*.*?\*/|::)|(\?)|:([A-Za-z_]\w*)""",
    re.DOTALL,
)
_FOLDABLE = ("INT", "INTEGER", "TINYINT", "SMALLINT")


class Parameter(NamedTuple):
    """A parameter as it travels: the value is text, the type a name."""

    name: str | None
    type: str
    value: str | None
    arguments: Sequence[Any] = ()


def bind(statement: str, parameters: Iterable[Any] | None) -> str:
    """The statement with its markers replaced; raises StatementError for an unbound marker."""
    given = list(parameters or ())
    if not given:
        return statement
    if len(given) > MOST_PARAMETERS:
        raise StatementError("BAD_REQUEST", f"{len(given)} parameters; the limit is 256")
    named = {p.name.lower(): p for p in given if p.name}
    positional = iter([p for p in given if not p.name])

    def replace(match: re.Match[str]) -> str:
        if match[1]:
            return match[1]
        parameter = next(positional, None) if match[2] else named.get(match[3].lower())
        if parameter is None:
            raise StatementError(
                "UNBOUND_SQL_PARAMETER", f"Found the unbound parameter: {match[0]}", "42P02"
            )
        return literal(parameter)

    return _TOKEN.sub(replace, statement)


def literal(parameter: Any) -> str:
    """A SQL literal of the parameter's own type."""
    kind = (parameter.type or "STRING").upper()
    arguments = parameter.arguments or ()
    value = getattr(parameter.value, "stringValue", parameter.value)
    if kind == "ARRAY":
        return f"array({','.join(literal(item) for item in arguments)})"
    if kind == "MAP":
        return f"map({','.join(literal(x) for entry in arguments for x in entry.arguments)})"
    if value is None or kind in ("VOID", "NULL"):
        return "NULL"
    if kind in _FOLDABLE and re.fullmatch(r"-?\d+", value):
        return value  # stays foldable, as LIMIT needs it
    quoted = quote(value)
    return quoted if kind == "STRING" else f"CAST({quoted} AS {kind})"


def quote(text: str) -> str:
    """A string literal of ``text``."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

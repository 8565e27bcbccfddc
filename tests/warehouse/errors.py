"""Errors as a warehouse words them: ``[CONDITION] message SQLSTATE: 42000``."""

from __future__ import annotations

import re


class StatementError(Exception):
    """A statement that failed: Databricks' error condition, message and SQLSTATE."""

    def __init__(self, condition: str, message: str, state: str = "42000") -> None:
        super().__init__(f"[{condition}] {message} SQLSTATE: {state}")
        self.state = state


_STATES = {
    "ParseException": "42601",
    "AnalysisException": "42000",
    "ArithmeticException": "22012",
    "NumberFormatException": "22018",
}


def from_engine(error: Exception) -> StatementError:
    """The engine's own error in the warehouse's words; its condition is kept where it gives one."""
    kind = type(error).__name__
    message = (str(error).splitlines() or [kind])[0]
    if "[TABLE_OR_VIEW_NOT_FOUND]" in message:
        return StatementError("TABLE_OR_VIEW_NOT_FOUND", message.split("] ")[-1], "42P01")
    if re.match(r"(?i)invalid (timestamp|date)\b|cannot cast ", message):
        return StatementError("CAST_INVALID_INPUT", message, "22018")
    if kind in ("ParseException", "IllegalArgumentException"):
        return StatementError("PARSE_SYNTAX_ERROR", message, "42601")
    if message.startswith("["):
        condition, _, text = message[1:].partition("] ")
        state = _STATES.get(kind, "HY000")
        state = "23001" if "CONSTRAINT" in condition else state
        state = "22018" if condition.startswith("CAST_") else state
        return StatementError(condition, text, state)
    return StatementError(kind.upper(), message, _STATES.get(kind, "HY000"))

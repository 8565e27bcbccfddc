"""What is wrong with a file or one of its rows, as a person can act on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

SHOWN = 80  # characters of a value


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong: where, what, what would be right, and what to do.

    Everything in it can be printed as it is; ``reason`` is a stable code (docs/import.md).
    """

    reason: str
    message: str
    column: str = ""
    value: str = ""
    accepted: str = ""
    advice: str = ""
    row: int = 0  # as a spreadsheet counts, the header being 1; 0: the file as a whole
    line: int = 0  # of the file, where a text editor counts otherwise


class Refused(Exception):
    """A file that cannot be checked row by row. Nothing was kept of it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(fault.message for fault in faults))
        self.faults = list(faults)


def refusal(reason: str, message: str, **more: Any) -> Refused:
    """A refusal for one reason."""
    return Refused([Fault(reason=reason, message=message, **more)])


def shown(value: Any, length: int = SHOWN) -> str:
    """A value as one short line: what cannot be seen is written as its code."""
    text = value if isinstance(value, str) else plain_text(value)
    cut = text[: length + 1]
    seen = "".join(letter if letter.isprintable() else _code(letter) for letter in cut[:length])
    return f"{seen}…" if len(cut) > length else seen


def plain_text(value: Any) -> str:
    """A value of JSON as a cell has it: nothing for null, text as it is, the rest as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, default=str)
    except (RecursionError, ValueError):  # nested too deeply, or a number of thousands of digits
        return "(a value too large to show)"


def _code(letter: str) -> str:
    number = ord(letter)
    return "⏎" if letter == "\n" else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"

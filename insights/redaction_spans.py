"""What the finders of redaction give. Pure."""

from __future__ import annotations

import msgspec


class Span(msgspec.Struct, frozen=True):
    """A stretch of text that is replaced, and by what kind of placeholder."""

    start: int
    end: int
    kind: str


def digits_of(shown: str) -> str:
    """The digits of ``shown`` as 0-9, whatever the script."""
    return "".join(str(int(char)) for char in shown if char.isdecimal())

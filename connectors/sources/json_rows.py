"""The rows of a JSON array or of JSON Lines, block by block: a file of any size in bounded memory.

A block is cut where a row ends and decoded as a whole, which is as fast as reading it all at once.
A cut is right exactly when what lies before it decodes as an array: inside a text or a nested list
it would not. Only a block that does not decode is taken apart row by row, so that one bad row
(NaN, half a character, a NUL) costs that row and not the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from connectors.sources import Row, SourceError
from psinsights.lib.typed import decoder

BLOCK = 1 << 20
LARGEST_ROW = 32 << 20
CUTS_TRIED = 6
BOM = b"\xef\xbb\xbf"
SPACE = b" \t\r\n"
OPENING = re.compile(rb'\s*\{\s*"[^"\\]*"')
# A whole text, a bracket or a comma; a quote alone is a text that does not end here.
TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],"]', re.DOTALL)
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def rows_of(stream: BinaryIO, name: str) -> Iterator[Row]:
    """The rows of an open file; raises SourceError with name and line when it is no such file."""
    start = stream.read(BLOCK)
    text = start.removeprefix(BOM).lstrip(SPACE)
    if not text:
        raise SourceError(f"{name} is empty. Export it again.")
    line = 1 + start[: len(start) - len(text)].count(b"\n")
    if text[:1] == b"[":
        return _ArrayRows(stream, name, text[1:], line).rows()
    if text[:1] == b"{":
        return _LineRows(stream, name, text, line).rows()
    if not _is_utf8(start):
        raise SourceError(f"{name} is not UTF-8 text. Export it again as UTF-8.")
    raise SourceError(
        f"{name}, line {line}: neither a JSON array of objects nor JSON Lines. "
        "The file has to start with [ or {."
    )


class _Rows:
    """What both forms share: the bytes not yet used, and where they stand in the file."""

    def __init__(self, stream: BinaryIO, name: str, rest: bytes, line: int) -> None:
        self.stream, self.name, self.rest, self.line = stream, name, rest, line
        self.position = 0
        self.ended = False
        self.storable = False

    def more(self) -> None:
        """Read the next block behind what is left."""
        block = self.stream.read(BLOCK)
        self.ended = not block
        self.rest += block
        if len(self.rest) > LARGEST_ROW + 2 * BLOCK:
            raise self.broken("a row of more than 32 MB. Split the file or leave the row out")

    def used(self, end: int) -> None:
        """The first ``end`` bytes are done with."""
        self.line += self.rest.count(b"\n", 0, end)
        self.rest = self.rest[end:]

    def row(self, values: Any) -> Row:
        self.position += 1
        if type(values) is dict:
            return Row(position=self.position, values=values, storable=self.storable)
        return self.bad_row("not_an_object", "The row is not an object.", json.dumps(values))

    def bad_row(self, reason: str, sentence: str, raw: str) -> Row:
        return Row(position=self.position, values={}, problem=sentence, reason=reason, raw=raw)

    def broken(self, what: str, at: int = 0) -> SourceError:
        line = self.line + self.rest.count(b"\n", 0, at)
        return SourceError(f"{self.name}, line {line}: {what}.")


class _ArrayRows(_Rows):
    """Rows of ``[{…}, {…}]``. ``rest`` always starts where a row may start."""

    closed = False  # the end of the list has been read
    opening = b"{"  # how the rows of this file start, so that cuts are found at once

    def rows(self) -> Iterator[Row]:
        if match := OPENING.match(self.rest):
            self.opening = match.group().lstrip(SPACE)
        while not (self.ended or self.closed):
            decoded = self._block()
            if decoded is None:
                self.more()
                continue
            for values in decoded:
                yield self.row(values)
            if len(self.rest) < BLOCK:
                self.more()
        if not self.closed:
            yield from self._last_rows()
        self._nothing_behind()

    def _block(self) -> list[Any] | None:
        """The rows before the last cut that holds; None when more of the file is needed."""
        cut = len(self.rest)
        for _ in range(CUTS_TRIED):
            cut = self.rest.rfind(self.opening, 1, cut)
            before = self.rest[:cut].rstrip(SPACE) if cut > 0 else b""
            if not before:
                return None if cut <= 0 else []
            if before[-1:] != b",":
                continue
            try:
                decoded = msgspec.json.decode(b"[" + before[:-1] + b"]")
            except UNREADABLE:
                continue
            self.used(cut)
            # The decoder lets no half of a character pass, but an escaped NUL.
            self.storable = b"\\u0000" not in before
            return decoded
        self.storable = False
        return self._parted()

    def _last_rows(self) -> Iterator[Row]:
        self.storable = False
        try:
            decoded = msgspec.json.decode(b"[" + self.rest)
            self.closed, self.rest = True, b""
        except UNREADABLE:
            decoded = self._parted()
        if not self.closed:
            what = "the file ends in the middle of a list. Export it again"
            raise self.broken(what, len(self.rest))
        for values in decoded:
            yield self.row(values)

    def _parted(self) -> list[Any]:
        """The whole rows in ``rest``, found by their brackets."""
        parts, self.closed, end = _parts_of(self.rest)
        values = [self._value(*part) for part in parts]
        if self.closed or not self.ended:
            self.used(end)
        return values

    def _nothing_behind(self) -> None:
        """After the end of the list only blanks may follow."""
        while True:
            if self.rest.strip(SPACE):
                raise self.broken("more text follows the end of the list")
            self.used(len(self.rest))
            if self.ended:
                return
            self.more()

    def _value(self, start: int, end: int) -> Any:
        text = self.rest[start:end]
        try:
            return decoded_leniently(text)
        except UnicodeDecodeError as error:
            at = start + error.start
            raise self.broken(f"byte {error.start} of the row is not UTF-8", at) from error
        except (ValueError, RecursionError) as error:
            raise self.broken(f"not JSON ({_told(error)}). Export it again", start) from error


class _LineRows(_Rows):
    """Rows of JSON Lines: an object on each line; blank lines are skipped."""

    def rows(self) -> Iterator[Row]:
        while self.rest or not self.ended:
            if not self.ended and len(self.rest) < BLOCK:
                self.more()
            end = len(self.rest) if self.ended else self.rest.rfind(b"\n") + 1
            if not end:
                self.more()
                continue
            yield from self._lines(self.rest[:end])
            self.used(end)

    def _lines(self, block: bytes) -> Iterator[Row]:
        try:
            decoded = decoder(Any).decode_lines(block)
        except UNREADABLE:
            yield from self._line_by_line(block)
            return
        for values in decoded:
            yield self.row(values)

    def _line_by_line(self, block: bytes) -> Iterator[Row]:
        lines = block.split(b"\n")
        last = max((number for number, line in enumerate(lines) if line.strip(SPACE)), default=0)
        at = 0
        for number, line in enumerate(lines):
            if line.strip(SPACE):
                yield self._line_row(line, at, last=self.ended and number == last)
            at += len(line) + 1

    def _line_row(self, line: bytes, at: int, *, last: bool) -> Row:
        try:
            return self.row(decoded_leniently(line))
        except UnicodeDecodeError as error:
            raise self.broken(f"byte {error.start} of the line is not UTF-8", at) from error
        except (ValueError, RecursionError) as error:
            if last:
                raise self.broken(
                    "the file ends in the middle of a row. Export it again", at
                ) from error
            if not self.position:
                what = "neither a JSON array of objects nor JSON Lines"
                raise self.broken(f"{what} ({_told(error)})", at) from error
            self.position += 1
            raw = line.decode("utf-8", "backslashreplace")
            return self.bad_row("unreadable", f"The line is not JSON: {_told(error)}.", raw)


def decoded_leniently(text: bytes) -> Any:
    """What a row says, also with NaN, numbers beyond all bounds and halves of characters in it.

    Such values are refused later with their field. Raises ValueError when it is not even that.
    """
    try:
        return msgspec.json.decode(text)
    except UNREADABLE:
        return json.loads(text.decode("utf-8"), strict=False)


def _parts_of(text: bytes) -> tuple[list[tuple[int, int]], bool, int]:
    """Where the elements of a list stand; whether the list closes; and how far they reach."""
    parts: list[tuple[int, int]] = []
    depth = start = 0
    for token in TOKEN.finditer(text):
        kind = token.group()[:1]
        if kind == b'"':
            if len(token.group()) == 1:
                break
        elif kind in b"{[":
            depth += 1
        elif kind in b"}]" and depth:
            depth -= 1
        elif not depth and kind in b",]":
            _add_part(parts, text, start, token.start())
            start = token.end()
            if kind == b"]":
                return parts, True, start
    return parts, False, start


def _add_part(parts: list[tuple[int, int]], text: bytes, start: int, end: int) -> None:
    if text[start:end].strip(SPACE):
        parts.append((start, end))


def _told(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return error.msg[0].lower() + error.msg[1:]
    return "it is nested too deeply" if isinstance(error, RecursionError) else "it cannot be read"


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode()
    except UnicodeDecodeError as error:
        return error.end >= len(block)  # a character cut by the end of the block
    return True

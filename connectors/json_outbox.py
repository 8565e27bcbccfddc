"""What the app made goes back into the JSON files: an upsert by key, atomic for every reader."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from connectors.outbox import SendError
from connectors.sources import SourceError
from connectors.sources.json_rows import rows_of
from connectors.tables import Table, tables
from engagements.parse import parse

SLOW_FROM = 4 << 20  # bytes; larger files are rewritten by the worker, not after a request
LOCK = ".outbox.lock"
MANIFEST = "sample.json"


class JsonSender:
    """Writes into ``data/generated``, which need not hold a set of data yet."""

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory or Path(settings.GENERATED_DIR)

    def is_slow(self) -> bool:
        """Whether any file that is written back has grown too large for a request to wait for."""
        paths = (self.directory / table.file for table in tables())
        return any(path.exists() and path.stat().st_size > SLOW_FROM for path in paths)

    def send(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Upsert rows into the table's file; the rows of other keys stay as they are."""
        for row in rows:
            _check(table, row)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            with alone(self.directory):
                if table.name == "ps_engagements":
                    settle_in(self.directory)
                write_upserted(self.directory / table.file, table, rows)
        except OSError as error:
            raise SendError(f"{table.file} cannot be written: {error.strerror}.") from error
        except SourceError as error:
            raise SendError(f"{error} It was left as it is.") from error

    def close(self) -> None:
        """Nothing is held open between sends."""


def settle_in(directory: Path) -> None:
    """Engagements make a directory the source, so the whole set moves in with the first one.

    The caller is alone in there. Engagements come last: until then nobody reads the others.
    """
    fixtures = Path(settings.FIXTURES_DIR)
    if (directory / "engagements.json").exists():
        return
    if (fixtures / MANIFEST).exists():
        manifest = json.loads((fixtures / MANIFEST).read_text(encoding="utf-8"))
        text = json.dumps({**manifest, "frozen": True}, indent=2) + "\n"
        replace_file(directory / MANIFEST, [text])
    for table in sorted(tables(), key=lambda table: -table.order):
        made_here, committed = directory / table.file, fixtures / table.file
        if not committed.exists():
            continue
        ours = _rows(made_here) if made_here.exists() else []
        write_upserted(made_here, table, ours, base=committed)


def _check(table: Table, row: Mapping[str, Any]) -> None:
    """A row that we could not read back is never written."""
    problems = parse(table.record, row)
    if isinstance(problems, tuple):
        raise SendError(problems[0].message, permanent=True)


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """One writer at a time, across processes; the lock goes with the process that held it."""
    with (directory / LOCK).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def write_upserted(
    path: Path, table: Table, rows: Iterable[Mapping[str, Any]], *, base: Path | None = None
) -> None:
    """Replace the file by its rows (or those of ``base``) with ``rows`` put in by key."""
    source = base or path
    merged: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for number, row in enumerate(_rows(source) if source.exists() else []):
        merged[_key(table, row) or (number,)] = row
    for row in rows:
        merged[_key(table, row) or ()] = row
    replace_file(path, _as_array(_line(row) for row in merged.values()))


def _line(row: Mapping[str, Any]) -> str:
    """A row as JSON. Halves of characters, which a source may hold, are written as ``\\udxxx``."""
    line = json.dumps(row, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        return json.dumps(row)
    return line


def _key(table: Table, row: Mapping[str, Any]) -> tuple[Any, ...] | None:
    key = tuple(row.get(column) for column in table.key)
    return key if all(isinstance(part, str) for part in key) else None


def _rows(path: Path) -> list[Mapping[str, Any]]:
    with path.open("rb") as stream:
        rows = list(rows_of(stream, path.name))
    if unreadable := [row for row in rows if row.problem]:
        raise SourceError(f"{path.name}, row {unreadable[0].position}: {unreadable[0].problem}")
    return [row.values for row in rows]


def _as_array(lines: Iterable[str]) -> Iterator[str]:
    before = "[\n"
    for line in lines:
        yield before + line
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def replace_file(path: Path, texts: Iterable[str]) -> None:
    """Write a file so that a reader sees the old one or the new one, also after a crash."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(texts)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, name)
        else:
            os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)

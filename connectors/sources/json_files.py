"""A directory of JSON files as a source: one file a table, an array of objects or JSON Lines."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from io import BufferedReader
from pathlib import Path

import msgspec
from django.conf import settings

from connectors.sources import Reading, Row, SourceError
from connectors.sources.json_rows import rows_of
from connectors.tables import Table, tables
from psinsights.lib.typed import decoder

MANIFEST = "sample.json"
READER_VERSION = "1"  # part of every fingerprint: files are read again when reading changes


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a set of sample data says of itself. ``frozen``: it is of that day and stays so."""

    as_of: date | None = None
    frozen: bool = False


class JsonFiles:
    """The files of a directory. Their fingerprints are their versions."""

    name = "JSON files"

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.location = place_for_people(directory)
        if not directory.is_dir():
            raise SourceError(f"There is no directory {self.location}. Give one that holds *.json.")

    def prepare(self, known_versions: Mapping[str, str], alive: Callable[[], None]) -> None:
        """Files are read as they are taken in."""

    def tables_present(self) -> set[str]:
        """Names of the tables with a file here; engagements are what a set cannot be without."""
        present = {table.name for table in tables() if os.path.lexists(self._path(table))}
        if "ps_engagements" not in present:
            raise SourceError(
                f"{self.location} holds no engagements.json. Give a directory with the exported "
                "files, or run regenerate_data."
            )
        return present

    def read(self, table: Table, *, known_version: str = "") -> Reading:
        """All rows of a table, or ``unchanged`` when its file has the known fingerprint."""
        stream = self._open(table)
        version = _fingerprint(stream)
        if version == known_version:
            stream.close()
            return Reading(
                table=table, version=version, rows=iter(()), complete=True, unchanged=True
            )
        rows = self._rows(stream, table)
        return Reading(table=table, version=version, rows=rows, complete=True)

    def is_ready(self, table: Table) -> bool:
        """Files are here."""
        return True

    def frozen_on(self) -> date | None:
        """The day these data are of, when they are a set that does not move with the clock."""
        path = self.directory / MANIFEST
        try:
            manifest = decoder(Manifest).decode(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise SourceError(
                f"{MANIFEST} in {self.location} cannot be read. Remove it, or regenerate the data."
            ) from error
        committed = self.directory.resolve() == settings.FIXTURES_DIR.resolve()
        return manifest.as_of if manifest.frozen or committed else None

    def close(self) -> None:
        """Nothing is held open between readings."""

    def _path(self, table: Table) -> Path:
        return self.directory / table.file

    def _open(self, table: Table) -> BufferedReader:
        path = self._path(table)
        inside = self.directory.resolve()
        if not path.resolve().is_relative_to(inside):
            raise SourceError(
                f"{table.file} in {self.location} is a link out of the directory, which is "
                "refused. Put the file itself there."
            )
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise SourceError(f"{table.file} in {self.location} is not a file.")
            return path.open("rb")
        except OSError as error:
            raise SourceError(
                f"{table.file} in {self.location} cannot be opened: {error.strerror}. "
                "Check that it is there and may be read."
            ) from error

    def _rows(self, stream: BufferedReader, table: Table) -> Iterator[Row]:
        with stream:
            before = os.fstat(stream.fileno())
            try:
                yield from rows_of(stream, table.file)
            except OSError as error:
                raise SourceError(
                    f"{table.file} cannot be read to its end: {error.strerror}."
                ) from error
            after = os.fstat(stream.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise SourceError(f"{table.file} was written while it was read. Load again.")


def _fingerprint(stream: BufferedReader) -> str:
    try:
        digest = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16))
    except OSError as error:
        raise SourceError(f"{Path(stream.name).name} cannot be read: {error.strerror}.") from error
    stream.seek(0)
    return f"{READER_VERSION}:{digest.hexdigest()}"


def place_for_people(directory: Path) -> str:
    """A directory by a name that may be shown: relative to the product, else its last part."""
    whole = directory.resolve()
    base = settings.BASE_DIR.resolve()
    return str(whole.relative_to(base)) if whole.is_relative_to(base) else whole.name or "/"


def default_directory() -> Path:
    """``data/generated`` where it holds a set, else the committed fixtures."""
    generated = Path(settings.GENERATED_DIR)
    has_set = os.path.lexists(generated / "engagements.json")
    return generated if has_set else Path(settings.FIXTURES_DIR)

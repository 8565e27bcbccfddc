"""A whole set of files or none: staged beside, then moved into place, the manifest last.

The staging directory becomes ``.sample-ready`` by one rename once every file in it is on disk. From
then on the set only has to be moved, which :func:`settle` finishes after a crash.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

MANIFEST = "sample.json"
_READY = ".sample-ready"
_STAGING = ".sample-staging-"


class SampleBusy(Exception):
    """Somebody else is writing sample data into this directory; try again when they are done."""


class ArrayFile:
    """A JSON array written row by row, one row a line."""

    def __init__(self, path: Path) -> None:
        self.rows = 0
        self._file: TextIO = path.open("w", encoding="utf-8", newline="\n")
        self._file.write("[")

    def add(self, row: dict[str, Any]) -> None:
        self._file.write(",\n" if self.rows else "\n")
        self._file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
        self.rows += 1

    def close(self) -> None:
        """Finish the array and wait until it is on disk."""
        self._file.write("\n]\n" if self.rows else "]\n")
        _flush(self._file)

    def abandon(self) -> None:
        self._file.close()


class StagedSet:
    """Files being written beside the ones they will replace."""

    def __init__(self, stage: Path, names: tuple[str, ...]) -> None:
        self._stage = stage
        self._files = {name: ArrayFile(stage / f"{name}.json") for name in names}

    def add(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            self._files[name].add(row)

    def finish(self, manifest: dict[str, Any]) -> dict[str, int]:
        """Close every file and write the manifest; rows by table."""
        for file in self._files.values():
            file.close()
        counts = {name: file.rows for name, file in self._files.items()}
        with (self._stage / MANIFEST).open("w", encoding="utf-8", newline="\n") as out:
            json.dump({**manifest, "rows": counts}, out, indent=2)
            out.write("\n")
            _flush(out)
        return counts

    def abandon(self) -> None:
        for file in self._files.values():
            file.abandon()


@contextmanager
def staged(directory: Path, names: tuple[str, ...]) -> Iterator[StagedSet]:
    """A set that replaces the files of ``directory`` when the block ends well, and never else."""
    directory.mkdir(parents=True, exist_ok=True)
    with _alone(directory):
        _settle(directory)
        _sweep(directory)
        stage = Path(tempfile.mkdtemp(prefix=_STAGING, dir=directory))
        draft = StagedSet(stage, names)
        try:
            yield draft
            _sync_directory(stage)
            stage.rename(directory / _READY)
        finally:
            draft.abandon()
            shutil.rmtree(stage, ignore_errors=True)
        _settle(directory)


def settle(directory: Path) -> bool:
    """Finish moving a set that a crash left half moved; whether there was one."""
    with _alone(directory):
        return _settle(directory)


def _settle(directory: Path) -> bool:
    ready = directory / _READY
    if not ready.is_dir():
        return False
    _sync_directory(directory)
    for path in sorted(ready.iterdir(), key=lambda path: (path.name == MANIFEST, path.name)):
        path.replace(directory / path.name)
    _sync_directory(directory)
    ready.rmdir()
    return True


def _sweep(directory: Path) -> None:
    """Remove what a killed writer left; its set was never ready."""
    for left in directory.glob(f"{_STAGING}*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One writer at a time, across processes; the lock goes with the process that held it."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise SampleBusy(f"Sample data is already being written to {directory.name}.") from error
    finally:
        os.close(handle)


def _flush(file: TextIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""The table as text: for the terminal, and for docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from collections.abc import Iterable, Sequence

import django
from django.conf import settings

from psinsights.bench.bars import Line

WORDS = {True: "yes", False: "**no**", None: ""}


def markdown(lines: Sequence[Line], *, engagements: int, rows: int) -> str:
    """The page of the documentation."""
    met = [line.met for line in lines if line.met is not None]
    return "\n".join(
        [
            "# Benchmarks",
            "",
            "Written by `manage.py bench`; run it to measure your own machine. Figures are CPU time "
            "of the process that does the work unless they say otherwise, and ratios compare with a "
            "floor measured in the same run. A loaded machine makes CPU seconds longer, ratios less "
            "so.",
            "",
            f"{engagements:,} engagements and {rows:,} rows of sample data. {facts()}",
            "",
            f"{sum(met)} of {len(met)} bars are met.",
            "",
            "| What | Figure | Bar | Met |",
            "|---|---:|---:|---|",
            *(f"| {one.what} | {one.figure} | {one.bar} | {WORDS[one.met]} |" for one in lines),
            "",
            "Findings in notes are read for the engagements that insights are written for and not "
            "for the others. The floor of pages is a JSON view of one key behind the same "
            "middleware, asked by the same client.",
            "",
        ]
    )


def plain(lines: Iterable[Line]) -> str:
    """The table for the terminal."""
    marks = {True: "met", False: "MISSED", None: ""}
    return "\n".join(
        f"{one.what:<82}{one.figure:>13}{one.bar:>11}  {marks[one.met]}".rstrip() for one in lines
    )


def facts() -> str:
    """What the figures depend on, without naming the machine."""
    versions = f"Python {platform.python_version()}, Django {django.get_version()}"
    cores, load = os.cpu_count() or 1, os.getloadavg()[0]
    return (
        f"{platform.system()} on {platform.machine()}, {cores} cores with a load of {load:.0f}, "
        f"{versions}, SQLite {sqlite3.sqlite_version}. Code of {_committed()}."
    )


def _committed() -> str:
    """The day of the newest commit, else the version."""
    done = subprocess.run(
        ["git", "log", "-1", "--format=%cs (%h)"], cwd=settings.BASE_DIR,  # noqa: S607 - the one on PATH
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() or f"version {settings.VERSION}"

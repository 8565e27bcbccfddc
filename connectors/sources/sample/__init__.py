"""Sample data: a portfolio of engagements that do not exist, coherent enough to try everything on.

Each engagement follows a hidden course that shapes its tasks, notes, usage and hours; see
docs/sample-data.md. The same arguments give the same bytes. No Django, and Faker only when names
are drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from connectors.sources.sample.courses import BAD, GOOD, Course, course_of
from connectors.sources.sample.files import MANIFEST, SampleBusy, settle, staged
from connectors.sources.sample.people import roster_for
from connectors.sources.sample.portfolio import Bundle, engagement_id, generate
from connectors.sources.sample.tally import adoption_rows, ai_metric_rows

VERSION = 1  # of the generator: another number may give other bytes for the same arguments
LARGEST = 10_000
TABLES = (
    "engagements",
    "tasks",
    "delivery_notes",
    "notebook_usage",
    "ai_insights",
    "ai_metrics",
    "adoption_metrics",
    "team_members",
)

__all__ = [
    "BAD",
    "GOOD",
    "LARGEST",
    "MANIFEST",
    "TABLES",
    "VERSION",
    "Bundle",
    "Course",
    "SampleBusy",
    "courses",
    "generate",
    "settle",
    "write_sample",
]


def write_sample(
    directory: Path,
    *,
    engagements: int,
    seed: int,
    as_of: date,
    weeks: int = 12,
    frozen: bool = False,
    progress: Callable[[int], None] | None = None,
) -> dict[str, int]:
    """Write a whole set of tables and its manifest into ``directory``; rows by table.

    ``as_of`` is the day the data are of: nothing in them happened on it or later. A ``frozen`` set
    stays of that day, whatever the clock says; the manifest tells the loader so.
    ``progress`` is told after each engagement how many are done; what it raises stops the writing
    and leaves the previous set as it was. Raises ValueError for sizes out of range,
    :class:`SampleBusy` when another writer is at work there.
    """
    if not 1 <= engagements <= LARGEST:
        raise ValueError(f"Engagements must be 1 to {LARGEST}, not {engagements}.")
    if not 1 <= weeks <= 104:
        raise ValueError(f"Weeks must be 1 to 104, not {weeks}.")
    size = (engagements, seed, as_of, weeks)
    with staged(directory, TABLES) as draft:
        portfolio = generate(engagements=engagements, seed=seed, as_of=as_of, weeks=weeks)
        for done, bundle in enumerate(portfolio, start=1):
            draft.add("engagements", [bundle.engagement])
            draft.add("tasks", bundle.tasks)
            draft.add("delivery_notes", bundle.notes)
            draft.add("notebook_usage", bundle.usage)
            if progress:
                progress(done)
        draft.add("ai_metrics", ai_metric_rows(*size))
        draft.add("adoption_metrics", adoption_rows(*size))
        draft.add("team_members", roster_for(engagements, seed).rows())
        return draft.finish(
            {
                "generator_version": VERSION,
                "seed": seed,
                "as_of": as_of.isoformat(),
                "engagements": engagements,
                "weeks": weeks,
                "frozen": frozen,
            }
        )


def courses(engagements: int, seed: int, as_of: date, weeks: int = 12) -> dict[str, Course]:
    """The hidden course of each engagement that the same arguments write; for tests and benches.

    ``as_of`` and ``weeks`` are taken so that a caller passes what it wrote with; no course depends
    on them.
    """
    del as_of, weeks
    return {engagement_id(number): course_of(number, seed) for number in range(engagements)}

"""Loads and regenerations, as commands, pages and the API ask for them.

Both raise :class:`~connectors.sources.SourceError` when the source cannot be read (nothing was
changed) and :class:`LoadRunning` when another one is at it.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.conf import settings

from connectors import outbox
from connectors.choose import choose
from connectors.loading import LEASE, LoadRunning, Order, Summary, User, claimed, perform
from connectors.models import TableState
from connectors.sources import SourceError
from connectors.sources.json_files import JsonFiles
from connectors.take import Progress
from psinsights.lib.today import today

__all__ = ["LoadRunning", "Order", "SourceError", "Summary", "Wish", "load", "regenerate"]

ENGAGEMENTS = 60
SEED = 7
WEEKS = 12


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What sample data to write. With ``as_of`` they are of that day for good."""

    engagements: int = ENGAGEMENTS
    seed: int = SEED
    as_of: date | None = None
    weeks: int = WEEKS


def load(
    directory: Path | None = None,
    *,
    order: Order = Order(),  # noqa: B008 - frozen, so one default serves all
    progress: Progress | None = None,
) -> Summary:
    """Load the chosen source, or ``directory``; raises SourceError or LoadRunning."""
    with claimed(order) as run, closing(choose(directory)) as source:
        known = {} if order.full else dict(TableState.objects.values_list("table", "version"))
        source.prepare(known, lambda: run.beat("reading the source", lease=LEASE))
        return perform(run, source, order, progress)


def regenerate(
    wish: Wish = Wish(),  # noqa: B008 - frozen, so one default serves all
    *,
    trigger: str = "regenerate",
    user: User | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Write sample data and load them. What the app made stays, and goes into the new files."""
    if settings.DATA_MODE != "local":
        raise SourceError("Sample data are for DATA_MODE=local; here the data is in Databricks.")
    order = Order(trigger=trigger, user=user, renewed=True)
    with claimed(order) as run:
        directory = Path(settings.GENERATED_DIR)
        _write(directory, wish, progress)
        outbox.send_all_again()
        outbox.push()
        return perform(run, JsonFiles(directory), order, progress)


def _write(directory: Path, wish: Wish, progress: Progress | None) -> None:
    from connectors.sources.sample import SampleBusy, write_sample

    def told(done: int) -> None:
        if progress:
            progress("sample data", 1)

    try:
        write_sample(
            directory,
            engagements=wish.engagements,
            seed=wish.seed,
            as_of=wish.as_of or today(),
            weeks=wish.weeks,
            frozen=wish.as_of is not None,
            progress=told,
        )
    except SampleBusy as error:
        raise LoadRunning from error
    except ValueError as error:
        raise SourceError(str(error)) from error
    except OSError as error:
        raise SourceError(f"Sample data cannot be written: {error.strerror}.") from error

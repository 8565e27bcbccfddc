"""A confirmed import: the rows go into the file of their table, and are loaded from there.

All of it under the lock of a load, and the file under the lock of its writers: it is checked once
more against what is here then, the file is replaced in one step, and the load takes it in. Whoever
dies in between leaves the old file or the new one, and the next load reads what is there.
"""

from __future__ import annotations

import os
import shutil
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.utils import timezone

from connectors import asked, freshness, overview
from connectors.choose import choose
from connectors.imports import here, kept
from connectors.imports.checking import Checked
from connectors.imports.faults import Refused
from connectors.json_outbox import alone, settle_in, write_upserted
from connectors.loading import LEASE, LoadRunning, Order, Summary, claimed, perform
from connectors.models import ImportCheck, Load
from connectors.sources import SourceError
from connectors.sources.json_files import place_for_people
from connectors.tables import Table
from connectors.tables import table as table_named
from psinsights.lib import audit

BACKUPS = "before-import"
MANY = 5000  # rows: what is judged from so many is left to the worker
BACKUPS_KEPT = 5  # of each table
User = AbstractBaseUser | AnonymousUser


class NotImported(Exception):
    """Why a checked file was not imported, as a sentence. Nothing was changed."""


@dataclass(frozen=True)
class _Files:
    """The file of a table, and the copy of what it was."""

    path: Path
    backup: Path | None

    def put_back(self) -> None:
        """The file as it was before the import."""
        with alone(self.path.parent):
            if self.backup is None:
                self.path.unlink(missing_ok=True)
            else:
                shutil.copy2(self.backup, temporary := self.path.with_suffix(".restored"))
                os.replace(temporary, self.path)


def confirm(check: ImportCheck, user: User) -> ImportCheck:
    """Import a checked file; raises NotImported, SourceError or LoadRunning, with nothing changed.

    What the rows come to is worked out once more; when that is no longer what was shown, the new
    outcome is kept and nothing is written.
    """
    if not here.writes_files():
        raise NotImported("The source are tables of a warehouse: put the rows in there.")
    table = table_named(check.table)
    here.check_source(table)
    slow = check.ready > MANY or overview.is_slow(overview.source_state(freshness.glance()))
    order = Order(trigger="import", user=user, rows_only=slow)
    with claimed(order) as run:
        try:
            files = _written(run, check.pk, table)
        except NotImported:
            Load.objects.filter(pk=run.pk).delete()  # nothing was loaded, and nothing has failed
            raise
        summary = _loaded(run, files, order)
        _settle(check.pk, files, summary, order)
    if slow:
        with suppress(LoadRunning):
            asked.leave_to_worker(user)
    return ImportCheck.objects.get(pk=check.pk)


def _written(run: Load, pk: int, table: Table) -> _Files:
    """Check once more and replace the file, alone with it; raises NotImported."""
    check = ImportCheck.objects.get(pk=pk)
    if not check.is_open:
        raise NotImported(why_not(check))
    directory = Path(settings.GENERATED_DIR)
    run.beat("checking the import", lease=LEASE)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with alone(directory):
            checked = kept.again(check)
            _refuse_if_other(check, checked)
            run.beat("writing the import", lease=LEASE)
            return _replaced(directory, table, checked)
    except OSError as error:
        raise NotImported(
            f"{table.file} cannot be written: {error.strerror}. Nothing was changed."
        ) from error
    except (SourceError, Refused) as error:
        raise NotImported(f"Nothing was changed. {error}") from error


def _refuse_if_other(check: ImportCheck, checked: Checked) -> None:
    """What was confirmed is what was shown, or it is shown anew."""
    if checked.digest == check.digest:
        return
    before = kept.in_numbers(check)
    with transaction.atomic():
        kept.keep(check, checked)
    raise NotImported(
        "The data here has changed since this file was checked, so nothing was written. It was "
        f"{before}; it is now {kept.in_numbers(check)}. Look at it again, then confirm."
    )


def why_not(check: ImportCheck) -> str:
    """Why a checked file can no longer be imported."""
    if check.state == ImportCheck.State.IMPORTED:
        return "This file was imported already. To import it again, check it again."
    if check.state == ImportCheck.State.DISCARDED:
        return "This file was discarded. Check it again."
    return "This file was checked more than 24 hours ago. Check it again."


def _replaced(directory: Path, table: Table, checked: Checked) -> _Files:
    """The table's file with the rows put in, and what it was beside it."""
    rows = [ready.values for ready in checked.to_write]
    if not rows:
        raise NotImported("No row of this file is new or different: there is nothing to import.")
    if not here.starts_anew():
        settle_in(directory)
    path = directory / table.file
    backup = _backed_up(path) if path.exists() else None
    try:
        write_upserted(path, table, rows)
    except (OSError, SourceError):
        if backup is not None:  # a copy of what was not replaced is of no use
            backup.unlink(missing_ok=True)
        raise
    return _Files(path, backup)


def _backed_up(path: Path) -> Path:
    """A copy of the file as it is, under the time of this moment; the oldest copies go."""
    place = path.parent / BACKUPS
    place.mkdir(exist_ok=True)
    name = f"{path.stem}-{timezone.now():%Y%m%dT%H%M%S.%fZ}.json"
    shutil.copy2(path, place / f".{name}")
    os.replace(place / f".{name}", place / name)
    for old in sorted(place.glob(f"{path.stem}-*.json"))[:-BACKUPS_KEPT]:
        old.unlink(missing_ok=True)
    return place / name


def _loaded(run: Load, files: _Files, order: Order) -> Summary:
    """Take the new file in; when it cannot be loaded, the old one is put back."""
    try:
        with closing(choose()) as source:
            return perform(run, source, order)
    except SourceError:
        files.put_back()
        raise


def _settle(pk: int, files: _Files, summary: Summary, order: Order) -> None:
    check = ImportCheck.objects.get(pk=pk)
    place = place_for_people(files.path.parent)
    result = {
        "file": f"{place}/{files.path.name}",
        "backup": f"{place}/{BACKUPS}/{files.backup.name}" if files.backup else "",
        "returned": sum(outcome.returned for outcome in summary.tables.values()),
        "left_to_worker": order.rows_only,
    }
    with transaction.atomic():
        kept.settle(check, ImportCheck.State.IMPORTED, order.user, result=result)
        audit.record(order.user, "import.confirmed", check.table, kept.in_numbers(check))

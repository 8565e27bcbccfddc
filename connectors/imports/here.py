"""What is here already, against which a file is compared: the rows of the source, by key."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from connectors.choose import choose
from connectors.models import Load, OutboxEntry
from connectors.sources import Source, SourceError
from connectors.sources.json_files import JsonFiles, default_directory, place_for_people
from connectors.tables import Table
from engagements.ingest import RowIntake, batches
from engagements.models import Engagement

Key = tuple[str, ...]


@dataclass
class Here:
    """What an import meets. ``rows`` are those of the file's keys, as the source has them."""

    rows: dict[Key, Mapping[str, Any]]
    known: dict[str, str]  # key to row hash, as the database has it
    engagements: Collection[str] = ()
    waiting: Collection[str] = ()  # keys whose newer version, made here, has not gone out yet
    by_fold: dict[str, str] = field(default_factory=dict)  # engagement ids without case

    def nearest_engagement(self, given: str) -> str:
        """The engagement id that was probably meant, else nothing."""
        if not self.by_fold:
            self.by_fold = {name.casefold(): name for name in self.engagements}
        return self.by_fold.get(given.strip().casefold(), "")


def gathered(table: Table, keys: Collection[Key]) -> Here:
    """What is here of these keys; raises SourceError when the source cannot be read."""
    engagements = Engagement.objects.values_list("pk", flat=True) if table.parent else ()
    waiting = OutboxEntry.objects.filter(table=table.name).exclude(state=OutboxEntry.State.SENT)
    return Here(
        rows=_of_files(table, keys) if writes_files() else _of_database(table, keys),
        known=table.intake.known(),
        engagements=set(engagements),
        waiting=set(waiting.values_list("key", flat=True)),
    )


def key_of(table: Table, values: Mapping[str, Any]) -> Key:
    """The key of a row as it was given; empty where a part of it is no text."""
    key = tuple(part for name in table.key if isinstance(part := values.get(name), str))
    return key if len(key) == len(table.key) else ()


def writes_files() -> bool:
    """Whether the source are files, so that an import can write into it."""
    return settings.DATA_MODE == "local"


def starts_anew() -> bool:
    """Whether there is nothing yet: what is imported then is the whole portfolio."""
    return not (_has_set() or Engagement.objects.exists())


def _has_set() -> bool:
    return (Path(settings.GENERATED_DIR) / "engagements.json").exists()


def check_source(table: Table) -> None:
    """Refuse where an import would not end up beside what is shown; raises SourceError."""
    if not writes_files():
        return
    if starts_anew():
        if table.name != "ps_engagements":
            raise SourceError("There is no engagement yet. Import engagements first.")
        return
    here, expected = shown_from(), place_for_people(default_directory())
    if here and here != expected:
        raise SourceError(
            f"What is shown was loaded from {here}, and an import adds to {expected}, which a "
            "load would put in its place. Load the source in Settings first."
        )


def shown_from() -> str:
    """Where what is shown came from, for people."""
    loads = Load.objects.filter(state=Load.State.DONE, dry_run=False).order_by("-pk")
    return loads.values_list("source", flat=True).first() or ""


def _of_files(table: Table, keys: Collection[Key]) -> dict[Key, Mapping[str, Any]]:
    if starts_anew():
        return {}
    with closing(choose()) as source:
        if table.name not in source.tables_present():
            return {}
        return _found(source, table, set(keys))


def _found(source: Source, table: Table, keys: set[Key]) -> dict[Key, Mapping[str, Any]]:
    assert isinstance(source, JsonFiles)
    found: dict[Key, Mapping[str, Any]] = {}
    for row in source.read(table).rows:
        if row.problem:
            raise SourceError(f"{table.file}, row {row.position}: {row.problem} Correct it first.")
        if (key := key_of(table, row.values)) in keys:
            found[key] = row.values
    return found


def _of_database(table: Table, keys: Collection[Key]) -> dict[Key, Mapping[str, Any]]:
    """Of a warehouse the database has the rows; tables with a double key start from nothing."""
    if not isinstance(table.intake, RowIntake) or len(table.key) > 1:
        return {}
    found: dict[Key, Mapping[str, Any]] = {}
    for batch in batches(key[0] for key in keys):
        rows = table.intake.model._default_manager.filter(pk__in=batch)
        for values in rows.values(*table.record.__struct_fields__):
            found[(str(values[table.key[0]]),)] = values
    return found

"""Checked files, kept for a day: what a person looks at before anything is written."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from connectors.imports import here
from connectors.imports.checking import Checked, Rejected, as_it_was, check
from connectors.imports.faults import shown
from connectors.imports.heading import REJECT_COLUMNS, SHOWN_UNKNOWN, detect
from connectors.imports.reading import read
from connectors.models import ImportCheck, RejectedRow
from connectors.tables import table as table_named
from psinsights.lib import audit
from psinsights.lib.sheets import harmless
from psinsights.lib.words import plural

KEPT = timedelta(hours=24)
REMEMBERED = timedelta(days=30)  # that it was imported, without its content
User = AbstractBaseUser | AnonymousUser


def check_upload(content: bytes, table_name: str, file_name: str, user: User) -> ImportCheck:
    """Check an upload and keep it; raises Refused or SourceError, and then nothing is kept.

    Without a table name the columns tell which one it is.
    """
    forget_expired()
    sheet = read(content)
    table = table_named(table_name) if table_name else detect(sheet.names)
    here.check_source(table)
    checked = check(sheet, table)
    kept = ImportCheck(
        table=table.name,
        name=shown(file_name, 120),
        content=zlib.compress(content),
        requested_by=user if user.is_authenticated else None,  # type: ignore[misc]
        expires_at=timezone.now() + KEPT,
    )
    with transaction.atomic():
        keep(kept, checked)
        audit.record(user, "import.checked", table.name, in_numbers(kept))
    return kept


def again(kept: ImportCheck) -> Checked:
    """Check the content that was kept against what is here now."""
    return check(read(zlib.decompress(bytes(kept.content))), table_named(kept.table))


def keep(kept: ImportCheck, checked: Checked) -> None:
    """Write the outcome of a check, and its rejected rows instead of those before."""
    kept.form, kept.digest = checked.sheet.form, checked.digest
    for came_to in ("created", "changed", "unchanged"):
        setattr(kept, came_to, checked.number(came_to))
    kept.rejected = len(checked.rejected)
    kept.preview, kept.heading = checked.preview(), _heading(checked)
    kept.save()
    kept.rejects.all().delete()
    rows = sorted(checked.rejected, key=lambda rejected: rejected.given.row)
    RejectedRow.objects.bulk_create((_row(kept, row) for row in rows), batch_size=200)


def in_numbers(kept: ImportCheck) -> str:
    """What the rows come to, in a few words."""
    parts = [f"{kept.created} new", f"{kept.changed} changed", f"{kept.unchanged} unchanged"]
    return f"{', '.join(parts)}, {plural(kept.rejected, 'row')} rejected"


def _heading(checked: Checked) -> dict[str, Any]:
    unknown = checked.heading.unknown
    return {
        "columns": [shown(name, 60) for name in checked.sheet.columns],
        "unknown": [{"name": name, "near": near} for name, near in unknown[:SHOWN_UNKNOWN]],
        "more_unknown": max(0, len(unknown) - SHOWN_UNKNOWN),
        "absent": checked.heading.absent,
        "delimiter": checked.sheet.delimiter,
        "comes_back": checked.heading.comes_back,
    }


def _row(kept: ImportCheck, rejected: Rejected) -> RejectedRow:
    given = rejected.given
    faults = msgspec.to_builtins(rejected.faults)
    return RejectedRow(
        check_of=kept,
        row=given.row,
        line=given.line if given.line != given.row else 0,
        cells=json.dumps(list(given.cells)),
        faults=list(faults),
    )


def discard(kept: ImportCheck, user: User) -> bool:
    """Let go of a checked file; False when it was settled before."""
    with transaction.atomic():
        if not settle(kept, ImportCheck.State.DISCARDED, user):
            return False
        audit.record(user, "import.discarded", kept.table, in_numbers(kept))
    return True


def settle(kept: ImportCheck, state: ImportCheck.State, user: User | None, **more: Any) -> bool:
    """End a checked file once, and forget its content; within the caller's transaction."""
    person = user if user is not None and user.is_authenticated else None
    still = ImportCheck.objects.filter(pk=kept.pk, state=ImportCheck.State.CHECKED)
    ended = still.update(
        state=state, settled_by=person, settled_at=timezone.now(), content=b"", **more
    )
    if ended and state == ImportCheck.State.DISCARDED:
        kept.rejects.all().delete()
    return bool(ended)


def forget_expired() -> bool:
    """Files that were never confirmed go, and old records of those that were; whether any did."""
    now = timezone.now()
    expired = Q(state=ImportCheck.State.CHECKED, expires_at__lt=now)
    gone, _ = ImportCheck.objects.filter(expired | Q(created_at__lt=now - REMEMBERED)).delete()
    return gone > 0


def reject_columns(kept: ImportCheck) -> list[str]:
    """The columns of a file of rejects: those that were given, then where and why."""
    given = [name for name in kept.heading["columns"] if name not in REJECT_COLUMNS]
    return [str(harmless(name)) for name in given] + list(REJECT_COLUMNS)


def reject_lines(kept: ImportCheck) -> Iterator[list[object]]:
    """The rejected rows for a spreadsheet: corrected, the same file can be imported."""
    given = [
        place for place, name in enumerate(kept.heading["columns"]) if name not in REJECT_COLUMNS
    ]
    comes_back = kept.heading["comes_back"]
    for row in kept.rejects.order_by("row", "pk").iterator(chunk_size=200):
        cells: list[str] = json.loads(row.cells)
        values = [cells[place] if place < len(cells) else "" for place in given]
        yield [*(_once(value, comes_back) for value in values), *_why(row)]


def _once(cell: str, comes_back: bool) -> str:
    """A cell that a file of rejects has already made harmless gets no second mark."""
    return as_it_was(cell) if comes_back else cell


def _why(row: RejectedRow) -> list[object]:
    columns = [fault["column"] for fault in row.faults if fault["column"]]
    reasons = [" ".join(filter(None, (f["message"], f["advice"]))) for f in row.faults]
    accepted = [fault["accepted"] for fault in row.faults if fault["accepted"]]
    return [row.row, ", ".join(columns), " | ".join(reasons), " | ".join(accepted)]

"""Rows that could not be taken: kept whole, with field and reason, until they are good."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.db.models import Count

from connectors.models import QuarantinedRow
from connectors.sources import Row
from connectors.tables import Table
from engagements.ingest import batches
from engagements.records import Problem

KEY_LENGTH = 250


def raw_text(row: Row) -> str:
    """The row as JSON text that every database can hold."""
    if row.raw:
        return row.raw.replace("\0", "\\u0000")
    return json.dumps(row.values, ensure_ascii=not _is_encodable(row.values), default=str)


def _is_encodable(values: Mapping[str, Any]) -> bool:
    """False where text in it holds half a character: those are kept as ``\\udxxx``."""
    try:
        msgspec.json.encode(values)
    except (UnicodeEncodeError, TypeError, ValueError):
        return False
    return True


def key_of(table: Table, row: Row) -> str:
    """The key of a row that may be bad: its id where that is text, else nothing."""
    parts = [part for column in table.key if isinstance(part := row.values.get(column), str)]
    if len(parts) < len(table.key):
        return ""
    return "|".join(parts).replace("\0", "")[:KEY_LENGTH]


@dataclass
class Quarantine:
    """Takes the bad rows of one table during a load, and forgets those that are good by now.

    A row is known again by its key and contents, so that ``first_seen_at`` stays true.
    """

    table: Table
    counts: Counter[str] = field(default_factory=Counter)
    _before: dict[tuple[str, str], int] = field(default_factory=dict)
    _kept: set[tuple[str, str]] = field(default_factory=set)
    _new: list[QuarantinedRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Rows of ours that were set aside stand at no position of a source: they stay.
        known = QuarantinedRow.objects.filter(table=self.table.name).exclude(position=0)
        self._before = {
            (key, digest): pk
            for pk, key, digest in known.values_list("pk", "key", "raw_hash").iterator()
        }

    def add(self, row: Row, problem: Problem, *, engagement_id: str = "") -> None:
        """Keep a row with the first thing that is wrong with it."""
        self.counts[problem.reason] += 1
        raw = raw_text(row)
        digest = hashlib.blake2b(f"{problem.reason}|{raw}".encode(), digest_size=16).hexdigest()
        key = key_of(self.table, row) or f"row {row.position}"
        if self._before.pop((key, digest), None) is not None:
            self._kept.add((key, digest))
            return
        if (key, digest) in self._kept:
            return
        self._kept.add((key, digest))
        self._new.append(
            QuarantinedRow(
                table=self.table.name,
                key=key,
                position=row.position,
                field=problem.field[:100],
                reason=problem.reason,
                message=_storable(problem.message)[:500],
                raw=raw,
                raw_hash=digest,
                engagement_id=engagement_id[:KEY_LENGTH],
            )
        )
        if len(self._new) >= 1000:
            self._flush()

    def finish(self, *, complete: bool, gone_keys: Collection[str] = ()) -> None:
        """Write what was added. After a complete reading, rows not seen again are forgotten."""
        self._flush()
        forget = list(self._before.values()) if complete else []
        if gone_keys:
            forget += [pk for (key, _), pk in self._before.items() if key in gone_keys]
        for batch in batches(forget):
            QuarantinedRow.objects.filter(pk__in=batch).delete()

    def _flush(self) -> None:
        QuarantinedRow.objects.bulk_create(self._new, batch_size=200)
        self._new.clear()


def _storable(text: str) -> str:
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


def waiting_orphans(table: Table, known: Collection[str]) -> Iterator[tuple[int, Row]]:
    """Orphans of a table whose engagement is here by now, with the id of their quarantine row."""
    orphans = QuarantinedRow.objects.filter(table=table.name, reason="orphan")
    for pk, engagement_id, position, raw in orphans.values_list(
        "pk", "engagement_id", "position", "raw"
    ).iterator():
        if engagement_id in known:
            yield pk, Row(position=position, values=json.loads(raw))


def counts_by_reason() -> dict[str, dict[str, int]]:
    """Table to reason to number of rows kept aside; one query."""
    found: dict[str, dict[str, int]] = {}
    rows = QuarantinedRow.objects.values_list("table", "reason").annotate(Count("pk"))
    for table, reason, number in rows.order_by("table", "reason"):
        found.setdefault(table, {})[reason] = number
    return found

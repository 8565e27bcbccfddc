"""The index of words, kept in step with the rows it was taken from.

Words are folded here and not by the database, so that SQLite and PostgreSQL find the same. Records
are compared by the hash of their row: what did not change is not read. Rows go in by the block and
then into the full-text table in one statement, because a trigger for each costs six times as much.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from engagements.ingest import batches, upsert
from engagements.models import DeliveryNote, Engagement, SearchEntry

ENGAGEMENT, NOTE = "engagement", "note"
BLOCK = 2000  # records in memory at a time
LONGEST_WORD = 60
MOST_WORDS = 20_000  # of one record: PostgreSQL takes a megabyte of them
COLUMNS = ("engagement_id", "kind", "record", "digest", "words")
WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Searchable:
    """A record to be found: ``digest`` tells whether its words have changed."""

    record: str
    engagement_id: str
    digest: str
    text: str


def folded(text: str) -> list[str]:
    """The words of a text without case and accents, in their order: "Zürich-2" is zurich and 2."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in text if not unicodedata.combining(char))
    return [word[:LONGEST_WORD] for word in WORD.findall(text.casefold())]


def refresh(engagement_ids: Collection[str] | None = None) -> Iterator[int]:
    """Take in what changed of engagements and notes, of these or of all; yields records by step.

    Each step is a transaction of its own, and what is in step already is not read again.
    """
    yield _gone(engagement_ids)
    for block in batches(_changed_notes(engagement_ids), BLOCK):
        yield _put(NOTE, block)
    for block in batches(_changed_engagements(engagement_ids), BLOCK):
        yield _put(ENGAGEMENT, block)


def index(engagement_id: str) -> int:
    """Take in what changed of one engagement and its notes; how many records."""
    return sum(refresh([engagement_id]))


def put(kind: str, engagement_id: str, found: Iterable[Searchable]) -> None:
    """Take in one engagement's records of a kind that a room above keeps."""
    rows = {item.record: item for item in found}
    entries = SearchEntry.objects.filter(kind=kind, engagement=engagement_id)
    known = dict(entries.values_list("record", "digest"))
    gone = known.keys() - rows.keys()
    changed = [item for key, item in rows.items() if known.get(key) != item.digest]
    if gone:
        entries.filter(record__in=gone).delete()
    if changed:
        _put(kind, changed)


def _put(kind: str, block: list[Searchable]) -> int:
    """Replace the entries of these records."""
    rows = [
        (item.engagement_id, kind, item.record, item.digest, _words(kind, item.text))
        for item in block
    ]
    with transaction.atomic():
        for batch in batches([item.record for item in block]):
            SearchEntry.objects.filter(kind=kind, record__in=batch).delete()
        last = SearchEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        upsert(SearchEntry, COLUMNS, rows, unique=["kind", "record"])
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO search_words (rowid, words) "
                    "SELECT id, words FROM engagements_searchentry WHERE id > %s",
                    [last],
                )
    return len(rows)


def mark_of(kind: str) -> str:
    """The word that says what a record is; nobody can type it, as no word holds such a character.

    With it the index itself passes over the many notes where a few risks are looked for.
    """
    return f"§{kind}"


def _words(kind: str, text: str) -> str:
    """Each word once: no phrase is looked for, and the index is a third smaller for it."""
    return " ".join([mark_of(kind), *list(dict.fromkeys(folded(text)))[:MOST_WORDS]])


def _gone(engagement_ids: Collection[str] | None) -> int:
    """Forget notes that are no longer there; an engagement's entries go with it."""
    entries = SearchEntry.objects.filter(kind=NOTE)
    if engagement_ids is not None:
        entries = entries.filter(engagement__in=engagement_ids)
    notes = DeliveryNote.objects.filter(pk=OuterRef("record"))
    keys = entries.filter(~Exists(notes)).values_list("pk", flat=True)
    gone = 0
    for batch in batches(list(keys)):
        gone += SearchEntry.objects.filter(pk__in=batch).delete()[0]
    return gone


def _changed_notes(engagement_ids: Collection[str] | None) -> Iterator[Searchable]:
    notes = DeliveryNote.objects.all()
    if engagement_ids is not None:
        notes = notes.filter(engagement__in=engagement_ids)
    # The newest last: of a common word, the entries made last are looked at.
    changed = _changed(NOTE, notes, "content", order=("created_at", "pk"))
    for key, engagement_id, digest, content in changed:
        yield Searchable(key, engagement_id, digest, f"{key} {content}")


def _changed_engagements(engagement_ids: Collection[str] | None) -> Iterator[Searchable]:
    chosen = Engagement.objects.all()
    if engagement_ids is not None:
        chosen = chosen.filter(pk__in=engagement_ids)
    names = ("customer_name", "engagement_type", "owner_name", "industry", "region")
    for key, engagement_id, digest, *texts in _changed(ENGAGEMENT, chosen, *names):
        yield Searchable(key, engagement_id, digest, " ".join([key, *filter(None, texts)]))


def _changed(
    kind: str, rows: QuerySet[Any], *texts: str, order: Sequence[str] = ("pk",)
) -> Iterator[tuple[Any, ...]]:
    """Key, engagement, hash and texts of rows whose hash no entry has; all keys first."""
    same = SearchEntry.objects.filter(kind=kind, record=OuterRef("pk"), digest=OuterRef("row_hash"))
    keys = list(rows.filter(~Exists(same)).order_by(*order).values_list("pk", flat=True))
    columns = ("pk", "engagement_id", "row_hash", *texts)
    for batch in batches(keys):
        yield from rows.filter(pk__in=batch).order_by(*order).values_list(*columns)

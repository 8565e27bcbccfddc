"""The words of each searchable record, folded, one row a record."""

from __future__ import annotations

from django.db import models


class SearchEntry(models.Model):
    """What a record can be found by. ``record`` is its key in its own table, as text.

    On SQLite the words are indexed by the FTS5 table ``search_words``, on PostgreSQL by a GIN index
    of this one. Written by ``engagements.search_index`` alone, which keeps both in step.
    """

    engagement = models.ForeignKey("engagements.Engagement", models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12)  # engagement, note, risk or action
    record = models.CharField(max_length=200)
    digest = models.CharField(max_length=32)  # of the row the words were taken from
    words = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "record"], name="one_entry_a_record"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record}"

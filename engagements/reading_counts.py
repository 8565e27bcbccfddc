"""Readings counted by day, state and band: what the dashboard says of a portfolio's past weeks."""

from __future__ import annotations

from django.db import models

from psinsights.lib.rollup import Rollup


class ReadingCount(models.Model):
    """So many readings of a day, in a state, with a band. Written by the database alone."""

    day = models.DateField()
    state = models.CharField(max_length=20)
    band = models.CharField(max_length=10)
    count = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "state", "band"], name="one_reading_count")
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.band} on {self.day}"


_WORDS = {name: f"{{row}}.{name}" for name in ("day", "state", "band")}
READINGS = Rollup(
    table="engagements_healthreading",
    into="engagements_readingcount",
    reads=("day", "state", "band"),
    words={"sqlite": _WORDS, "postgresql": _WORDS},
    sums={"sqlite": {}, "postgresql": {}},
)

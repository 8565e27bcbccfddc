"""The days on which the reported status of an engagement turned: what a lead time is measured to.

The database writes them as it writes the status, whoever does, so that no load can forget one.
"""

from __future__ import annotations

from django.db import models

from psinsights.lib.rollup import Trace


class StatusTurn(models.Model):
    """The reported status went from one word to another.

    ``day`` is the one that the source gives for its change, else the day of the load. The row
    outlives a source that loses the engagement, and is there again when it returns.
    """

    engagement = models.ForeignKey(
        "engagements.Engagement",
        models.DO_NOTHING,
        db_constraint=False,
        related_name="turns",
        db_index=False,
    )
    day = models.DateField()
    before = models.CharField(max_length=20)
    after = models.CharField(max_length=20)

    class Meta:
        indexes = [models.Index(fields=["after", "day"], name="turn_by_day")]

    def __str__(self) -> str:
        return f"{self.engagement_id} {self.day}: {self.before} to {self.after}"


_COLUMNS = {
    "engagement_id": "new.engagement_id",
    "before": "old.status",
    "after": "new.status",
}
TURNS = Trace(
    table="engagements_engagement",
    into="engagements_statusturn",
    of="status",
    # Another customer under the same id is another engagement, and nothing has turned.
    when="old.status <> new.status AND old.customer_name = new.customer_name",
    columns={
        "sqlite": _COLUMNS
        | {
            "day": "CASE WHEN new.updated_at IS NOT NULL AND new.updated_at IS NOT old.updated_at "
            "THEN min(substr(new.updated_at, 1, 10), date('now')) ELSE date('now') END"
        },
        "postgresql": _COLUMNS
        | {
            "day": "CASE WHEN new.updated_at IS NOT NULL "
            "AND new.updated_at IS DISTINCT FROM old.updated_at "
            "THEN least((new.updated_at AT TIME ZONE 'UTC')::date, "
            "(now() AT TIME ZONE 'UTC')::date) ELSE (now() AT TIME ZONE 'UTC')::date END"
        },
    },
)

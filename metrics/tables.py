"""The two tables whose history this room takes in, imported and never overwriting our own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import Q

from connectors.tables import MADE_HERE, Table
from engagements import records
from engagements.ingest import RowIntake, batches
from metrics.models import Adoption, AiMetric

OURS = Q(imported=False)


class HistoryIntake(RowIntake):
    """Imported rows beside our own, which a source neither changes nor removes."""

    def known(self) -> dict[str, str]:
        return super().known() | dict.fromkeys(self.ours(), MADE_HERE)


class AdoptionIntake(HistoryIntake):
    """A row is known by its day and role together."""

    def key(self, record: Any) -> str:
        return f"{record.date}|{record.role}"

    def known(self) -> dict[str, str]:
        rows = Adoption.objects.values_list("date", "role", "row_hash", "imported")
        return {
            f"{day}|{role}": digest if imported else MADE_HERE
            for day, role, digest, imported in rows
        }

    def ours(self) -> set[str]:
        rows = Adoption.objects.filter(OURS).values_list("date", "role")
        return {f"{day}|{role}" for day, role in rows}

    def remove(self, keys: Collection[str]) -> set[str]:
        for batch in batches(keys):
            gone = Q(pk__in=[])
            for day, _, role in (key.partition("|") for key in batch):
                gone |= Q(date=day, role=role)
            Adoption.objects.filter(gone).exclude(OURS).delete()
        return set()


def tables() -> Sequence[Table]:
    """What ``ready`` registers."""
    return (
        Table(
            name="ps_ai_metrics",
            file="ai_metrics.json",
            record=records.AiMetricRecord,
            key=("metric_id",),
            required=("metric_id", "date", "role", "insight_type", "insights_generated"),
            intake=HistoryIntake(
                AiMetric, records.AiMetricRecord, ours=OURS, constants={"imported": True}
            ),
            order=60,
            optional=True,
        ),
        Table(
            name="ps_adoption_metrics",
            file="adoption_metrics.json",
            record=records.AdoptionRecord,
            key=("date", "role"),
            required=("date", "role"),
            intake=AdoptionIntake(
                Adoption,
                records.AdoptionRecord,
                ours=OURS,
                constants={"imported": True},
                unique=("date", "role"),
            ),
            order=70,
            optional=True,
        ),
    )

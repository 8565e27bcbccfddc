"""The table that this room takes in: ``ps_ai_insights``, insights that were made elsewhere.

Rows that were made here come back with the source and change nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from django.db import models

from connectors.tables import MADE_HERE, Table
from engagements import records
from engagements.ingest import batches
from engagements.ingest import row_hash as hash_of
from insights.models import Insight
from insights.schema import Level

LEVELS = [str(level) for level in (Level.LOW, Level.MEDIUM, Level.HIGH, Level.CRITICAL)]
COLUMNS = [name for name in records.InsightRecord.__struct_fields__ if name != "updated_at"]
TEXTS = (
    *("customer_name", "provider", "model", "prompt_version", "input_fingerprint"),
    "requested_by",
)


class InsightIntake:
    """Takes imported insights. See ``connectors.tables.Intake``."""

    def key(self, record: records.InsightRecord) -> str:
        return record.insight_id

    def row_hash(self, record: records.InsightRecord) -> str:
        return hash_of(_canonical(_columns(record)))

    def known(self) -> dict[str, str]:
        ours = dict.fromkeys(self.ours(), MADE_HERE)
        imported = Insight.objects.filter(imported=True).values(*COLUMNS)
        return ours | {row["insight_id"]: hash_of(_canonical(row)) for row in imported.iterator()}

    def ours(self) -> set[str]:
        return set(Insight.objects.filter(imported=False).values_list("pk", flat=True))

    def write(
        self, rows: Sequence[tuple[records.InsightRecord, str]], changed: Sequence[str]
    ) -> set[str]:
        insights = [
            Insight(
                **_columns(record),
                imported=True,
                is_current=False,
                version=0,
                severity=_severity(_columns(record)["payload"]),
            )
            for record, _ in rows
        ]
        fields = [name for name in COLUMNS if name != "insight_id"]
        Insight.objects.bulk_create(
            insights,
            batch_size=200,
            update_conflicts=True,
            unique_fields=["insight_id"],
            update_fields=[*fields, "severity"],
        )
        _number_versions({(i.engagement_id, i.insight_type) for i in insights})
        return set()

    def remove(self, keys: Collection[str]) -> set[str]:
        for batch in batches(keys):
            gone = Insight.objects.filter(pk__in=batch, imported=True)
            pairs = set(gone.values_list("engagement_id", "insight_type"))
            gone.delete()
            _number_versions(pairs)
        return set()


def _columns(record: records.InsightRecord) -> dict[str, Any]:
    """The row as the model has it: JSON as objects, missing text as empty."""
    values = {name: getattr(record, name) for name in COLUMNS}
    values |= {name: values[name] or "" for name in TEXTS}
    values |= {
        name: json.loads(values[name]) if values[name] else {}
        for name in ("payload", "verification")
    }
    values["insight_type"] = str(record.insight_type)
    return values


class _Canonical(msgspec.Struct, frozen=True):
    values: str


def _canonical(values: dict[str, Any]) -> _Canonical:
    """The same for a row of the source and for what was kept of it."""
    return _Canonical(
        json.dumps([values[name] for name in COLUMNS], sort_keys=True, default=_instant)
    )


def _instant(value: Any) -> str:
    return value.isoformat()


def _severity(payload: dict[str, Any]) -> str:
    """The heaviest level among the claims of an imported payload."""
    claims = payload.get("claims")
    levels = [
        claim["severity"]
        for claim in (claims if isinstance(claims, list) else [])
        if isinstance(claim, dict) and claim.get("severity") in LEVELS
    ]
    return max(levels, key=LEVELS.index, default="")


def _number_versions(pairs: Iterable[tuple[str, str]]) -> None:
    """Versions of each engagement's kind in the order they were made; the newest is current."""
    for batch in batches(pairs, 100):
        chosen = models.Q(pk__in=[])
        for engagement_id, kind in batch:
            chosen |= models.Q(engagement_id=engagement_id, insight_type=kind)
        rows = Insight.objects.filter(chosen).order_by("generated_at", "insight_id")
        newest: dict[tuple[str, str], Insight] = {}
        changed = []
        for insight in rows.only("engagement_id", "insight_type", "version", "is_current"):
            pair = (insight.engagement_id, insight.insight_type)
            version = newest[pair].version + 1 if pair in newest else 1
            insight.version, insight.is_current = version, False
            newest[pair] = insight
            changed.append(insight)
        # First none is current, then one: the constraint holds at every statement.
        Insight.objects.bulk_update(changed, ["version", "is_current"], batch_size=200)
        Insight.objects.filter(pk__in=[insight.pk for insight in newest.values()]).update(
            is_current=True
        )


def table() -> Table:
    """What ``ready`` registers."""
    return Table(
        name="ps_ai_insights",
        file="ai_insights.json",
        record=records.InsightRecord,
        key=("insight_id",),
        required=("insight_id", "engagement_id", "insight_type", "content", "generated_at"),
        intake=InsightIntake(),
        order=50,
        parent="engagement_id",
        optional=True,
    )

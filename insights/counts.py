"""Insights counted by day, writer and kind: what the metrics, the API and the settings add up."""

from __future__ import annotations

from django.db import models

from engagements.models import choices
from engagements.records import InsightType
from psinsights.lib.rollup import Rollup


class InsightCount(models.Model):
    """So many insights of a day (UTC), with their claims, tokens and time; written by the database.

    ``timed`` of them say how long they took, ``milliseconds`` together; ``told`` say their tokens.
    """

    day = models.DateField()
    imported = models.BooleanField()
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=200)
    insight_type = models.CharField(max_length=30, choices=choices(InsightType))
    count = models.IntegerField()
    fallbacks = models.IntegerField()
    checked = models.IntegerField()  # claims
    kept = models.IntegerField()
    told = models.IntegerField()
    input_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()
    timed = models.IntegerField()
    milliseconds = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "imported", "provider", "model", "insight_type"],
                name="one_insight_count",
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.insight_type} on {self.day}"


def _words(day: str) -> dict[str, str]:
    named = ("imported", "provider", "model", "insight_type")
    return {"day": day, **{name: f"{{row}}.{name}" for name in named}}


def _sums(number: str) -> dict[str, str]:
    """Sums of a row; ``number`` reads one of its verification."""
    tokens = ("input_tokens", "output_tokens")
    return {
        "fallbacks": _one("{row}.fallback_reason <> ''"),
        "checked": number.replace("NAME", "checked"),
        "kept": number.replace("NAME", "kept"),
        "told": _one("{row}.input_tokens IS NOT NULL OR {row}.output_tokens IS NOT NULL"),
        **{name: f"COALESCE({{row}}.{name}, 0)" for name in tokens},
        "timed": _one("{row}.latency_ms IS NOT NULL"),
        "milliseconds": "COALESCE({row}.latency_ms, 0)",
    }


def _one(condition: str) -> str:
    return f"CASE WHEN {condition} THEN 1 ELSE 0 END"


# What is no number counts as none: a source may give anything.
_SQLITE = (
    "CASE json_type({row}.verification, '$.NAME') WHEN 'integer' "
    "THEN json_extract({row}.verification, '$.NAME') ELSE 0 END"
)
_POSTGRESQL = (
    "CASE jsonb_typeof({row}.verification->'NAME') WHEN 'number' "
    "THEN ({row}.verification->>'NAME')::numeric::integer ELSE 0 END"
)
INSIGHTS = Rollup(
    table="insights_insight",
    into="insights_insightcount",
    reads=(
        *("generated_at", "imported", "provider", "model", "insight_type", "fallback_reason"),
        *("verification", "input_tokens", "output_tokens", "latency_ms"),
    ),
    words={
        "sqlite": _words("substr({row}.generated_at, 1, 10)"),
        "postgresql": _words("({row}.generated_at AT TIME ZONE 'UTC')::date"),
    },
    sums={"sqlite": _sums(_SQLITE), "postgresql": _sums(_POSTGRESQL)},
)

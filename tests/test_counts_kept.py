"""Sums that the database keeps are those of the rows, whoever writes and however."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F

from engagements.ingest import upsert
from engagements.models import HealthReading, ReadingCount
from insights.counts import INSIGHTS
from insights.models import Insight, InsightCount
from psinsights.lib import rollup
from tests.factories import days, make_engagement, make_reading, moment

pytestmark = pytest.mark.django_db
SUMS = ("fallbacks", "checked", "kept", "told", "input_tokens", "output_tokens", "timed")


def readings_kept() -> Counter[tuple]:
    rows = ReadingCount.objects.values_list("day", "state", "band", "count")
    return Counter({(day, state, band): count for day, state, band, count in rows if count})


def readings_there() -> Counter[tuple]:
    return Counter(HealthReading.objects.values_list("day", "state", "band"))


def insights_kept() -> dict[tuple, tuple]:
    words = ("day", "imported", "provider", "model", "insight_type")
    rows = InsightCount.objects.exclude(count=0)
    return {
        tuple(row[word] for word in words): tuple(row[name] for name in ("count", *SUMS))
        for row in rows.values(*words, "count", *SUMS)
    }


def insights_there() -> dict[tuple, tuple]:
    sums: dict[tuple, list[int]] = {}
    for row in Insight.objects.all():
        said = row.verification
        key = (row.generated_at.date(), row.imported, row.provider, row.model, row.insight_type)
        tokens = (row.input_tokens, row.output_tokens)
        numbers = (
            1, row.fallback_reason != "", said.get("checked", 0), said.get("kept", 0),
            tokens != (None, None), tokens[0] or 0, tokens[1] or 0, row.latency_ms is not None,
        )  # fmt: skip
        found = sums.setdefault(key, [0] * len(numbers))
        sums[key] = [a + b for a, b in zip(found, numbers, strict=True)]
    return {key: tuple(numbers) for key, numbers in sums.items()}


def an_insight(at: int = 0, **given) -> Insight:
    values = {
        "engagement_id": f"ENG-{at}",
        "insight_type": "health_summary",
        "content": "",
        "generated_at": moment(days(-at)),
        "provider": "embedded",
        "verification": {"checked": 3, "kept": 2},
        "latency_ms": 5,
    }
    return Insight(**values | given)


def test_a_new_insight_is_counted_with_its_claims_and_tokens():
    an_insight(input_tokens=700, output_tokens=90, fallback_reason="Nobody answered.").save()
    assert insights_kept() == insights_there()
    assert InsightCount.objects.get().input_tokens == 700


def test_what_is_written_at_once_is_counted_row_by_row():
    Insight.objects.bulk_create([an_insight(at, is_current=at % 2 == 0) for at in range(20)])
    Insight.objects.bulk_create([an_insight(at) for at in range(20, 25)], ignore_conflicts=True)
    again = [an_insight(at, insight_id=f"INS-{at}", provider="old") for at in range(30, 33)]
    Insight.objects.bulk_create(again)
    for row in again:
        row.provider, row.generated_at = "new", moment(days(0))
    Insight.objects.bulk_create(
        again,
        update_conflicts=True,
        unique_fields=["insight_id"],
        update_fields=["provider", "generated_at"],
    )
    assert insights_kept() == insights_there()


def test_an_insight_that_changes_moves_to_other_sums():
    Insight.objects.bulk_create([an_insight(at) for at in range(6)])
    Insight.objects.filter(generated_at__lt=moment(days(-3))).update(
        provider="huggingface", generated_at=F("generated_at") - timedelta(days=40)
    )
    Insight.objects.update(verification={"checked": 9, "kept": 9, "rejected": []})
    assert insights_kept() == insights_there()


def test_what_goes_is_counted_no_more():
    Insight.objects.bulk_create([an_insight(at) for at in range(6)])
    Insight.objects.filter(generated_at__lt=moment(days(-3))).delete()
    Insight.objects.first().delete()
    assert insights_kept() == insights_there()
    Insight.objects.all().delete()
    assert insights_kept() == {}


def test_a_verification_that_holds_no_numbers_counts_as_none():
    an_insight(verification={"checked": "many", "kept": None}).save()
    an_insight(1, verification=[], imported=True).save()
    assert set(InsightCount.objects.values_list("checked", "kept")) == {(0, 0)}


def test_a_transaction_that_is_taken_back_takes_its_counts_along():
    an_insight().save()
    with transaction.atomic():
        an_insight(1).save()
        transaction.set_rollback(True)
    assert insights_kept() == insights_there()
    assert sum(row[0] for row in insights_kept().values()) == 1


def test_readings_are_counted_as_they_come_change_and_go():
    for at in range(4):
        engagement = make_engagement(engagement_id=f"ENG-{at}")
        for back in range(3):
            make_reading(engagement, days(-back), score=40 + at)
    assert readings_kept() == readings_there()
    HealthReading.objects.filter(day=days(-1)).update(band="warning")
    HealthReading.objects.filter(day=days(-2)).update(detail=None)
    assert readings_kept() == readings_there()
    rows = [["ENG-1", days(0).isoformat(), 90, "healthy", "scored", 1.0, "{}", None, 1]]
    columns = ["engagement_id", "day", "score", "band", "state", "coverage", "lost", "detail"]
    upsert(HealthReading, [*columns, "rules_version"], rows, unique=["engagement_id", "day"])
    assert readings_kept() == readings_there()
    engagement.delete()
    assert readings_kept() == readings_there()


def test_sums_are_counted_anew_after_a_migration():
    an_insight().save()
    InsightCount.objects.update(count=70)
    rollup.remove(INSIGHTS, connection.alias)
    an_insight(1).save()
    rollup.install(INSIGHTS, connection.alias)
    an_insight(2).save()
    assert insights_kept() == insights_there()

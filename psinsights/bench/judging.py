"""Judgement: health of a whole portfolio on a new day, and insights by the embedded engine."""

from __future__ import annotations

import os
import time
from datetime import timedelta

from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

from engagements import findings, readings
from engagements.models import Engagement
from engagements.records import InsightType
from insights.dossier import assemble
from insights.generation import generate
from insights.models import Insight, new_insight_id
from insights.providers.embedded import EmbeddedProvider
from insights.schema import Dossier
from insights.writing import write
from psinsights.bench.home import peak_memory
from psinsights.lib.today import today

FEWEST, MOST = 12, 30  # notes of the engagements that insights are written for
WRITTEN = 60  # engagements
WARM_UP = 5
MADE = 12  # engagements whose insights are made for good, and copied to the others


def health() -> dict[str, float]:
    """CPU and queries of assessing everything today, when it was assessed yesterday."""
    sum(readings.refresh(as_of=today() - timedelta(days=1)))
    began = time.process_time()
    with CaptureQueriesContext(connection) as queries:
        assessed = sum(readings.refresh(as_of=today()))
    took = time.process_time() - began
    return {"cpu": took, "queries": len(queries), "engagements": assessed}


def insights() -> dict[str, float]:
    """Engagements per CPU second for all four types, milliseconds of each, peak memory."""
    chosen = list(
        Engagement.objects.active()
        .annotate(number=Count("notes"))
        .filter(number__gte=FEWEST, number__lte=MOST)
        .order_by("pk")[: WRITTEN + WARM_UP]
    )
    findings.reread([engagement.pk for engagement in chosen])
    dossiers = [assemble(engagement, today()) for engagement in chosen]
    provider = EmbeddedProvider()
    for dossier in dossiers[:WARM_UP]:
        _all_kinds(provider, dossier)
    each = dict.fromkeys(map(str, InsightType), 0.0)
    for dossier in dossiers[WARM_UP:]:
        for kind, took in _all_kinds(provider, dossier).items():
            each[kind] += took
    number = max(1, len(dossiers) - WARM_UP)
    milliseconds = {kind: 1000 * took / number for kind, took in each.items()}
    return milliseconds | {
        "rate": number / sum(each.values()),
        "peak": peak_memory(),
        "notes": sum(len(dossier.notes) for dossier in dossiers) / len(dossiers),
    }


def _all_kinds(provider: EmbeddedProvider, dossier: Dossier) -> dict[str, float]:
    """CPU seconds of each type: composed and verified, as a person would get it."""
    took = {}
    for kind in InsightType:
        began = time.process_time()
        write(provider, dossier, kind)
        took[str(kind)] = time.process_time() - began
    return took


def fill() -> dict[str, float]:
    """Insights for every engagement: made for some, copied to the others, so that pages are full."""
    number = int(os.environ["BENCH_ENGAGEMENTS"])
    made = list(Engagement.objects.active().order_by("pk")[: min(MADE, number)])
    findings.reread([engagement.pk for engagement in made])
    readings.recompute([engagement.pk for engagement in made], as_of=today())
    for engagement in made:
        for kind in InsightType:
            generate(engagement, kind, force=True)
    sets = [list(engagement.insights.current()) for engagement in made]
    others = Engagement.objects.exclude(pk__in=[one.pk for one in made])
    Insight.objects.bulk_create(
        (
            _copied(model, pk)
            for at, pk in enumerate(others.values_list("pk", flat=True))
            for model in sets[at % len(sets)]
        ),
        batch_size=200,
    )
    return {"insights": Insight.objects.count()}


def _copied(model: Insight, engagement_id: str) -> Insight:
    values = {
        field.attname: getattr(model, field.attname) for field in Insight._meta.concrete_fields
    }
    return Insight(**values | {"insight_id": new_insight_id(), "engagement_id": engagement_id})

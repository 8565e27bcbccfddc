"""Keeping an insight: a new version with its provenance, and its row on the way to the source."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db.models import Max
from django.utils import timezone

from connectors import outbox
from engagements.records import InsightType
from insights.following import follow
from insights.models import Generation, Insight
from insights.render import plain_text
from insights.schema import Claim, Dossier, Level
from insights.writing import Written

TABLE = "ps_ai_insights"
LEVEL_ORDER = (Level.LOW, Level.MEDIUM, Level.HIGH, Level.CRITICAL)
NAMESPACE = uuid.UUID("5f0d3a52-5a38-4a5c-9d0f-0c8a5b1f6a10")


def insight_id_of(run: Generation) -> str:
    """The same run always writes the same id, so a write that is sent twice is there once."""
    return f"INS-{uuid.uuid5(NAMESPACE, f'{run.pk}:{run.created_at.isoformat()}').hex[:16].upper()}"


def store(
    run: Generation, dossier: Dossier, written: Written, *, fingerprint: str, inputs: str
) -> Insight:
    """Write the next version; call within the transaction that settles the run."""
    kind = InsightType(run.insight_type)
    versions = Insight.objects.filter(engagement_id=run.engagement_id, insight_type=kind)
    newest = versions.aggregate(newest=Max("version"))["newest"] or 0
    versions.current().update(is_current=False)
    insight = Insight.objects.create(
        insight_id=insight_id_of(run),
        engagement_id=run.engagement_id,
        customer_name=dossier.engagement.customer_name,
        insight_type=kind,
        content=plain_text(kind, written.verification.kept, written.draft.left_out),
        generated_at=timezone.now(),
        version=newest + 1,
        input_fingerprint=fingerprint,
        inputs=inputs,
        as_of=dossier.as_of,
        requested_by=run.requested_by.get_username() if run.requested_by else "",
        **provenance(written),
        payload=payload(dossier, written),
    )
    follow(insight, dossier, written.verification.kept)
    outbox.enqueue(TABLE, insight.insight_id, source_row(insight))
    return insight


def provenance(written: Written) -> dict[str, Any]:
    """Who wrote it and how the check went."""
    draft, check = written.draft, written.verification
    return {
        "provider": written.provider,
        "model": draft.model,
        "prompt_version": draft.prompt_version,
        "fallback_reason": written.fallback_reason[:300],
        "latency_ms": written.latency_ms,
        "input_tokens": draft.input_tokens,
        "output_tokens": draft.output_tokens,
        "severity": heaviest(check.kept),
        "verification": {
            "checked": len(draft.claims),
            "kept": len(check.kept),
            "rejected": msgspec.to_builtins(check.rejected),
        },
    }


def heaviest(claims: tuple[Claim, ...]) -> str:
    """The gravest level among claims, "" when none has one."""
    levels = [claim.severity for claim in claims if claim.severity]
    return str(max(levels, key=LEVEL_ORDER.index)) if levels else ""


def payload(dossier: Dossier, written: Written) -> dict[str, Any]:
    """The structured insight: claims, the facts they name, what was read and what was left out."""
    named = {name for claim in written.verification.kept for name in claim.facts}
    return {
        "claims": msgspec.to_builtins(written.verification.kept),
        "facts": {
            name: msgspec.to_builtins(dossier.facts[name])
            for name in sorted(named)
            if name in dossier.facts
        },
        "used": list(written.draft.used),
        "left_out": list(written.draft.left_out),
        "as_of": dossier.as_of.isoformat(),
    }


def source_row(insight: Insight) -> dict[str, Any]:
    """The insight as ``ps_ai_insights`` has it."""
    return {
        "insight_id": insight.insight_id,
        "engagement_id": insight.engagement_id,
        "customer_name": insight.customer_name,
        "insight_type": str(insight.insight_type),
        "content": insight.content,
        "generated_at": stamp(insight.generated_at),
        "provider": insight.provider,
        "model": insight.model,
        "prompt_version": insight.prompt_version,
        "input_fingerprint": insight.input_fingerprint,
        "payload": msgspec.json.encode(insight.payload, order="sorted").decode(),
        "verification": msgspec.json.encode(insight.verification, order="sorted").decode(),
        "latency_ms": insight.latency_ms,
        "input_tokens": insight.input_tokens,
        "output_tokens": insight.output_tokens,
        "requested_by": insight.requested_by or None,
        "updated_at": stamp(insight.updated_at),
    }


def stamp(when: datetime) -> str:
    return when.astimezone(UTC).isoformat()

"""All that is known of one engagement as of a day, gathered from the database."""

from __future__ import annotations

import hashlib
from datetime import date

import msgspec

from engagements import rows, scoring
from engagements.health import Facts, Health, assess
from engagements.models import Engagement, HealthReading
from engagements.records import InsightType
from insights.facts import gather
from insights.schema import Dossier
from psinsights.lib.typed import convert


def assemble(engagement: Engagement, as_of: date) -> Dossier:
    """The dossier of an engagement: at most seven queries, nothing later than ``as_of``."""
    record = rows.engagement_record(engagement)
    tasks = rows.tasks_of(record.engagement_id)
    notes = rows.notes_of(record.engagement_id, until=as_of)
    usage = rows.usage_of(record.engagement_id, until=as_of)
    findings = rows.findings_of(record.engagement_id, until=as_of)
    rules = scoring.in_force().rules
    health = stored_health(record.engagement_id, as_of) or assess(
        Facts(
            engagement=record, tasks=tasks, notes=notes, findings=findings, usage=usage, as_of=as_of
        ),
        rules=rules,
    )
    return Dossier(
        engagement=record,
        as_of=as_of,
        tasks=tuple(tasks),
        notes=tuple(notes),
        usage=tuple(usage),
        findings=tuple(findings),
        health=health,
        facts=gather(record, tasks, notes, usage, findings, health, as_of, rules=rules),
    )


def stored_health(engagement_id: str, as_of: date) -> Health | None:
    """The reading of that day with its working, so that pages and insights say the same."""
    reading = HealthReading.objects.filter(
        engagement_id=engagement_id, day=as_of, detail__isnull=False
    ).first()
    return convert(reading.detail, Health, strict=False) if reading else None


def fingerprint(
    dossier: Dossier, kind: InsightType, *, provider: str, model: str, prompt_version: str
) -> str:
    """What an insight is made from, as a hash: the same input is not generated twice."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(msgspec.json.encode([str(kind), provider, model, prompt_version], order="sorted"))
    digest.update(msgspec.json.encode(dossier, order="sorted"))
    return digest.hexdigest()

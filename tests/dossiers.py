"""Dossiers for tests: the least that is true, made whole by the same code as the product's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from engagements.health import Facts, assess
from engagements.records import (
    EngagementRecord,
    EngagementStatus,
    NoteRecord,
    Sentiment,
    TaskRecord,
    TaskStatus,
    TeamMember,
    UsageRecord,
)
from insights.engine.reader import read_notes
from insights.facts import gather
from insights.schema import Dossier

TODAY = date(2026, 11, 20)  # a Friday


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def make_note(number: int, days_ago: int, content: str, sentiment: str | None = None) -> NoteRecord:
    return NoteRecord(
        note_id=f"N-{number}",
        engagement_id="ENG-1",
        created_at=datetime.combine(ago(days_ago), time(9, 30), UTC),
        content=content,
        sentiment=Sentiment(sentiment) if sentiment else None,
    )


def make_task(number: int, name: str, status: str = "In Progress", **given: Any) -> TaskRecord:
    return TaskRecord(
        task_id=f"T-{number}",
        engagement_id="ENG-1",
        name=name,
        status=TaskStatus(status),
        **given,
    )


def make_usage(number: int, days_ago: int, runs: int) -> UsageRecord:
    return UsageRecord(
        usage_id=f"U-{number}",
        engagement_id="ENG-1",
        notebook_name="cost_model",
        execution_date=ago(days_ago),
        execution_count=runs,
    )


def make_engagement(**given: Any) -> EngagementRecord:
    values: dict[str, Any] = {
        "engagement_id": "ENG-1",
        "customer_name": "Halden Freight",
        "status": EngagementStatus.ACTIVE,
        "engagement_type": "Platform Migration",
        "start_date": ago(100),
        "end_date": ago(-60),
        "team_members": (TeamMember(id="P1", name="Ines Marl", role="Engagement lead"),),
    }
    return EngagementRecord(**(values | given))


def make_dossier(
    notes: Sequence[NoteRecord] = (),
    tasks: Sequence[TaskRecord] = (),
    usage: Sequence[UsageRecord] = (),
    as_of: date = TODAY,
    engagement: Mapping[str, Any] | None = None,
) -> Dossier:
    record = make_engagement(**(engagement or {}))
    ordered = tuple(sorted(notes, key=lambda n: n.created_at, reverse=True))
    findings = read_notes(ordered)
    health = assess(
        Facts(
            engagement=record, tasks=tasks, notes=ordered, findings=findings, usage=usage,
            as_of=as_of,
        )
    )  # fmt: skip
    return Dossier(
        engagement=record,
        as_of=as_of,
        tasks=tuple(tasks),
        notes=ordered,
        usage=tuple(usage),
        findings=findings,
        health=health,
        facts=gather(record, tasks, ordered, usage, findings, health, as_of),
    )


def troubled() -> Dossier:
    """An engagement in trouble: late milestones, a silent owner, access missing, usage falling."""
    return make_dossier(
        notes=[
            make_note(
                14,
                4,
                "Asked again who signs off the pilot cut-over. Two directors each said the other one does. Depot leads will not move a date without a name. Team morale fine, but people are waiting.",
                "risk",
            ),
            make_note(
                13,
                8,
                "Backfill for 2023 needs a second pass. The carrier extract changed its currency column in week 31 and we only saw it in reconciliation. Eleven lanes still differ by more than 2%.",
                "risk",
            ),
            make_note(
                12,
                10,
                "Depot access request has been with their security team for three weeks. Without it the cost model cannot be tested on live lanes. We are still waiting on the customer for network access.",
                "risk",
            ),
            make_note(
                11,
                16,
                "Finance reviewed the first route-cost dashboard and was very happy with it. They found two mispriced lanes in the session.",
                "positive",
            ),
            make_note(
                10,
                17,
                "We are waiting on the customer for network access to the depot VPN.\nNext steps:\n- Schedule a workshop with the depot leads by 27 Nov 2026\n- Priya to send the schema-change notice to the carrier",
                "neutral",
            ),
            make_note(
                9,
                24,
                "Budget could be exceeded if the second pass takes longer than planned.",
                "risk",
            ),
            make_note(8, 30, "Cluster access was blocked by a firewall rule.", "risk"),
            make_note(
                7, 27, "The firewall rule is resolved and cluster access works now.", "positive"
            ),
            make_note(6, 40, "Kick-off done, scope agreed.", "positive"),
        ],
        tasks=[
            make_task(
                1,
                "Discovery workshop",
                "Completed",
                start_date=ago(95),
                end_date=ago(80),
                completed_at=datetime.combine(ago(80), time(), UTC),
            ),
            make_task(
                2,
                "Ingest carrier extract",
                "Completed",
                start_date=ago(80),
                end_date=ago(12),
                completed_at=datetime.combine(ago(10), time(), UTC),
            ),
            make_task(
                3,
                "Pilot cut-over",
                "In Progress",
                start_date=ago(40),
                end_date=ago(13),
                is_milestone=True,
                progress_percent=40,
                baseline_end_date=ago(30),
            ),
            make_task(
                4,
                "Rate table reconciliation",
                "In Progress",
                start_date=ago(30),
                end_date=ago(7),
                progress_percent=60,
            ),
            make_task(
                7,
                "Backfill 2023 shipments",
                "In Progress",
                start_date=ago(20),
                end_date=ago(-1),
                progress_percent=40,
            ),
            make_task(
                11,
                "Cost model regression suite",
                "Blocked",
                start_date=ago(20),
                end_date=ago(-8),
                updated_at=datetime.combine(ago(9), time(), UTC),
            ),
            make_task(
                12,
                "UAT exit",
                "Not Started",
                start_date=ago(-8),
                end_date=ago(-22),
                is_milestone=True,
            ),
        ],
        usage=[
            make_usage(1, 3, 8),
            make_usage(2, 9, 10),
            make_usage(3, 18, 30),
            make_usage(4, 25, 22),
        ],
        engagement={"planned_hours": 640, "consumed_hours": 412, "health_score": 82},
    )

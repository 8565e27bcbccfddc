"""What this room makes known when Django starts: its tables and its system checks."""

from __future__ import annotations

from connectors.tables import Table
from connectors.tables import register as register_table
from engagements import ingest, records


def register() -> None:
    """Register the tables and checks of this room."""
    from connectors import checks  # noqa: F401 - registers the system checks

    for table in portfolio_tables():
        register_table(table)


def portfolio_tables() -> list[Table]:
    """The tables whose rows ``engagements`` keeps; it lies below and cannot register them."""
    return [
        Table(
            name="ps_engagements",
            file="engagements.json",
            record=records.EngagementRecord,
            key=("engagement_id",),
            required=("engagement_id", "customer_name", "status"),
            intake=ingest.ENGAGEMENTS,
            order=10,
        ),
        Table(
            name="ps_tasks",
            file="tasks.json",
            record=records.TaskRecord,
            key=("task_id",),
            required=("task_id", "engagement_id", "name", "status"),
            intake=ingest.TASKS,
            order=20,
            parent="engagement_id",
            optional=True,
        ),
        Table(
            name="ps_delivery_notes",
            file="delivery_notes.json",
            record=records.NoteRecord,
            key=("note_id",),
            required=("note_id", "engagement_id", "created_at", "content"),
            intake=ingest.NOTES,
            order=30,
            parent="engagement_id",
            optional=True,
        ),
        Table(
            name="ps_notebook_usage",
            file="notebook_usage.json",
            record=records.UsageRecord,
            key=("usage_id",),
            required=("usage_id", "engagement_id", "notebook_name", "execution_date"),
            intake=ingest.USAGE,
            order=40,
            parent="engagement_id",
            optional=True,
        ),
        Table(
            name="team_members",
            file="team_members.json",
            record=records.TeamMember,
            key=("id",),
            required=("id", "name"),
            intake=ingest.PEOPLE,
            order=90,
            optional=True,
        ),
    ]

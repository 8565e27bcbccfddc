"""What the settings page shows of the doors: the source, its tables, loads and the outbox."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Min
from django.utils import timezone

from connectors.freshness import SOURCES, Glance
from connectors.models import Load, OutboxEntry, TableState
from connectors.quarantine import counts_by_reason
from connectors.tables import tables

RECENT = 5  # loads looked at for "last" and "running"
SHOWN_PARKED = 20
SLOW = timedelta(seconds=10)  # a load that took longer is the worker's next time
BADGES = {
    "loading": ("Loading", "info", "refresh-cw"),
    "never": ("Not loaded yet", "watch", "circle-alert"),
    "failed": ("The newest load failed", "risk", "circle-alert"),
    "stopped": ("A table was not loaded", "risk", "circle-alert"),
    "old": ("Old", "watch", "clock"),
    "fresh": ("Fresh", "ok", "check"),
}


@dataclass(frozen=True, kw_only=True)
class TableLine:
    """One table of the contract as this database has it."""

    name: str
    state: TableState | None = None
    aside: dict[str, int] = field(default_factory=dict)  # rows kept aside, by reason

    @property
    def kept_aside(self) -> int:
        return sum(self.aside.values())

    @property
    def checked_at(self) -> datetime | None:
        return self.state.checked_at if self.state else None

    @property
    def is_old(self) -> bool:
        limit = timedelta(hours=settings.STALE_AFTER_HOURS)
        return self.checked_at is not None and timezone.now() - self.checked_at > limit

    @property
    def version(self) -> str:
        """Enough of a fingerprint to tell two apart, or the whole number of a Delta version."""
        known = self.state.version if self.state else ""
        table_id, is_delta, number = known.rpartition("@")
        if known.startswith("read "):
            return "no history"  # a view, read by its dates
        return f"v{number}" if is_delta and table_id else known[:12]


@dataclass(frozen=True, kw_only=True)
class SourceState:
    """The source with its tables, and what the newest loads came to."""

    mode: str
    label: str
    location: str
    glance: Glance
    lines: list[TableLine]
    newest: Load | None
    under_way: Load | None  # waiting for the worker, or running anywhere

    @property
    def state(self) -> str:
        """One word for the badge: loading, failed, never, stopped, old or fresh."""
        if self.under_way:
            return "loading"
        if self.glance.failed:
            return "failed"
        if self.glance.loaded_at is None:
            return "never"
        if self.stopped:
            return "stopped"
        return "old" if self.glance.stale else "fresh"

    @property
    def stopped(self) -> list[TableLine]:
        """Tables that differ from their contract and keep the rows they had."""
        return [line for line in self.lines if line.state and line.state.failed]

    @property
    def badge(self) -> tuple[str, str, str]:
        return BADGES[self.state]

    @property
    def kept_aside(self) -> int:
        return sum(line.kept_aside for line in self.lines)

    @property
    def engagements(self) -> int:
        rows = [
            line.state.rows for line in self.lines if line.state and line.name == "ps_engagements"
        ]
        return sum(rows)


def source_state(glance: Glance) -> SourceState:
    """The state of the source, in three queries; ``glance`` was asked for by the frame."""
    loads = list(recent_loads())
    settled = [load for load in loads if load.is_settled]
    newest = settled[0] if settled else None
    return SourceState(
        mode=settings.DATA_MODE,
        label=SOURCES[settings.DATA_MODE],
        location=next((load.source for load in loads if load.source), "") or _expected(),
        glance=glance,
        lines=table_lines(),
        newest=newest,
        under_way=next((load for load in loads if _is_alive(load)), None),
    )


def recent_loads() -> Any:
    return (
        Load.objects.filter(dry_run=False).select_related("requested_by").order_by("-pk")[:RECENT]
    )


def _is_alive(load: Load) -> bool:
    """Waiting, or running under a lease that still holds."""
    if load.state == Load.State.WAITING:
        return True
    lease = load.lease_until
    return load.state == Load.State.RUNNING and lease is not None and lease > timezone.now()


def is_slow(source: SourceState) -> bool:
    """Whether a load is the worker's: a warehouse always, files when the last load took long."""
    if source.mode != "local":
        return True
    last = source.newest
    if last is None or last.started_at is None or last.finished_at is None:
        return False
    return last.finished_at - last.started_at > SLOW


def _expected() -> str:
    """Where a first load would look, for people."""
    if settings.DATA_MODE != "local":
        return settings.DATABRICKS["DATABRICKS_HOST"]
    generated = Path(settings.GENERATED_DIR)
    here = generated if (generated / "engagements.json").exists() else Path(settings.FIXTURES_DIR)
    return f"{here.parent.name}/{here.name}"


def table_lines() -> list[TableLine]:
    """Every table of the contract with its state and what was kept aside; two queries."""
    states = {state.table: state for state in TableState.objects.all()}
    aside = counts_by_reason()
    return [
        TableLine(name=table.name, state=states.get(table.name), aside=aside.get(table.name, {}))
        for table in tables()
    ]


@dataclass(frozen=True, kw_only=True)
class OutboxState:
    """Rows of ours on their way to the source."""

    counts: dict[str, int]
    oldest_waiting: datetime | None
    parked: list[OutboxEntry]

    @property
    def waiting(self) -> int:
        return self.counts.get(OutboxEntry.State.WAITING, 0)

    @property
    def refused(self) -> int:
        return self.counts.get(OutboxEntry.State.PARKED, 0)

    @property
    def sent(self) -> int:
        return self.counts.get(OutboxEntry.State.SENT, 0)


def outbox_state() -> OutboxState:
    """One query, and another only where something was refused."""
    rows = list(
        OutboxEntry.objects.order_by()
        .values_list("state")
        .annotate(number=Count("pk"), oldest=Min("created_at"))
    )
    counts = {state: number for state, number, _ in rows}
    oldest = {state: when for state, _, when in rows}
    parked = OutboxEntry.objects.filter(state=OutboxEntry.State.PARKED).order_by("-updated_at")
    return OutboxState(
        counts=counts,
        oldest_waiting=oldest.get(OutboxEntry.State.WAITING),
        parked=list(parked[:SHOWN_PARKED]) if counts.get(OutboxEntry.State.PARKED) else [],
    )


def sample_manifest() -> dict[str, Any]:
    """How the sample data that are served were made; empty where they are no sample."""
    for directory in (Path(settings.GENERATED_DIR), Path(settings.FIXTURES_DIR)):
        if not (directory / "engagements.json").exists():
            continue
        try:
            return dict(json.loads((directory / "sample.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return {}
    return {}

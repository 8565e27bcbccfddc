"""What this installation depends on, as it was last seen: nothing is called to find out.

Each service says how it fares and since when, what is affected when it is away, and what to do. Where
it is and what it said are for those who run the installation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Q
from django.utils import timezone

from connectors.freshness import SOURCES, Glance
from connectors.models import Load, OutboxEntry
from insights.models import BriefingDelivery, ProviderState
from insights.providers.choose import LABELS, is_remote
from psinsights import heartbeat
from psinsights.lib.words import plural
from psinsights.webhooks.endpoints import endpoints
from psinsights.webhooks.models import WebhookDelivery

WORKS, WATCH, FAILS, OFF = "ok", "watch", "risk", "none"
GLYPH = {WORKS: "check", WATCH: "clock", FAILS: "circle-alert", OFF: ""}
AGAIN = "It is tried again by itself."


@dataclass(frozen=True, kw_only=True)
class Service:
    """Something this installation depends on. ``shade`` is the design's word of the state."""

    name: str
    state: str
    shade: str
    affected: str  # when it is away
    todo: str = ""  # what to do now
    since: datetime | None = None
    when: str = "Last"  # what ``since`` is
    detail: str = ""  # where it is and what it said: for staff

    @property
    def glyph(self) -> str:
        return GLYPH[self.shade]


def services(seen: Glance) -> list[Service]:
    """Every service, in the order in which a person would look; ``seen`` is the frame's glance."""
    return [database(), source(seen), worker(), outbox(), model(), webhooks(), mail()]


def database() -> Service:
    """It answers, else no page would be here."""
    return Service(
        name="Database",
        state="Answers",
        shade=WORKS,
        affected="everything. Pages say that they cannot be shown, and come back by themselves.",
        detail=_engine(),
    )


def _engine() -> str:
    if connection.vendor == "sqlite":
        from sqlite3 import sqlite_version

        return f"SQLite {sqlite_version}, a file on this machine"
    version = ".".join(str(part) for part in connection.get_database_version())
    return f"{connection.display_name} {version}"


def source(seen: Glance) -> Service:
    """Where the data comes from, by the newest loads."""
    name = SOURCES[settings.DATA_MODE]
    affected = "pages keep the rows of the last load and say how old they are."
    if seen.failed:
        state, shade, todo = "The newest load failed", FAILS, "Settings say why."
    elif seen.loaded_at is None:
        state, shade, todo = "Never loaded", WATCH, "Load it on the settings page."
    elif seen.stale:
        state, shade, todo = "Old", WATCH, "Load it, and see whether the worker runs."
    else:
        state, shade, todo = "Loaded", WORKS, ""
    return Service(
        name=f"Data source: {name}",
        state=state,
        shade=shade,
        since=seen.loaded_at,
        affected=affected,
        todo=todo,
        detail=_newest_error() if seen.failed else "",
    )


def _newest_error() -> str:
    failed = Load.objects.filter(state=Load.State.FAILED, dry_run=False).order_by("-pk")
    return failed.values_list("error", flat=True).first() or ""


def worker() -> Service:
    """By its beat, which it leaves every few seconds while it looks round."""
    beat, now = heartbeat.last_beat(), timezone.now()
    affected = (
        "loads on schedule, insights of a remote model and in bulk, new days of health, mails and "
        "webhooks wait. Pages work."
    )
    start = "Start manage.py up, or manage.py work beside the web server."
    if beat is None:
        return Service(
            name="Worker", state="Never seen", shade=FAILS, affected=affected, todo=start
        )
    if beat.is_silent(now):
        return Service(
            name="Worker",
            state="Silent",
            shade=FAILS,
            since=beat.at,
            when="Last seen",
            affected=affected,
            todo=f"It is at something long, or it stopped. {start}",
        )
    return Service(
        name="Worker",
        state="Works",
        shade=WORKS,
        since=beat.since,
        when="Started",
        affected=affected,
    )


def outbox() -> Service:
    """Rows of ours on their way to the source."""
    rows = OutboxEntry.objects.order_by().aggregate(
        waiting=Count("pk", filter=Q(state=OutboxEntry.State.WAITING, attempts__gt=0)),
        parked=Count("pk", filter=Q(state=OutboxEntry.State.PARKED)),
        sent=Max("sent_at"),
    )
    state, shade, todo = "Takes what is made here", WORKS, ""
    if rows["parked"]:
        state, shade = f"Refused {plural(rows['parked'], 'row')}", FAILS
        todo = "Settings, outbox, say why. Try again there when it is dealt with."
    elif rows["waiting"]:
        state, shade, todo = f"{plural(rows['waiting'], 'row')} could not be sent", WATCH, AGAIN
    elif rows["sent"] is None:
        state, shade = "Nothing was sent yet", OFF
    return Service(
        name="Writing back to the source",
        state=state,
        shade=shade,
        since=rows["sent"],
        affected="insights and metrics made here reach the source later. Nothing is lost.",
        todo=todo,
    )


def model() -> Service:
    """Who writes insights: in this process, or a model elsewhere behind its breaker."""
    affected = "the embedded engine writes insights instead, and each says so."
    if not is_remote():
        return Service(
            name="Insight provider",
            state="In this process",
            shade=WORKS,
            affected="it is part of the product and cannot be.",
        )
    name = f"Insight provider: {LABELS[settings.AI_PROVIDER]}"
    seen = ProviderState.objects.filter(provider=settings.AI_PROVIDER).first()
    if seen is None or seen.last_at is None:
        return Service(name=name, state="Not asked yet", shade=OFF, affected=affected)
    said = seen.last_sentence
    common: dict[str, Any] = {"name": name, "since": seen.last_at, "affected": affected}
    if seen.is_open:
        state = f"Left alone after {plural(seen.failures, 'failure')}"
        return Service(**common, state=state, shade=FAILS, todo=AGAIN, detail=said)
    if not seen.last_ok:
        return Service(**common, state="The last call failed", shade=WATCH, todo=AGAIN, detail=said)
    return Service(**common, state="Answered", shade=WORKS)


def webhooks() -> Service:
    """The endpoints together; their own page has each."""
    affected = "other systems hear of changes later, or not at all once a delivery is given up."
    known = endpoints()
    if not known:
        return Service(
            name="Webhooks", state="Not set up", shade=OFF, affected="nobody is told anything."
        )
    rows = WebhookDelivery.objects.filter(endpoint__in=[end.key for end in known]).aggregate(
        failed=Count("pk", filter=Q(state=WebhookDelivery.State.FAILED)),
        late=Count("pk", filter=Q(state=WebhookDelivery.State.WAITING, attempts__gt=0)),
        newest=Max("delivered_at"),
    )
    state, shade, todo = "Delivered", WORKS, ""
    if rows["failed"]:
        state, shade = f"{plural(rows['failed'], 'delivery')} failed", FAILS
        todo = "Settings, webhooks, say why. Send them again there."
    elif rows["late"]:
        state, shade, todo = f"{plural(rows['late'], 'delivery')} tried again", WATCH, AGAIN
    elif rows["newest"] is None:
        state, shade = "Nothing was sent yet", OFF
    return Service(
        name="Webhooks",
        state=state,
        shade=shade,
        since=rows["newest"],
        affected=affected,
        todo=todo,
        detail=", ".join(end.shown for end in known),
    )


def mail() -> Service:
    """The mail server, by the newest briefings."""
    affected = "weekly briefings are not mailed. The page of the briefing works."
    name = "Mail server"
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        return Service(name=name, state="Not set up", shade=OFF, affected=affected)
    newest = BriefingDelivery.objects.exclude(claimed_at=None).order_by("-claimed_at").first()
    if newest is None:
        return Service(name=name, state="Not used yet", shade=OFF, affected=affected)
    common: dict[str, Any] = {"name": name, "since": newest.claimed_at, "affected": affected}
    if newest.state == BriefingDelivery.State.FAILED:
        todo = "See EMAIL_URL and BRIEFING_FROM."
        return Service(
            **common, state="The last mail failed", shade=FAILS, todo=todo, detail=newest.error
        )
    return Service(**common, state="Took the last mail", shade=WORKS)

"""Insights for many engagements at once: rows that the worker performs, counted and cancellable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from engagements.membership import sees_all
from engagements.models import Engagement
from engagements.records import InsightType
from insights.models import BulkGeneration, Generation, Insight
from psinsights.lib import audit

BATCH = 1000
State = Generation.State


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a bulk run is."""

    total: int
    done: int
    failed: int
    cancelled: int
    running: int

    @property
    def settled(self) -> int:
        return self.done + self.failed + self.cancelled

    @property
    def is_over(self) -> bool:
        return self.settled >= self.total


def start(
    engagements: QuerySet[Engagement],
    kinds: Iterable[InsightType],
    *,
    user: AbstractBaseUser | AnonymousUser | None,
    provider: str,
    description: str,
    stale_only: bool = False,
) -> BulkGeneration:
    """Ask for every kind of every engagement; what is current already is left out on request."""
    person = user if user is not None and user.is_authenticated else None
    fresh = _fresh(engagements) if stale_only else set()
    wishes = [
        (key, kind)
        for key in engagements.values_list("pk", flat=True)
        for kind in kinds
        if (key, str(kind)) not in fresh
    ]
    with transaction.atomic():
        bulk = BulkGeneration.objects.create(
            requested_by=person,  # type: ignore[misc]  # AUTH_USER_MODEL
            description=description[:300],
        )
        _ask(bulk, wishes, provider)
        audit.record(user, "insights.bulk", str(bulk.pk), description)
    return bulk


def _fresh(engagements: QuerySet[Engagement]) -> set[tuple[str, str]]:
    current = Insight.objects.current().up_to_date()
    return set(
        current.filter(engagement__in=engagements).values_list("engagement_id", "insight_type")
    )


def _ask(bulk: BulkGeneration, wishes: list[tuple[str, InsightType]], provider: str) -> None:
    rows = [
        Generation(
            engagement_id=key,
            insight_type=kind,
            provider=provider,
            bulk=bulk,
            requested_by=bulk.requested_by,
        )
        for key, kind in wishes
    ]
    # One that is under way already is not asked for twice: the database refuses it silently.
    Generation.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    bulk.total = bulk.generations.count()
    bulk.save(update_fields=["total"])


def progress(bulk: BulkGeneration) -> Progress:
    """Counted from the rows themselves; one query."""
    counts = dict(bulk.generations.values_list("state").annotate(n=Count("pk")).order_by())
    return Progress(
        total=bulk.total,
        done=counts.get(State.DONE, 0),
        failed=counts.get(State.FAILED, 0),
        cancelled=counts.get(State.CANCELLED, 0),
        running=counts.get(State.RUNNING, 0),
    )


def cancel(bulk: BulkGeneration, user: AbstractBaseUser | AnonymousUser) -> int:
    """Take back what nobody has begun; what is running ends. Says how many were taken back."""
    with transaction.atomic():
        waiting = bulk.generations.filter(state=State.WAITING)
        taken = waiting.update(state=State.CANCELLED, finished_at=timezone.now())
        bulk.cancelled_at = timezone.now()
        bulk.save(update_fields=["cancelled_at"])
        audit.record(user, "insights.bulk.cancelled", str(bulk.pk), f"{taken} taken back")
    return taken


def resume(bulk: BulkGeneration, user: AbstractBaseUser | AnonymousUser) -> int:
    """Ask again for what was cancelled or failed. Says for how many."""
    with transaction.atomic():
        left = bulk.generations.filter(state__in=[State.CANCELLED, State.FAILED])
        again = 0
        for run in left:
            in_flight = Generation.objects.unfinished().filter(
                engagement_id=run.engagement_id, insight_type=run.insight_type
            )
            if not in_flight.exists():
                run.state, run.attempt, run.error = State.WAITING, 0, ""
                run.run_at, run.finished_at = timezone.now(), None
                run.save(update_fields=["state", "attempt", "error", "run_at", "finished_at"])
                again += 1
        bulk.cancelled_at = None
        bulk.save(update_fields=["cancelled_at"])
        audit.record(user, "insights.bulk.resumed", str(bulk.pk), f"{again} again")
    return again


def visible_to(user: AbstractBaseUser | AnonymousUser) -> QuerySet[BulkGeneration]:
    """Bulk runs over what a person may see: who sees a part of the portfolio, their own runs."""
    runs = BulkGeneration.objects.all()
    return runs if sees_all(user) else runs.filter(requested_by=user.pk)


def latest(user: AbstractBaseUser | AnonymousUser) -> BulkGeneration | None:
    """The newest bulk run that a person may see, for the page."""
    return visible_to(user).order_by("-pk").first()

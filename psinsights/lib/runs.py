"""Slow work is a row: claimed by compare-and-set, finished under a fence, tried three times.

A worker claims a run by an UPDATE that only one can win and gets a lease with a number (the fence).
Its result and ``done`` are written in one transaction that first checks the fence, so a worker that
was thought dead writes nothing, and one that dies loses nothing: the next takes over when the
lease has run out. The same on SQLite and PostgreSQL.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

LEASE = timedelta(seconds=90)
ATTEMPTS = 3


class LeaseLost(Exception):
    """Another worker has taken this run over: write nothing and go on with the next."""


class RunQuerySet(models.QuerySet[Any]):
    """Runs by what a worker asks of them."""

    def unfinished(self) -> Self:
        return self.filter(state__in=[Run.State.WAITING, Run.State.RUNNING])

    def claimable(self, now: datetime) -> Self:
        """Waiting ones that are due, and running ones whose worker has gone silent."""
        due = Q(state=Run.State.WAITING, run_at__lte=now)
        abandoned = Q(state=Run.State.RUNNING, lease_until__lt=now)
        return self.filter(due | abandoned).order_by("run_at", "pk")

    def claim(self, *, lease: timedelta = LEASE) -> Run | None:
        """The next run, now ours for ``lease``; None when there is none. Safe with many workers."""
        now = timezone.now()
        for run in self.claimable(now)[:10]:
            if run.attempt >= ATTEMPTS:
                run.fail_abandoned()
                continue
            won = self.filter(pk=run.pk, fence=run.fence).update(
                state=Run.State.RUNNING,
                attempt=F("attempt") + 1,
                fence=F("fence") + 1,
                lease_until=now + lease,
                started_at=now,
            )
            if won:
                return self.get(pk=run.pk)
        return None


class Run(models.Model):
    """Abstract row of slow work. Subclasses add what is to be done and what came of it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempt = models.SmallIntegerField(default=0)
    fence = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    run_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    step = models.CharField(max_length=200, blank=True)  # what it is at, for people
    error = models.CharField(max_length=500, blank=True)  # a sentence
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    request_id = models.CharField(max_length=40, blank=True)
    idempotency_key = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001 - null: none given

    objects = RunQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def is_settled(self) -> bool:
        return self.state not in {self.State.WAITING, self.State.RUNNING}

    def holds(self) -> None:
        """Within the transaction that writes the result: refuse when the lease is another's.

        Takes the row's lock by an UPDATE that changes nothing, so that nobody claims it meanwhile.
        """
        mine = type(self).objects.filter(pk=self.pk, fence=self.fence, state=self.State.RUNNING)
        if not mine.update(fence=self.fence):
            raise LeaseLost

    @property
    def lease(self) -> timedelta:
        """How long a worker may be silent: as long as it was given when it claimed the run."""
        if self.lease_until and self.started_at:
            return self.lease_until - self.started_at
        return LEASE

    def beat(self, step: str = "", *, lease: timedelta | None = None) -> None:
        """Tell that it is still being worked on, and what at; raises LeaseLost when it no longer is ours."""
        mine = type(self).objects.filter(pk=self.pk, fence=self.fence, state=self.State.RUNNING)
        changes: dict[str, object] = {"lease_until": timezone.now() + (lease or self.lease)}
        if step:
            changes["step"] = self.step = step
        if not mine.update(**changes):
            raise LeaseLost

    def settle(self, state: State, *, error: str = "") -> None:
        """Write the end of the run. Call it after ``holds`` in the transaction of the result."""
        self.state, self.error, self.finished_at = state, error[:500], timezone.now()
        self.lease_until = None
        self.save(update_fields=["state", "error", "finished_at", "lease_until"])

    def hand_back(self, *, after: timedelta = timedelta(0), error: str = "") -> None:
        """Give it back to be tried again; when tries are used up, it has failed."""
        self.holds()
        if self.attempt >= ATTEMPTS:
            self.settle(self.State.FAILED, error=error)
            return
        self.state, self.error = self.State.WAITING, error[:500]
        self.run_at, self.lease_until = timezone.now() + after, None
        self.save(update_fields=["state", "error", "run_at", "lease_until"])

    def fail_abandoned(self) -> None:
        """A run whose worker died on the last try ends with a sentence, not for ever running."""
        type(self).objects.filter(pk=self.pk, fence=self.fence).update(
            state=self.State.FAILED,
            error=f"The worker stopped {ATTEMPTS} times while at it. Try again.",
            finished_at=timezone.now(),
            lease_until=None,
        )

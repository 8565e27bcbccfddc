"""The notebook job as the settings page has it: one run at a time, looked at while somebody looks.

No request waits longer for the workspace than ``PATIENCE``. Whether a run began whose start was not
answered is found out by asking again with the same key, which starts it once.
"""

from __future__ import annotations

import dataclasses
import queue
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from connectors.jobs import NotebookJob, make_ready
from connectors.models import NotebookRun
from connectors.warehouse import NotFound, Unavailable, WarehouseConfig, WarehouseError
from psinsights.lib import audit

PATIENCE = 4.0  # seconds
LOOK_EVERY = timedelta(seconds=2)  # however many people look
FORGOTTEN_AFTER = timedelta(days=1)
User = AbstractBaseUser | AnonymousUser
T = TypeVar("T")


class JobBusy(Exception):
    """A run is under way: nothing was started."""

    def __init__(self) -> None:
        super().__init__("The notebook job is running already. Nothing was started.")


@dataclass(frozen=True, kw_only=True)
class JobState:
    """What the page shows: whether there is a job, and its newest run."""

    is_set: bool
    run: NotebookRun | None


def state() -> JobState | None:
    """None where there is no workspace; no query where there is no job."""
    if settings.DATA_MODE != "databricks":
        return None
    if not settings.DATABRICKS.get("DATABRICKS_JOB_ID"):
        return JobState(is_set=False, run=None)
    newest = NotebookRun.objects.select_related("requested_by").order_by("-pk").first()
    return JobState(is_set=True, run=newest)


def start(user: User) -> NotebookRun:
    """Start a run; raises JobBusy, or WarehouseError with the reason kept in the run as well."""
    run = _asked(user)
    try:
        run.run_id = _within_patience(lambda: _job().start(key=run.key))
    except WarehouseError as error:
        unknown = isinstance(error, Unavailable)
        run.progress = NotebookRun.Progress.ASKED if unknown else NotebookRun.Progress.FAILED
        run.sentence = str(error)[:500]
        run.save(update_fields=["progress", "sentence"])
        audit.record(user, "job.failed", run.key, str(error))
        raise
    run.progress, run.sentence = NotebookRun.Progress.WAITING, "The run was accepted."
    run.save(update_fields=["run_id", "progress", "sentence"])
    audit.record(user, "job.started", str(run.run_id))
    return run


def look(run: NotebookRun) -> None:
    """Ask the workspace how an open run does, unless somebody just has."""
    if run.run_id is None or not run.is_open or not _is_our_turn(run):
        return
    run_id = run.run_id
    try:
        found = _within_patience(lambda: _job().look(run_id))
    except WarehouseError as error:
        gone = isinstance(error, NotFound)
        run.progress = NotebookRun.Progress.FAILED if gone else run.progress
        run.sentence = str(error)[:500]
    else:
        run.progress, run.sentence = NotebookRun.Progress(found.progress), found.sentence
        run.url = found.url[:500] if found.url.startswith("https://") else ""
    run.save(update_fields=["progress", "sentence", "url"])


def _asked(user: User) -> NotebookRun:
    """A new run to be started, or the one whose start was not answered."""
    open_runs = NotebookRun.objects.filter(progress__in=NotebookRun.OPEN)
    long_ago = timezone.now() - FORGOTTEN_AFTER
    open_runs.filter(created_at__lt=long_ago).update(
        progress=NotebookRun.Progress.FAILED, sentence="Nothing was heard of it for a day."
    )
    if unanswered := open_runs.filter(run_id=None).first():
        return unanswered
    try:
        with transaction.atomic():
            return NotebookRun.objects.create(
                key=f"ps-insights-{uuid.uuid4().hex}",
                requested_by=user if user.is_authenticated else None,  # type: ignore[misc]  # our only kind of user
            )
    except IntegrityError as error:
        raise JobBusy from error


def _is_our_turn(run: NotebookRun) -> bool:
    now = timezone.now()
    due = Q(looked_at=None) | Q(looked_at__lt=now - LOOK_EVERY)
    return bool(NotebookRun.objects.filter(due, pk=run.pk).update(looked_at=now))


def _job() -> NotebookJob:
    try:
        config = WarehouseConfig.from_settings(settings.DATABRICKS)
    except ValueError as error:
        raise NotFound(f"The settings for Databricks cannot be used. {error}") from error
    quick = dataclasses.replace(config, socket_seconds=PATIENCE)
    return NotebookJob(quick, int(settings.DATABRICKS["DATABRICKS_JOB_ID"]))


def _within_patience(ask: Callable[[], T]) -> T:
    """Ask in a thread that is left behind when it takes too long; it touches no database."""
    answers: queue.Queue[T | WarehouseError] = queue.Queue(1)

    def ask_and_tell() -> None:
        try:
            answers.put(ask())
        except WarehouseError as error:
            answers.put(error)

    make_ready()
    threading.Thread(target=ask_and_tell, daemon=True).start()
    try:
        answer = answers.get(timeout=PATIENCE)
    except queue.Empty as error:
        raise Unavailable("The workspace does not answer. Try again later.") from error
    if isinstance(answer, WarehouseError):
        raise answer
    return answer

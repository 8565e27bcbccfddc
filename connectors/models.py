"""The doors' own rows: loads, what each table is at, rows kept aside, and what waits to go out."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from psinsights.lib.runs import Run


class Load(Run):
    """One load of the source, by whom and with what result. ``counts`` is a summary per table."""

    source = models.CharField(max_length=300, blank=True)
    trigger = models.CharField(max_length=40, default="command")  # command, page, schedule, start
    dry_run = models.BooleanField(default=False)
    counts = models.JSONField(default=dict)
    as_of = models.DateField(null=True, blank=True)
    frozen = models.BooleanField(default=False)  # the data are of that day and stay so

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="one_load_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["-created_at"], name="load_newest")]

    def __str__(self) -> str:
        return f"load {self.pk} of {self.source}: {self.state}"


class TableState(models.Model):
    """What is known of one table: its version at the source, its rows here, its last result."""

    table = models.CharField(max_length=60, primary_key=True)
    source = models.CharField(max_length=300, blank=True)
    version = models.CharField(max_length=200, blank=True)  # Delta version, or a file's fingerprint
    schema_hash = models.CharField(max_length=64, blank=True)
    rows = models.IntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    loaded_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=500, blank=True)  # a sentence
    failed = models.BooleanField(default=False)
    extra_columns = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.table}: {self.rows} rows"


class QuarantinedRow(models.Model):
    """A row that could not be taken, whole, with the field and the reason. Never lost."""

    table = models.CharField(max_length=60)
    key = models.CharField(max_length=250)  # its id, or its place where it has none
    position = models.IntegerField()  # 1-based row of the file or result
    field = models.CharField(max_length=100)
    reason = models.CharField(max_length=40)  # stable code: missing, wrong_type, orphan …
    message = models.CharField(max_length=500)
    raw = models.TextField()
    raw_hash = models.CharField(max_length=32)
    engagement_id = models.CharField(max_length=250, blank=True)  # for orphans: what they wait for
    first_seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["table", "reason"], name="quarantine_by_reason"),
            models.Index(
                fields=["engagement_id"], name="quarantine_orphans", condition=Q(reason="orphan")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table} row {self.position}: {self.reason}"


class OutboxEntry(models.Model):
    """A row of ours on its way to the source, written in the transaction that made the row."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        PARKED = "parked"

    table = models.CharField(max_length=60)
    key = models.CharField(max_length=250)
    payload = models.JSONField()  # the row as the table has it
    payload_hash = models.CharField(max_length=32)
    version = models.IntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.SmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    next_attempt_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["table", "key"], name="one_entry_a_row"),
        ]
        indexes = [
            # The push asks for what waits, oldest first.
            models.Index(
                fields=["created_at"], name="outbox_waiting", condition=Q(state="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.state}"


class NotebookRun(models.Model):
    """A run of the notebook job that was started here, as the workspace last told of it."""

    class Progress(models.TextChoices):
        ASKED = "asked"  # no answer yet: whether it began is not known
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    OPEN = (Progress.ASKED, Progress.WAITING, Progress.RUNNING)

    key = models.CharField(max_length=64, unique=True)  # the same key starts one run
    run_id = models.BigIntegerField(null=True)
    progress = models.CharField(max_length=10, choices=Progress, default=Progress.ASKED)
    sentence = models.CharField(max_length=500, blank=True)
    url = models.CharField(max_length=500, blank=True)  # its page in the workspace
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    looked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=Q(progress__in=["asked", "waiting", "running"]),
                name="one_notebook_run_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"notebook run {self.run_id}: {self.progress}"

    @property
    def is_open(self) -> bool:
        """Whether it may still be under way in the workspace."""
        return self.progress in self.OPEN


class ImportCheck(models.Model):
    """A file of rows that was checked and waits to be confirmed; its content goes when it is over."""

    class State(models.TextChoices):
        CHECKED = "checked"
        IMPORTED = "imported"
        DISCARDED = "discarded"

    table = models.CharField(max_length=60)
    name = models.CharField(max_length=200, blank=True)  # of the file, as it can be shown
    form = models.CharField(max_length=10)  # CSV or JSON
    state = models.CharField(max_length=10, choices=State, default=State.CHECKED)
    content = models.BinaryField(default=bytes)  # compressed
    created = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    digest = models.CharField(max_length=32)  # of what every row would come to
    heading = models.JSONField(default=dict)  # columns that are not read, or not there
    preview = models.JSONField(default=list)
    result = models.JSONField(default=dict)  # once imported
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"import {self.pk} into {self.table}: {self.state}"

    @property
    def is_open(self) -> bool:
        """Whether it can still be confirmed."""
        return self.state == self.State.CHECKED and timezone.now() < self.expires_at

    @property
    def ready(self) -> int:
        """How many rows would be written."""
        return self.created + self.changed


class RejectedRow(models.Model):
    """A row of a checked file that cannot be taken: its cells, and everything wrong with it."""

    check_of = models.ForeignKey(ImportCheck, models.CASCADE, related_name="rejects")
    row = models.IntegerField()
    line = models.IntegerField(default=0)
    cells = models.TextField()  # a JSON list in ASCII, which every database can hold
    faults = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["check_of", "row"], name="rejects_in_order")]

    def __str__(self) -> str:
        return f"row {self.row} of import {self.check_of_id}"

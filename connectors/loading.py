"""How a source is loaded: one load at a time, all or nothing, then what is judged from it.

The rows are swapped in within one transaction. Findings and readings follow in steps of their
own, so that a large portfolio never keeps others from writing; what is still to be done is marked
on the engagements, and a load that is cut short leaves it to the next.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from connectors import written_here
from connectors.as_of import day_of
from connectors.models import Load, OutboxEntry, QuarantinedRow, TableState
from connectors.quarantine import waiting_orphans
from connectors.sources import Reading, Source, SourceError
from connectors.tables import Table, tables
from connectors.tables import table as table_named
from connectors.take import Outcome, Progress, Taking, encodable
from engagements import findings, ingest, readings, search_index
from engagements.models import Engagement
from psinsights.lib import audit
from psinsights.lib.logs import request_id
from psinsights.lib.runs import LeaseLost

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)  # an abandoned load is taken over after this
User = AbstractBaseUser | AnonymousUser


class LoadRunning(Exception):
    """Another load or regeneration is running: nothing was changed. Try again when it is done."""

    def __init__(self) -> None:
        super().__init__("Another load is running. Nothing was changed; try again in a minute.")


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is asked of a load."""

    table: str = ""  # only this one
    dry_run: bool = False
    full: bool = False  # read also what is unchanged
    rows_only: bool = False  # leave findings and readings to the worker
    renewed: bool = False  # sample data were written anew: what was before is nobody's history
    trigger: str = "command"
    user: User | None = None


@dataclass(kw_only=True)
class Summary:
    """What a load did."""

    source: str
    location: str
    as_of: date
    dry_run: bool
    tables: dict[str, Outcome] = field(default_factory=dict)
    findings: int = 0
    readings: int = 0
    rows_seconds: float = 0.0  # of ``seconds``, until the rows were in
    seconds: float = 0.0

    def as_counts(self) -> dict[str, Any]:
        return {name: encodable(outcome) for name, outcome in self.tables.items()}

    @property
    def stopped(self) -> list[str]:
        """Tables that differ from their contract: their rows stayed as they were."""
        return [name for name, outcome in self.tables.items() if outcome.stopped]

    @property
    def quarantined(self) -> int:
        return sum(sum(outcome.quarantined.values()) for outcome in self.tables.values())


@contextmanager
def claimed(order: Order) -> Iterator[Load]:
    """The one running load; whatever ends it, its row says how."""
    run = _start(order)
    ended = "It stopped unexpectedly; the log has the details."
    try:
        yield run
        ended = ""
    except SourceError as error:
        ended = str(error)
        raise
    except LeaseLost as error:
        raise LoadRunning from error
    finally:
        if ended:
            Load.objects.filter(pk=run.pk, fence=run.fence, state=Load.State.RUNNING).update(
                state=Load.State.FAILED, error=ended[:500], finished_at=timezone.now()
            )


def _start(order: Order) -> Load:
    try:
        with transaction.atomic():
            _bury_abandoned()
            return _running(order)
    except IntegrityError as error:
        raise LoadRunning from error
    except OperationalError as error:
        if "locked" in str(error):  # SQLite: another load is writing at this moment
            raise LoadRunning from error
        raise


def _bury_abandoned() -> None:
    """A load whose process died holds no lease any more: its row says so and makes way."""
    now = timezone.now()
    Load.objects.filter(state=Load.State.RUNNING, lease_until__lt=now).update(
        state=Load.State.FAILED,
        error="The load was cut short. What it had not finished was left as it was.",
        finished_at=now,
        lease_until=None,
    )


def _running(order: Order) -> Load:
    now = timezone.now()
    person = order.user if order.user is not None and order.user.is_authenticated else None
    return Load.objects.create(
        state=Load.State.RUNNING,
        attempt=1,
        fence=1,
        started_at=now,
        lease_until=now + LEASE,
        trigger=order.trigger,
        dry_run=order.dry_run,
        requested_by=person,  # type: ignore[misc]  # our only kind of user
        request_id=request_id.get(),
    )


def perform(run: Load, source: Source, order: Order, progress: Progress | None = None) -> Summary:
    """Do a claimed load of ``source`` from rows to standing."""
    began = timezone.now()
    day, frozen = day_of(source)
    run.source, run.as_of, run.frozen = source.location, day, frozen
    run.save(update_fields=["source", "as_of", "frozen"])
    summary = Summary(
        source=source.name, location=source.location, as_of=day, dry_run=order.dry_run
    )
    loading = _Loading(source, order, summary, progress)
    try:
        _swap_in(run, loading, day)
    except _NotStaged as missing:
        source.prepare(missing.versions(), lambda: run.beat("reading the source", lease=LEASE))
        summary.tables.clear()
        _swap_in(run, loading, day)
    summary.rows_seconds = (timezone.now() - began).total_seconds()
    if not (order.dry_run or order.rows_only):
        _judge(run, summary, day)
    summary.seconds = (timezone.now() - began).total_seconds()
    _settle(run, summary, order)
    return summary


def _swap_in(run: Load, loading: _Loading, day: date) -> None:
    """The rows, all or nothing; raises _NotStaged, with nothing changed."""
    with transaction.atomic():
        run.holds()
        if loading.order.renewed:
            ingest.forget_history()
        with ingest.without_cycles():
            loading.rows()
        ingest.give_standing(day)
        transaction.set_rollback(loading.order.dry_run)


class _NotStaged(Exception):
    """All rows of some tables are wanted, which would be slow to read within a transaction."""

    def __init__(self, names: set[str]) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names = names

    def versions(self) -> dict[str, str]:
        """The known versions without those of the tables that are wanted whole."""
        known = TableState.objects.exclude(table__in=self.names)
        return dict(known.values_list("table", "version"))


def _judge(run: Load, summary: Summary, day: date) -> None:
    for count in findings.refresh():
        summary.findings += count
        run.beat("reading notes", lease=LEASE)
    for count in readings.refresh(as_of=day):
        summary.readings += count
        run.beat("assessing health", lease=LEASE)
    for _ in search_index.refresh():
        run.beat("indexing words", lease=LEASE)


def _settle(run: Load, summary: Summary, order: Order) -> None:
    with transaction.atomic():
        run.holds()
        run.counts = summary.as_counts()
        run.save(update_fields=["counts"])
        run.settle(Load.State.DONE)
        audit.record(order.user, "load", summary.location, "dry run" if order.dry_run else "")


@dataclass
class _Loading:
    """The rows of all tables on their way in, within one transaction."""

    source: Source
    order: Order
    summary: Summary
    progress: Progress | None

    def rows(self) -> None:
        present = self.source.tables_present()
        wanted = [table_named(self.order.table)] if self.order.table else tables()
        parents = self._engagements(present, wanted)
        if parents.gone:
            self._check_staged([table for table in wanted if table.name in present])
        for table in wanted:
            if table.name == "ps_engagements":
                continue
            if table.name in present:
                self._table(table, parents.here, reread=bool(parents.gone))
            elif self.order.table:
                raise SourceError(f"{self.source.location} holds no {table.file}.")
            else:
                note = f"{table.file} is not there: its rows stay as they are."
                self.summary.tables[table.name] = Outcome(note=note)
            self._orphans(table, parents.here)
        self._remove(parents)

    def _check_staged(self, wanted: list[Table]) -> None:
        """Where engagements have gone, every row of theirs elsewhere is set aside as an orphan."""
        children = [table for table in wanted if table.name != "ps_engagements"]
        missing = {table.name for table in children if not self.source.is_ready(table)}
        if missing:
            raise _NotStaged(missing)

    def _engagements(self, present: set[str], wanted: list[Table]) -> _Parents:
        table = table_named("ps_engagements")
        if table not in wanted or table.name not in present:
            return _Parents(None, set(Engagement.objects.values_list("pk", flat=True)), set())
        taking = self._table(table, (), reread=False)
        here = set(Engagement.objects.values_list("pk", flat=True))
        gone = taking.gone & here if taking else set()
        return _Parents(taking, here - gone, gone)

    def _table(self, table: Table, parents: Collection[str], *, reread: bool) -> Taking | None:
        state, _ = TableState.objects.get_or_create(table=table.name)
        known_version = "" if self.order.full or reread else state.version
        reading = self.source.read(table, known_version=known_version)
        if reading.unchanged:
            self._note_unchanged(table, state)
            return None
        if reading.refused:
            self._note_stopped(table, state, reading, reread=reread)
            return None
        taking = Taking(table, parents, _waiting_keys(table), self.progress)
        taking.take(reading, self.source)
        if table.name == "ps_engagements":
            _refuse_empty(taking, reading)
        else:
            taking.remove_gone()
        self._mark(table, taking.touched)
        self.summary.tables[table.name] = taking.outcome
        _remember(state, self.source, reading, taking)
        return taking

    def _note_unchanged(self, table: Table, state: TableState) -> None:
        state.checked_at = timezone.now()
        state.save(update_fields=["checked_at"])
        self.summary.tables[table.name] = Outcome(
            unchanged=state.rows, note="Unchanged since the last load."
        )

    def _note_stopped(
        self, table: Table, state: TableState, reading: Reading, *, reread: bool
    ) -> None:
        """The others are loaded; without any engagement, or asked for alone, nothing is."""
        empty = table.name == "ps_engagements" and not Engagement.objects.exists()
        if self.order.table or empty:
            raise SourceError(reading.refused)
        note = f"Not loaded: {reading.refused} Its rows stay as they are."
        state.failed, state.result = True, note[:500]
        if reread:  # rows of engagements that have gone went with them
            state.version = ""
        state.save(update_fields=["failed", "result", "version"])
        self.summary.tables[table.name] = Outcome(
            unchanged=state.rows, note=note, stopped=True, extra_columns=list(reading.extra)
        )

    def _orphans(self, table: Table, parents: Collection[str]) -> None:
        """Rows that waited for an engagement come in when it is here, from whichever table."""
        if not table.parent:
            return
        waiting = list(waiting_orphans(table, parents))
        if not waiting:
            return
        taking = Taking(table, parents, _waiting_keys(table))
        rows = iter([row for _, row in waiting])
        taking.take(Reading(table=table, version="", rows=rows, complete=False))
        QuarantinedRow.objects.filter(pk__in=[pk for pk, _ in waiting]).delete()
        self.summary.tables[table.name].returned = len(taking.seen)
        self._mark(table, taking.touched)
        if table.name == "ps_delivery_notes":
            written_here.protect_again(taking.seen)

    def _mark(self, table: Table, touched: set[str]) -> None:
        if table.name == "ps_delivery_notes":
            ingest.mark_unread(touched)
        else:
            ingest.mark_unassessed(touched)

    def _remove(self, parents: _Parents) -> None:
        """Engagements go last, when no row of theirs is left but what was made here."""
        if parents.taking is None or not parents.gone:
            return
        written_here.set_aside(parents.gone)
        parents.taking.remove_gone()
        if self.order.table:
            # Their rows in the other tables went with them; those files are to be read again.
            TableState.objects.exclude(table="ps_engagements").update(version="")


@dataclass
class _Parents:
    taking: Taking | None
    here: set[str]
    gone: set[str]


def _refuse_empty(taking: Taking, reading: Reading) -> None:
    """An export without any engagement is a failed export, not an empty organisation."""
    if reading.complete and not taking.outcome.read:
        raise SourceError(
            f"{taking.table.file} holds no rows. Nothing was changed; check the export."
        )


def _remember(state: TableState, source: Source, reading: Reading, taking: Taking) -> None:
    now = timezone.now()
    outcome = taking.outcome
    kept = sum(outcome.quarantined.values())
    state.source, state.version = source.location, reading.version
    state.rows = len(taking.known.keys() - taking.gone) + outcome.created
    state.checked_at = state.loaded_at = now
    state.result = f"{outcome.read} read, {kept} kept aside." if kept else f"{outcome.read} read."
    state.failed = False
    state.extra_columns = outcome.extra_columns
    state.save()


def _waiting_keys(table: Table) -> set[str]:
    """Rows whose newer version is here and has not gone out yet."""
    return set(
        OutboxEntry.objects.filter(table=table.name)
        .exclude(state=OutboxEntry.State.SENT)
        .values_list("key", flat=True)
    )

"""What needs somebody today as this room knows it: heavy open risks, and actions that are due.

A risk stands here until somebody decides it. Of an engagement whose notes no risk detection has
read since they changed, the heaviest problem in its notes stands here instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    CharField,
    Count,
    Exists,
    F,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    Window,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, TruncDate
from django.utils import timezone

from engagements.gathered import name_of
from engagements.models import DeliveryNote, Engagement, EngagementQuerySet, NoteFinding
from engagements.portfolio import COMPLETED, SHOWN
from engagements.records import InsightType
from engagements.today import heavy_findings, worrying
from engagements.visibility import of_these
from insights.models import Action, Insight, ProviderState, Risk
from insights.providers.choose import is_remote
from insights.reasons import HIGH_FROM, WORDS, level_of

NO_ANSWER = "It did not answer three times in a row."
DUE_DAYS = 7
DUE_SHOWN = 6
REGISTER, NOTES = "register", "notes"
Statement = tuple[str, tuple[Any, ...]]
COLUMNS = (
    "kept_in", "key", "engagement_id", "customer", "reason", "told", "weight", "quote", "source",
    "author", "said_on", "since",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Worry:
    """A heavy open risk: a row of the register, or the heaviest finding of unread notes."""

    kept_in: str
    key: int  # of the Risk, or of the NoteFinding
    engagement_id: str
    customer: str
    reason: str
    told: str
    weight: float  # exposure, 8 to 16
    quote: str
    source: str  # the record that is quoted
    author: str
    said_on: date | None  # of the quoted record, where it is a note
    since: date

    @property
    def is_decidable(self) -> bool:
        return self.kept_in == REGISTER

    @property
    def title(self) -> str:
        return self.told or WORDS.get(self.reason, self.reason.replace("_", " ").capitalize())

    @property
    def kind(self) -> str:
        return WORDS.get(self.reason, "")

    @property
    def level(self) -> str:
        return str(level_of(self.weight))

    # What the forms that decide ask of a row of the register:

    @property
    def pk(self) -> int:
        return self.key

    @property
    def status(self) -> str:
        return str(Risk.Status.OPEN)


@dataclass(frozen=True, kw_only=True)
class Worries:
    """The heaviest few, and how many there are: in the register, and only in notes."""

    rows: list[Worry]
    registered: int
    unread: int

    @property
    def number(self) -> int:
        return self.registered + self.unread


def worries(rows: EngagementQuerySet, day: date, *, shown: int = SHOWN) -> Worries:
    """The heaviest open risks of these engagements and how many there are, in one query."""
    found = _found(rows, day, shown)
    return Worries(
        rows=[_worry(row[: len(COLUMNS)]) for row in found],
        registered=found[0][-2] if found else 0,
        unread=found[0][-1] if found else 0,
    )


def _found(rows: EngagementQuerySet, day: date, shown: int) -> list[Any]:
    some = rows.query.has_filters()
    try:
        sql, parameters = _of_some(rows, day, shown) if some else _of_all(day, shown)
    except EmptyResultSet:  # of no engagement at all
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


@lru_cache(maxsize=8)
def _of_all(day: date, shown: int) -> Statement:
    """The statement for who sees all. Putting it together costs more than running it."""
    return _of_some(Engagement.objects.all(), day, shown)


def _of_some(rows: EngagementQuerySet, day: date, shown: int) -> Statement:
    registered, unread = _registered(rows), _unread(rows, day)
    counted = {"registered": _number(registered), "unread": _number(unread)}
    # Each part is cut before its columns are looked up: a register may have thousands of rows.
    heaviest = registered.order_by("-exposure", "-first_seen_on", "pk").values("pk")[:shown]
    spoken = unread.order_by("-heaviest_finding", "pk").annotate(first=_first_words(day))
    parts = [
        _risk_columns(Risk.objects.filter(pk__in=heaviest)),
        _finding_columns(NoteFinding.objects.filter(pk__in=spoken.values("first")[:shown])),
    ]
    told = [part.order_by().annotate(**counted).values_list(*COLUMNS, *counted) for part in parts]
    both = told[0].union(told[1], all=True).order_by("-weight", "-since", "key")[:shown]
    sql, parameters = both.query.sql_with_params()
    return sql, tuple(parameters)


def _registered(rows: EngagementQuerySet) -> QuerySet[Any, Any]:
    """Rows of the register that are high and nobody has decided."""
    open_high = Risk.objects.filter(status=Risk.Status.OPEN, exposure__gte=HIGH_FROM)
    return of_these(rows, open_high.exclude(COMPLETED)).order_by()


def _unread(rows: EngagementQuerySet, day: date) -> QuerySet[Any, Any]:
    """The standings of engagements whose notes say something heavy that no risk detection knows."""
    read = Insight.objects.current().filter(
        engagement=OuterRef("pk"),
        insight_type=InsightType.RISK_DETECTION,
        inputs=OuterRef("inputs"),
    )
    waiting = worrying(rows).filter(Q(inputs="") | ~Exists(read))
    return waiting.filter(Exists(_unknown(day))).order_by()


def _unknown(day: date) -> QuerySet[Any, Any]:
    """Heavy findings of the outer engagement that no row of the register rests on."""
    note = Concat(Value('"'), OuterRef("note_id"), Value('"'))
    known = Risk.objects.filter(engagement=OuterRef("engagement"), reason=OuterRef("reason"))
    known = known.annotate(records=Cast("seen", TextField())).filter(
        Q(last_seen_on__gt=OuterRef("noted_on")) | Q(records__contains=note)
    )
    return heavy_findings(day).filter(~Exists(known), engagement=OuterRef("pk"))


def _first_words(day: date) -> Subquery:
    heaviest = _unknown(day).order_by(F("exposure").desc(), "-noted_on", "pk")
    return Subquery(heaviest.values("pk")[:1])


def _number(found: QuerySet[Any, Any]) -> Coalesce:
    counted = found.annotate(one=Value(1)).values("one").annotate(x=Count("pk")).values("x")
    return Coalesce(Subquery(counted), 0)


def _risk_columns(found: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    note = DeliveryNote.objects.filter(pk=OuterRef("source")).annotate(author=name_of("author_id"))
    return found.annotate(
        source=Coalesce(
            KT("claim__evidence__0__source"), KT("seen__0"), Value(""), output_field=TextField()
        ),
        kept_in=Value(REGISTER),
        key=F("pk"),
        customer=F("engagement__customer_name"),
        told=F("title"),
        weight=F("exposure"),
        quote=Coalesce(KT("claim__evidence__0__quote"), Value(""), output_field=TextField()),
        author=Coalesce(Subquery(note.values("author")[:1]), Value(""), output_field=TextField()),
        said_on=Subquery(note.values(said=Cast(TruncDate("created_at"), CharField()))[:1]),
        since=Cast("first_seen_on", CharField()),
    )


def _finding_columns(found: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    said_on = Cast("noted_on", CharField())
    return found.annotate(
        source=F("note_id"),
        kept_in=Value(NOTES),
        key=F("pk"),
        customer=F("engagement__customer_name"),
        told=Value(""),
        weight=Cast(F("severity") * F("likelihood") * 4, FloatField()),
        author=name_of("note__author_id"),
        said_on=said_on,
        since=said_on,
    )


def _worry(row: tuple[Any, ...]) -> Worry:
    given = dict(zip(COLUMNS, row, strict=True))
    said_on, since = given.pop("said_on"), given.pop("since")
    return Worry(
        **given,
        said_on=date.fromisoformat(said_on) if said_on else None,
        since=date.fromisoformat(since),
    )


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Who writes insights now. ``paused`` says why a model is not asked, "" when it is."""

    name: str
    paused: str = ""


def pause_of_model() -> Subquery:
    """Why the remote model is not asked now, for another query to carry along; else null."""
    now = ProviderState.objects.filter(provider=settings.AI_PROVIDER, open_until__gt=timezone.now())
    told = Coalesce(NullIf("last_sentence", Value("")), Value(NO_ANSWER))
    return Subquery(now.values(told=told)[:1], output_field=CharField())


def writer_of(paused: str | None) -> Writer:
    """Who writes insights, with what :func:`pause_of_model` found."""
    if not is_remote():
        return Writer(name="the embedded engine")
    return Writer(name=settings.HF_MODEL, paused=paused or "")


def actions_due(rows: EngagementQuerySet, day: date) -> list[Action]:
    """What was taken on and is due within a week, or late; the longest due first.

    Each has ``number``, how many there are of them in all.
    """
    due = Action.objects.filter(status__in=Action.TAKEN, due_on__lte=day + timedelta(days=DUE_DAYS))
    due = of_these(rows, due).exclude(COMPLETED).annotate(number=Window(Count("pk")))
    return list(due.select_related("engagement").order_by("due_on", "pk")[:DUE_SHOWN])

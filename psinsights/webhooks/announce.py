"""What is new since we told last: bands that changed, risks that became critical.

The first look only remembers what it sees, so a first load with its twelve replayed weeks tells
nothing. After that, what is so now is compared with what was told: a day that nobody looked at is
not replayed either, it is told as one change.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone

from engagements.health import Band
from engagements.models import Engagement, HealthEvent, Standing
from insights.models import Risk
from insights.reasons import CRITICAL_FROM, level_of
from psinsights.lib.words import BAND_WORD
from psinsights.webhooks import events, payloads
from psinsights.webhooks.endpoints import endpoints
from psinsights.webhooks.models import Watched

MOST = 200  # events a turn
BLOCK = 1000
ORDER = (Band.CRITICAL, Band.WARNING, Band.HEALTHY)
Topic = Watched.Topic


def announce(*, now: datetime | None = None) -> int:
    """Make events of what is new; how many. Without an endpoint nothing is watched."""
    if not endpoints():
        forget()
        return 0
    when = now or timezone.now()
    if not Watched.objects.filter(topic=Topic.START).exists():
        start(when)
        return 0
    _remember_new(when)
    return _announce_bands(when) + _announce_risks(when)


def forget() -> None:
    """Nobody is told any more: what comes later is compared with how it is then."""
    if Watched.objects.exists():
        Watched.objects.all().delete()


def start(now: datetime) -> None:
    """Begin to watch: everything is as it is, and nothing of it is news."""
    with transaction.atomic():
        _, first = Watched.objects.get_or_create(
            topic=Topic.START, subject="", defaults={"since": now}
        )
        if first:
            _remember_new(now)
            known = _critical().values_list("pk", "exposure")
            _remember(
                Watched(topic=Topic.RISK, subject=str(pk), state="critical", since=now)
                for pk, _ in known.iterator(chunk_size=BLOCK)
            )


def _remember(rows: Any) -> None:
    Watched.objects.bulk_create(rows, batch_size=BLOCK, ignore_conflicts=True)


# Bands ────────────────────────────────────────────────────────────────────────


def _scored() -> QuerySet[Standing]:
    return Standing.objects.exclude(band=Band.UNKNOWN).select_related("engagement")


def _told_of(outer: str) -> QuerySet[Watched]:
    return Watched.objects.filter(topic=Topic.BAND, subject=OuterRef(outer))


def _remember_new(now: datetime) -> None:
    """An engagement that is seen for the first time has no band that changed."""
    unseen = _scored().filter(~Exists(_told_of("engagement_id")))
    _remember(_as_it_is(standing, now) for standing in unseen.iterator(chunk_size=BLOCK))


def _as_it_is(standing: Standing, now: datetime) -> Watched:
    return Watched(
        topic=Topic.BAND, subject=standing.engagement_id, since=now, **_columns(standing)
    )


def _columns(standing: Standing) -> dict[str, Any]:
    return {
        "state": standing.band,
        "score": standing.health,
        "customer_name": standing.engagement.customer_name,
        "start_date": standing.engagement.start_date,
        "day": standing.as_of,
        "rules_version": standing.rules_version,
    }


def _announce_bands(now: datetime) -> int:
    changed = (
        _scored()
        .annotate(told=Subquery(_told_of("engagement_id").values("state")[:1]))
        .exclude(told=None)
        .exclude(told=F("band"))
        .order_by("engagement_id")
    )
    return sum(_band_changed(standing, now) for standing in changed[:MOST])


def _band_changed(standing: Standing, now: datetime) -> int:
    """Tell a change to whoever wins the row of what was told; 1 when it was told."""
    told = _told_of_now(standing)
    if told is None or told.state == standing.band:
        return 0
    with transaction.atomic():
        won = Watched.objects.filter(pk=told.pk, state=told.state, since=told.since).update(
            since=now, **_columns(standing)
        )
        if not won or _is_other(told, standing):
            return 0
        way = f"{told.state}-{standing.band}:{told.since:%Y%m%dT%H%M%S%f}"
        key = f"band:{standing.engagement_id}:{way}"
        events.make(key, payloads.BandChanged, _band_data(told, standing), now=now)
    return 1


def _told_of_now(standing: Standing) -> Watched | None:
    return Watched.objects.filter(topic=Topic.BAND, subject=standing.engagement_id).first()


def _is_other(told: Watched, standing: Standing) -> bool:
    """Whether what was told compares with nothing now.

    It is of another engagement with the same id, of a later day, or judged by other rules: then
    the rules have changed and not the engagement.
    """
    engagement = standing.engagement
    replaced = (
        told.customer_name != engagement.customer_name and told.start_date != engagement.start_date
    )
    earlier = told.day is not None and standing.as_of < told.day
    return replaced or earlier or told.rules_version != standing.rules_version


def _band_data(told: Watched, standing: Standing) -> payloads.BandChange:
    direction = "better" if ORDER.index(standing.band) > ORDER.index(told.state) else "worse"
    seen = HealthEvent.objects.filter(
        engagement=standing.engagement_id, kind=direction, band_after=standing.band,
        band_before=told.state, day__gte=told.day, day__lte=standing.as_of,
    ).order_by("-day").first()  # fmt: skip
    engagement = standing.engagement
    return payloads.BandChange(
        engagement_id=engagement.pk,
        customer_name=engagement.customer_name,
        occurred_on=seen.day if seen else standing.as_of,
        direction=direction,  # type: ignore[arg-type]  # one of the two
        before=payloads.HealthPoint(
            score=seen.score_before if seen else told.score,
            band=told.state,  # type: ignore[arg-type]  # never unknown
        ),
        after=payloads.HealthPoint(score=standing.health, band=standing.band),  # type: ignore[arg-type]
        sentence=seen.reason if seen else _sentence(told.state, standing.band),
        reason=standing.reason,
        url=events.link(_page(engagement)),
    )


def _sentence(before: str, after: str) -> str:
    return f"Health went from {BAND_WORD[before]} to {BAND_WORD[after]}."


def _page(engagement: Engagement) -> str:
    return reverse("engagements:detail", args=[engagement.pk])


# Risks ────────────────────────────────────────────────────────────────────────


def _critical() -> QuerySet[Risk]:
    return Risk.objects.filter(exposure__gte=CRITICAL_FROM, status__in=Risk.OPEN)


def _announce_risks(now: datetime) -> int:
    told = Watched.objects.filter(
        topic=Topic.RISK, subject=Cast(OuterRef("pk"), CharField(max_length=20))
    )
    _let_go()
    # An engagement that its source lost has risks, and nobody who would look at them.
    present = Exists(Engagement.objects.filter(pk=OuterRef("engagement_id")))
    fresh = _critical().filter(present, ~Exists(told)).select_related("engagement").order_by("pk")
    return sum(_risk_critical(risk, now) for risk in fresh[:MOST])


def _let_go() -> None:
    """Risks that are no longer critical and open: they are news when they are again."""
    still = _critical().annotate(name=Cast("pk", CharField(max_length=20)))
    gone = Watched.objects.filter(~Q(subject__in=still.values("name")), topic=Topic.RISK)
    if gone.exists():  # mostly there is none, and a DELETE would wait for the database's lock
        gone.delete()


def _risk_critical(risk: Risk, now: datetime) -> int:
    with transaction.atomic():
        _, first = Watched.objects.get_or_create(
            topic=Topic.RISK, subject=str(risk.pk), defaults={"state": "critical", "since": now}
        )
        if not first:
            return 0
        key = f"risk:{risk.pk}:{now:%Y%m%dT%H%M%S%f}"
        events.make(key, payloads.RiskCritical, _risk_data(risk), now=now)
    return 1


def _risk_data(risk: Risk) -> payloads.CriticalRisk:
    quotes = risk.claim.get("evidence") or [None]
    quote = quotes[0]
    days = (risk.first_seen_on, risk.worse_on, risk.returned_on)
    return payloads.CriticalRisk(
        risk_id=risk.pk,
        engagement_id=risk.engagement_id,
        customer_name=risk.engagement.customer_name,
        occurred_on=max(day for day in days if day is not None),
        category=risk.category,
        reason=risk.reason,
        title=risk.title,
        level=level_of(risk.exposure),
        severity=risk.severity,
        likelihood=risk.likelihood,
        exposure=risk.exposure,
        quote=payloads.WebhookQuote(record=quote["source"], text=quote["quote"]) if quote else None,
        url=events.link(_page(risk.engagement), quote["source"] if quote else ""),
    )

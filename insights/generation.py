"""From a wish for an insight to a stored one: asked, performed, verified, kept, sent.

The embedded engine is performed in the request; a remote model by the worker. Either way the row of
the wish is a :class:`~insights.models.Generation`, and its result is written in one transaction
guarded by the run's fence, so that nothing is lost, doubled or shown unverified.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from connectors.as_of import portfolio_day
from engagements.models import Engagement, Standing
from engagements.records import InsightType
from insights import limits, storing
from insights.dossier import assemble, fingerprint
from insights.models import Generation, Insight
from insights.providers import Provider
from insights.providers.choose import EMBEDDED, provider_named
from insights.schema import Dossier
from insights.writing import NoProvider, write
from psinsights.lib import audit, logs
from psinsights.lib.runs import LEASE, LeaseLost

logger = logging.getLogger(__name__)
User = AbstractBaseUser | AnonymousUser | None
RACES = 50  # how often one may ask anew while others finish the same insight


def is_immediate(provider: str) -> bool:
    """Whether an insight of this provider is made within the request."""
    return provider == EMBEDDED


def ask(
    engagement: Engagement,
    kind: InsightType,
    *,
    user: User = None,
    provider: str = "",
    force: bool = False,
    idempotency_key: str | None = None,
) -> Generation:
    """The waiting run for an insight; the one already under way where there is one.

    Raises :class:`~insights.limits.LimitReached` when this person or day has used up what it may.
    """
    limits.check(user, provider or settings.AI_PROVIDER)
    person = user if user is not None and user.is_authenticated else None
    for _ in range(RACES):
        try:
            with transaction.atomic():
                return Generation.objects.create(
                    engagement=engagement,
                    insight_type=kind,
                    provider=provider or settings.AI_PROVIDER,
                    force=force,
                    requested_by=person,  # type: ignore[misc]  # AUTH_USER_MODEL
                    request_id=logs.request_id.get(),
                    idempotency_key=idempotency_key,
                )
        except IntegrityError:
            same = Generation.objects.filter(engagement=engagement, insight_type=kind)
            if found := same.unfinished().first():
                return found
            # It ended between our two looks: ask anew.
    raise NoProvider("Too many ask for the same insight at once. Try again in a moment.")


def generate(
    engagement: Engagement,
    kind: InsightType,
    *,
    user: User = None,
    provider: str = "",
    force: bool = False,
    idempotency_key: str | None = None,
) -> Generation:
    """Ask, and perform at once where the provider is immediate; else leave it to the worker."""
    run = ask(
        engagement,
        kind,
        user=user,
        provider=provider,
        force=force,
        idempotency_key=idempotency_key,
    )
    if is_immediate(run.provider) and (mine := claim(run)):
        perform(mine)
        mine.refresh_from_db()
        return mine
    return run


def claim(run: Generation) -> Generation | None:
    """Take this very run, when nobody else has."""
    now = timezone.now()
    won = Generation.objects.filter(
        pk=run.pk, fence=run.fence, state=Generation.State.WAITING
    ).update(
        state=Generation.State.RUNNING,
        attempt=F("attempt") + 1,
        fence=F("fence") + 1,
        lease_until=now + LEASE,
        started_at=now,
    )
    return Generation.objects.select_related("engagement").get(pk=run.pk) if won else None


def perform(run: Generation) -> None:
    """Do what a claimed run asks for. Ends it as done or failed; a lost lease writes nothing."""
    try:
        _perform(run)
    except LeaseLost:
        logger.warning("generation %s was taken over by another worker", run.pk)
    except NoProvider as error:
        with transaction.atomic():
            run.holds()
            run.settle(Generation.State.FAILED, error=str(error))


def _perform(run: Generation) -> None:
    kind = InsightType(run.insight_type)
    engagement = run.engagement
    inputs = Standing.objects.filter(engagement=engagement).values_list("inputs", flat=True).first()
    dossier = assemble(engagement, portfolio_day())
    provider = provider_named(run.provider)
    mark = fingerprint(
        dossier,
        kind,
        provider=provider.name,
        model=provider.model,
        prompt_version=provider.prompt_version,
    )
    unchanged = Insight.objects.current().filter(
        engagement=engagement, insight_type=kind, input_fingerprint=mark, fallback_reason=""
    )
    if not run.force and (same := unchanged.first()):
        _finish(run, same)
        return
    run.beat(_step(provider, dossier))
    written = write(provider, dossier, kind)
    with transaction.atomic():
        run.holds()
        insight = storing.store(run, dossier, written, fingerprint=mark, inputs=inputs or "")
        audit.record(run.requested_by, "insight.generated", insight.insight_id, str(kind))
        _settle(run, insight)


def _step(provider: Provider, dossier: Dossier) -> str:
    notes = f"{len(dossier.notes)} notes" if len(dossier.notes) != 1 else "1 note"
    if is_immediate(provider.name):
        return f"Reading {notes}"
    return f"Asking the model about {notes}"


def _finish(run: Generation, insight: Insight) -> None:
    with transaction.atomic():
        run.holds()
        _settle(run, insight)


def _settle(run: Generation, insight: Insight) -> None:
    run.insight = insight
    run.save(update_fields=["insight"])
    run.settle(Generation.State.DONE)


def cancel(run: Generation) -> bool:
    """Take a wish back; what a worker is at writes nothing more. False when it is over already."""
    return bool(
        Generation.objects.unfinished()
        .filter(pk=run.pk)
        .update(
            state=Generation.State.CANCELLED,
            fence=F("fence") + 1,
            finished_at=timezone.now(),
            lease_until=None,
        )
    )

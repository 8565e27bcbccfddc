"""Previews that the worker computes: asked for on the page, looked at until they are done."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from engagements.health_model import Rules
from engagements.models import Engagement, ScoringPreview
from engagements.scoring_preview import Outcome, preview
from psinsights.lib.logs import request_id
from psinsights.lib.typed import convert

AT_ONCE = 1000  # engagements that a page scores itself: about a second
KEPT = timedelta(days=7)  # a preview is of its day
State = ScoringPreview.State


def is_slow() -> bool:
    """Whether scoring the whole portfolio is the worker's."""
    return Engagement.objects.count() > AT_ONCE


def ask(rules: Rules, *, seen: int, as_of: date, user: User) -> ScoringPreview:
    """A waiting preview; one that the same person asked for before and nobody began is taken back."""
    old = ScoringPreview.objects.filter(created_at__lt=timezone.now() - KEPT)
    with transaction.atomic():
        old.delete()
        ScoringPreview.objects.filter(requested_by=user, state=State.WAITING).update(
            state=State.CANCELLED, finished_at=timezone.now()
        )
        return ScoringPreview.objects.create(
            rules=msgspec.to_builtins(rules),
            seen=seen,
            as_of=as_of,
            total=Engagement.objects.visible_to(user).count(),
            requested_by=user,
            request_id=request_id.get(),
        )


def perform_preview() -> bool:
    """The worker's part: compute the next preview. Whether there was one."""
    claimed = ScoringPreview.objects.claim()
    if claimed is None:
        return False
    run = ScoringPreview.objects.select_related("requested_by").get(pk=claimed.pk)

    def told(done: int) -> None:
        run.beat()
        ScoringPreview.objects.filter(pk=run.pk).update(done=done)

    visible = Engagement.objects.none()
    if run.requested_by is not None:
        visible = Engagement.objects.visible_to(run.requested_by)
    outcome = preview(rules_of(run), as_of=run.as_of, engagements=visible, progress=told)
    with transaction.atomic():
        run.holds()
        run.outcome, run.done = msgspec.to_builtins(outcome), outcome.total
        run.save(update_fields=["outcome", "done"])
        run.settle(State.DONE)
    return True


def rules_of(run: ScoringPreview) -> Rules:
    return convert(run.rules, Rules)


def outcome_of(run: ScoringPreview) -> Outcome | None:
    return convert(run.outcome, Outcome) if run.outcome else None

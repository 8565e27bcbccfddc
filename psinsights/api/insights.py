"""Insights over the API: the feed, and making one."""

from __future__ import annotations

import threading
import time
from http import HTTPStatus

from django.http import HttpRequest
from django.urls import reverse

from engagements.models import Engagement
from insights.generation import generate, is_immediate
from insights.limits import LimitReached
from insights.models import Generation, Insight
from insights.writing import NoProvider
from psinsights.api.endpoint import Answer, endpoint
from psinsights.api.paging import page_headers
from psinsights.api.problems import Problem, not_found
from psinsights.api.replay import once
from psinsights.api.schemas import (
    GenerateAnswer,
    GenerateBody,
    InsightOut,
    InsightQuery,
    NoQuery,
    RunAnswer,
)
from psinsights.api.shaping import generate_answer, insights_out, run_answer

PATIENCE = 25.0  # seconds a caller may wait for a model that a worker asks
POLL = 0.1
# Waiting holds a thread of the web server, so only a few may: the others get 202 and a Location.
waiting_room = threading.BoundedSemaphore(2)


@endpoint(
    path="/api/insights",
    method="GET",
    summary="Stored insights, newest first.",
    answer=list[InsightOut],
    query=InsightQuery,
    headers={"X-Total-Count": "How many there are in all.", "Link": "RFC 8288 paging."},
)
def feed(request: HttpRequest, query: InsightQuery) -> Answer:
    found = Insight.objects.visible_to(request.user).with_staleness()
    if query.engagement_id:
        found = found.filter(engagement_id=query.engagement_id)
    if query.insight_type:
        found = found.filter(insight_type=query.insight_type)
    if query.provider:
        found = found.filter(provider=query.provider)
    if query.severity:
        found = found.filter(severity=query.severity)
    total = found.count()
    page = found.order_by("-generated_at", "insight_id")[query.offset :][: query.limit]
    return Answer(
        body=insights_out(page),
        headers=page_headers(request, total, query.limit, query.offset),
    )


@endpoint(
    path="/api/insights/generate",
    method="POST",
    summary="Make an insight. Unchanged input gives the insight that is there.",
    answer=GenerateAnswer,
    body=GenerateBody,
    statuses=[
        HTTPStatus.ACCEPTED,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ],
    request_headers={
        "Idempotency-Key": "Sent again with the same body, it is done once and answered alike.",
        "Prefer": "respond-async: answer 202 at once with the run's Location.",
    },
)
def make(request: HttpRequest, body: GenerateBody) -> Answer:
    return once(request, lambda key: _make(request, body, key))


def _make(request: HttpRequest, body: GenerateBody, key: str | None) -> Answer:
    engagement = Engagement.objects.visible_to(request.user).filter(pk=body.engagement_id).first()
    if engagement is None:
        raise not_found(f"No engagement {body.engagement_id[:80]}.")
    run = _asked_before(request, key) or _ask(request, engagement, body, key)
    wants_async = "respond-async" in request.headers.get("Prefer", "").lower()
    if not run.is_settled and not wants_async:
        run = _await(run)
    if not run.is_settled or wants_async:
        location = reverse("api:run", args=[run.pk])
        return Answer(
            body=run_answer(run), status=HTTPStatus.ACCEPTED, headers={"Location": location}
        )
    if run.state != Generation.State.DONE:
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            run.error or "The insight was cancelled.",
            retry_after=30,
        )
    return Answer(body=generate_answer(run))


def _asked_before(request: HttpRequest, key: str | None) -> Generation | None:
    """The run of a request that was made but never answered: its process died in between."""
    if key is None:
        return None
    runs = Generation.objects.select_related("insight")
    return runs.filter(idempotency_key=key, requested_by=request.user.pk).first()


def _ask(
    request: HttpRequest, engagement: Engagement, body: GenerateBody, key: str | None
) -> Generation:
    try:
        return generate(
            engagement,
            body.insight_type,
            user=request.user,
            provider=body.provider or "",
            idempotency_key=key,
        )
    except LimitReached as limit:
        status = HTTPStatus.TOO_MANY_REQUESTS
        raise Problem(status, limit.sentence, retry_after=limit.retry_after) from limit
    except NoProvider as error:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error), retry_after=1) from error


def _await(run: Generation) -> Generation:
    """Look until the run is settled, as long as a caller may wait."""
    if not is_immediate(run.provider) and not waiting_room.acquire(blocking=False):
        return run
    try:
        end = time.monotonic() + PATIENCE
        while not run.is_settled and time.monotonic() < end:
            time.sleep(POLL)
            run.refresh_from_db()
        return run
    finally:
        if not is_immediate(run.provider):
            waiting_room.release()


@endpoint(
    path="/api/insights/runs/{run_id}",
    method="GET",
    summary="How a generation is getting on.",
    answer=RunAnswer,
    query=NoQuery,
    statuses=[HTTPStatus.NOT_FOUND],
)
def run(request: HttpRequest, run_id: str, query: NoQuery) -> RunAnswer:
    visible = Engagement.objects.visible_to(request.user)
    known = run_id.isascii() and run_id.isdigit() and len(run_id) < 19
    found = (
        Generation.objects.select_related("insight").filter(pk=run_id, engagement__in=visible)
        if known
        else Generation.objects.none()
    ).first()
    if found is None:
        raise not_found(f"No run {run_id[:40]}.")
    return run_answer(found)

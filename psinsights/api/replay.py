"""Idempotency keys: the same request sent twice is done once and answered alike."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

import msgspec
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from psinsights.api.endpoint import Answer
from psinsights.api.problems import Problem, wrong
from psinsights.lib.http import person_of
from psinsights.models import IdempotentRequest

KEPT = timedelta(hours=24)
ABANDONED = timedelta(seconds=60)  # a request that has not answered by then has died
MAX_KEY = 200


def once(request: HttpRequest, act: Callable[[str | None], Answer]) -> Answer:
    """Do ``act`` once per ``Idempotency-Key`` of this person; without a key, just do it.

    The same key with another body is 422; one that is still being worked on is 409.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return act(None)
    if not key.strip() or len(key) > MAX_KEY or not key.isprintable():
        raise wrong("Idempotency-Key", f"Use 1 to {MAX_KEY} printable characters.")
    mark = hashlib.sha256(f"{request.path}\n".encode() + request.body).hexdigest()
    entry = _reserve(request, key, mark)
    if entry.answered_at is not None:
        body = msgspec.json.decode(entry.answer)
        headers = {**entry.headers, "Idempotent-Replayed": "true"}
        return Answer(body=body, status=HTTPStatus(entry.status), headers=headers)
    return _act_and_keep(entry, act, key)


def _reserve(request: HttpRequest, key: str, mark: str) -> IdempotentRequest:
    """Our entry to fill, or an answered one; raises for another body or one in flight."""
    now = timezone.now()
    IdempotentRequest.objects.filter(created_at__lt=now - KEPT).delete()
    try:
        with transaction.atomic():
            return IdempotentRequest.objects.create(
                user=person_of(request), key=key, body_hash=mark, created_at=now
            )
    except IntegrityError:
        entry = IdempotentRequest.objects.get(user=person_of(request), key=key)
    if entry.body_hash != mark:
        raise wrong("Idempotency-Key", "This key was used with another body. Use a new one.")
    if entry.answered_at is not None:
        return entry
    # The one who died answers never: exactly one of those who retry takes its place.
    taken = IdempotentRequest.objects.filter(
        pk=entry.pk, answered_at=None, created_at__lt=now - ABANDONED
    ).update(created_at=now)
    if not taken:
        raise Problem(
            HTTPStatus.CONFLICT,
            "A request with this key is still being worked on. Ask again in a moment.",
            retry_after=1,
        )
    return entry


def _act_and_keep(
    entry: IdempotentRequest, act: Callable[[str | None], Answer], key: str
) -> Answer:
    try:
        answer = act(key)
    except BaseException:
        # Nothing was done that must not be done again: let the same key try once more.
        IdempotentRequest.objects.filter(pk=entry.pk, answered_at=None).delete()
        raise
    IdempotentRequest.objects.filter(pk=entry.pk).update(
        answer=msgspec.json.encode(answer.body).decode(),
        status=answer.status.value,
        headers=answer.headers,
        answered_at=timezone.now(),
    )
    return answer

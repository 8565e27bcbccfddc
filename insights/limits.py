"""How much a remote model may be asked: per person and hour, tokens per day, at once.

The embedded engine has no limits. A limit that is reached is said with when it ends.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Sum
from django.utils import timezone

from insights.models import Generation, Insight
from insights.providers.choose import EMBEDDED

HOUR = timedelta(hours=1)


class LimitReached(Exception):
    """No more for now: a sentence, and the seconds after which it is worth asking again."""

    def __init__(self, sentence: str, retry_after: int) -> None:
        self.sentence, self.retry_after = sentence, retry_after
        super().__init__(sentence)


def check(user: AbstractBaseUser | AnonymousUser | None, provider: str) -> None:
    """Raise :class:`LimitReached` when this person or this day has used up what it may."""
    if provider == EMBEDDED:
        return
    _check_hour(user)
    _check_day()


def _check_hour(user: AbstractBaseUser | AnonymousUser | None) -> None:
    if user is None or not user.is_authenticated:
        return  # a command or the schedule
    now = timezone.now()
    recent = Generation.objects.filter(
        requested_by=user.pk, created_at__gt=now - HOUR, bulk=None
    ).exclude(provider=EMBEDDED)
    if recent.count() < settings.AI_RUNS_PER_USER_HOUR:
        return
    first = recent.order_by("created_at").values_list("created_at", flat=True).first()
    left = int((first + HOUR - now).total_seconds()) if first else 3600
    raise LimitReached(
        f"You asked a model {settings.AI_RUNS_PER_USER_HOUR} times in the last hour. "
        f"Ask again in {max(1, left // 60)} min, or use the embedded engine.",
        max(1, left),
    )


def _check_day() -> None:
    if tokens_today() < settings.AI_TOKENS_PER_DAY:
        return
    now = timezone.now()
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    raise LimitReached(
        f"Today's {settings.AI_TOKENS_PER_DAY:,} model tokens are used up. "
        "Ask again tomorrow, or use the embedded engine.",
        int((tomorrow - now).total_seconds()),
    )


def tokens_today() -> int:
    """Tokens that remote models used since midnight UTC."""
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    sums = Insight.objects.filter(imported=False, generated_at__gte=midnight).aggregate(
        read=Sum("input_tokens"), written=Sum("output_tokens")
    )
    return (sums["read"] or 0) + (sums["written"] or 0)


def slots_free() -> int:
    """How many more remote runs may be at work now, over all workers."""
    busy = Generation.objects.filter(
        state=Generation.State.RUNNING, lease_until__gt=timezone.now()
    ).exclude(provider=EMBEDDED)
    return max(0, int(settings.AI_CONCURRENCY) - busy.count())

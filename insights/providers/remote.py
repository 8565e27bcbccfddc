"""The remote model of this installation: made from the settings, with a breaker all processes share."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from insights.models import ProviderState
from insights.providers.breaker import FAILURES, PAUSE_SECONDS, Breaker
from insights.providers.huggingface import HuggingFaceConfig, HuggingFaceProvider

NAME = HuggingFaceProvider.name


def config() -> HuggingFaceConfig:
    """What the environment says of the model."""
    return HuggingFaceConfig(
        token=settings.HF_TOKEN,
        model=settings.HF_MODEL,
        provider=settings.HF_PROVIDER,
        base_url=settings.HF_BASE_URL,
        timeout_seconds=settings.HF_TIMEOUT_SECONDS,
        budget_tokens=settings.HF_BUDGET_TOKENS,
    )


def hugging_face() -> HuggingFaceProvider:
    """The provider, with the breaker of the whole installation."""
    return HuggingFaceProvider(config(), breaker=StoredBreaker())


class StoredBreaker(Breaker):
    """A breaker whose count is a row: web and workers see the same state, and pages can show it."""

    def wait(self) -> float:
        now = timezone.now()
        state = current()
        if state.failures < FAILURES or state.open_until is None:
            return 0.0
        left = (state.open_until - now).total_seconds()
        if left > 0:
            return left
        # One process tries; the others wait for what it finds.
        pause = now + timedelta(seconds=PAUSE_SECONDS)
        won = ProviderState.objects.filter(provider=NAME, open_until=state.open_until).update(
            open_until=pause
        )
        return 0.0 if won else PAUSE_SECONDS

    def succeeded(self) -> None:
        now = timezone.now()
        current()
        ProviderState.objects.filter(provider=NAME).update(
            failures=0, open_until=None, last_at=now, last_ok=True
        )

    def failed(self) -> None:
        now = timezone.now()
        current()
        rows = ProviderState.objects.filter(provider=NAME)
        rows.update(failures=F("failures") + 1, last_at=now, last_ok=False)
        rows.filter(failures__gte=FAILURES).update(
            open_until=now + timedelta(seconds=PAUSE_SECONDS)
        )


def current() -> ProviderState:
    """The state of the remote model, as the last calls left it."""
    return ProviderState.objects.get_or_create(provider=NAME)[0]

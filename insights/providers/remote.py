"""The remote provider as the settings describe it."""

from __future__ import annotations

from django.conf import settings

from insights.providers.huggingface import HuggingFaceConfig, HuggingFaceProvider


def config() -> HuggingFaceConfig:
    """The ``HF_*`` settings; ``problem()`` of it says what is wrong with them."""
    return HuggingFaceConfig(
        token=settings.HF_TOKEN,
        model=settings.HF_MODEL,
        provider=settings.HF_PROVIDER,
        base_url=settings.HF_BASE_URL,
        timeout_seconds=float(settings.HF_TIMEOUT_SECONDS),
        budget_tokens=settings.HF_BUDGET_TOKENS,
    )


def hugging_face() -> HuggingFaceProvider:
    """The provider of these settings. Keep it: its breaker remembers failures."""
    return HuggingFaceProvider(config())

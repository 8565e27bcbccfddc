"""Which provider writes: named in the settings, or in a request that may choose."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from insights.providers import Provider

EMBEDDED = "embedded"
HUGGING_FACE = "huggingface"
LABELS = {EMBEDDED: "Embedded engine", HUGGING_FACE: "Hugging Face"}


def is_remote() -> bool:
    """Whether insights are written by a model somewhere else."""
    return settings.AI_PROVIDER != EMBEDDED


@lru_cache(maxsize=4)
def provider_named(name: str) -> Provider:
    """The provider of that name; raises KeyError for one nobody knows."""
    if name == EMBEDDED:
        from insights.providers.embedded import EmbeddedProvider

        return EmbeddedProvider()
    if name == HUGGING_FACE:
        from insights.providers.remote import hugging_face

        return hugging_face()
    raise KeyError(name)

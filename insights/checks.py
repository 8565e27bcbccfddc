"""System checks of the insights' room: a model that is chosen must be one that can be asked."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from insights.providers.choose import is_remote


@register()
def model_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The settings of a remote model, without asking it anything and without their values."""
    if not (is_remote() or settings.HF_BASE_URL):
        return []
    from insights.providers.remote import config

    problem = config().problem()
    if not problem:
        return []
    chosen = "AI_PROVIDER=huggingface cannot be used." if is_remote() else "HF_BASE_URL is wrong."
    return [
        Error(
            f"{chosen} {problem}",
            hint="Set HF_TOKEN or HF_BASE_URL, or AI_PROVIDER=embedded, which needs neither.",
            id="insights.E001",
        )
    ]

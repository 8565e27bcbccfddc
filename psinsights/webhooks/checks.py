"""System checks of webhooks: addresses that may be sent to, and a secret to sign with."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from psinsights.webhooks import endpoints, signing

A_SECRET = (
    "Use `whsec_` and 32 random bytes in base64, such as "
    "`python -c \"import base64, os; print('whsec_' + base64.b64encode(os.urandom(32)).decode())\"`"
    " prints."
)


@register()
def webhook_addresses(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Only addresses of the environment are ever sent to, so a wrong one stops the start."""
    return [
        Error(
            f"Address {number} of WEBHOOK_URLS {problem}.",
            hint="Use https:// addresses, or http:// on 127.0.0.1, [::1] or localhost; by commas.",
            id="psinsights.E006",
        )
        for number, url in enumerate(settings.WEBHOOK_URLS, 1)
        if (problem := endpoints.problem_of(url))
    ]


@register()
def webhook_secret(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What is sent is signed: no address without a secret, and no secret that is short."""
    if not settings.WEBHOOK_URLS:
        return []
    names = [
        "WEBHOOK_SECRET",
        *(["WEBHOOK_SECRET_PREVIOUS"] * bool(settings.WEBHOOK_SECRET_PREVIOUS)),
    ]
    return [
        Error(f"{name} {problem}.", hint=A_SECRET, id="psinsights.E007")
        for name in names
        if (problem := signing.problem_of(getattr(settings, name)))
    ]

"""System checks of the front: settings that were not understood, and modes that are not safe."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

WEAK_SECRET = 32  # characters


@register()
def settings_understood(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every value the environment gave that could not be used, with what would do."""
    return [
        Error(f"{wrong.name} {wrong.message}.", hint=wrong.hint, id="psinsights.E001")
        for wrong in settings.ENVIRONMENT.problems
    ]


@register()
def secret_present(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """No default secret: a known one would let anybody forge a session."""
    if not settings.SECRET_KEY_GIVEN:
        return [
            Error(
                "SECRET_KEY is empty.",
                hint="Run `make run` once, which writes .env, or set SECRET_KEY yourself.",
                id="psinsights.E002",
            )
        ]
    if len(settings.SECRET_KEY) < WEAK_SECRET and not settings.DEBUG:
        return [
            Warning(
                f"SECRET_KEY has fewer than {WEAK_SECRET} characters.",
                hint="Use 50 random characters.",
                id="psinsights.W001",
            )
        ]
    return []


@register()
def demo_on_loopback_only(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Demo mode opens without a login, so it may exist on this machine alone."""
    if not settings.DEMO:
        return []
    messages: list[CheckMessage] = []
    if not settings.DEBUG:
        messages.append(
            Error(
                "DEMO is on while DEBUG is off.",
                hint="Set DEMO=false, and make accounts with createsuperuser.",
                id="psinsights.E003",
            )
        )
    if outside := sorted(set(settings.ALLOWED_HOSTS) - {*settings.LOOPBACK_HOSTS, "testserver"}):
        messages.append(
            Error(
                f"Demo mode with ALLOWED_HOSTS beyond this machine: {', '.join(outside)}.",
                hint="Set DEMO=false, or keep ALLOWED_HOSTS to 127.0.0.1 and localhost.",
                id="psinsights.E004",
            )
        )
    return messages


@register(Tags.security, deploy=True)
def hosts_are_named(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A wildcard host takes any Host header, and with it poisoned links."""
    if "*" in settings.ALLOWED_HOSTS:
        return [
            Error(
                "ALLOWED_HOSTS holds a wildcard.",
                hint="Name the hosts PS Insights is reached by.",
                id="psinsights.E005",
            )
        ]
    return []

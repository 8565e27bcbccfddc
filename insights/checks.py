"""System checks of the insights' room: a model that is chosen must be one that can be asked."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

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


@register()
def mail_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What a mail over SMTP lacks: somewhere for its links to lead, and a sender."""
    found: list[CheckMessage] = []
    if settings.BASE_URL and (problem := _base_problem(settings.BASE_URL)):
        hint = "Use the address people type, such as https://insights.example."
        found.append(Error(f"BASE_URL {problem}.", hint=hint, id="insights.E002"))
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        return found
    if not settings.BASE_URL:
        found.append(
            Error(
                "EMAIL_URL sends mails, and BASE_URL is empty: their links would lead nowhere.",
                hint="Set BASE_URL to the address people type, such as https://insights.example.",
                id="insights.E003",
            )
        )
    if not _is_sender(settings.BRIEFING_FROM):
        found.append(
            Error(
                "EMAIL_URL sends mails, and BRIEFING_FROM names no sender of yours.",
                hint="Set BRIEFING_FROM, such as PS Insights <insights@example.org>.",
                id="insights.E004",
            )
        )
    return found


@register(deploy=True)
def one_click_needs_https(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Without https a mail program offers no button to unsubscribe."""
    if not settings.BASE_URL.startswith("http://"):
        return []
    return [
        Warning(
            "BASE_URL is not https: mails then have a link to unsubscribe, but no one-click.",
            hint="Serve PS Insights over https and say so in BASE_URL.",
            id="insights.W001",
        )
    ]


def _base_problem(base: str) -> str:
    try:
        parts = urlsplit(base)
        parts.port  # noqa: B018 - asking for it is the check
    except ValueError:
        return "is no address"
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return "does not begin with https:// and a host"
    if parts.query or parts.fragment or parts.username or any(map(str.isspace, base)):
        return "holds more than a host and a path"
    return ""


def _is_sender(given: str) -> bool:
    address = parseaddr(given)[1]
    name, _, host = address.rpartition("@")
    return bool(name) and bool(host) and host != "localhost" and "\n" not in given

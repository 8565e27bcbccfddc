"""Where webhooks go: addresses of the environment and no others, and how a page may show them."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

LONG_PART = 16  # characters; a part of a path this long may be a secret


@dataclass(frozen=True)
class Endpoint:
    """An address that may be sent to. ``key`` stands for it in rows, ``shown`` on pages."""

    url: str
    key: str
    shown: str


def endpoints() -> list[Endpoint]:
    """Those of WEBHOOK_URLS that may be used, each once, in their order."""
    usable = dict.fromkeys(url for url in settings.WEBHOOK_URLS if not problem_of(url))
    return [Endpoint(url, key_of(url), shown(url)) for url in usable]


def key_of(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:32]


def problem_of(url: str) -> str:
    """Why an address may not be sent to, as the end of a sentence; "" when it may."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it raises ValueError where it is no port
    except ValueError:
        return "is no address"
    if any(letter.isspace() or not letter.isprintable() or ord(letter) > 126 for letter in url):
        return "holds a letter that an address may not hold unescaped"
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return "does not begin with https:// and a host"
    if "@" in parts.netloc:
        return "holds a login"
    if parts.fragment:
        return "holds a fragment"
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return "begins with http://, which is for this machine alone"
    return ""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name; nothing is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def shown(url: str) -> str:
    """An address without what may be secret in it: no query, and long parts of the path cut."""
    parts = urlsplit(url)
    path = "/".join(_shortened(part) for part in parts.path.split("/"))
    query = "?…" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}{path}{query}"[:300]


def _shortened(part: str) -> str:
    return part if len(part) < LONG_PART else f"{part[:4]}…"


def target_of(parts: SplitResult) -> str:
    """What stands in the first line of a request."""
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

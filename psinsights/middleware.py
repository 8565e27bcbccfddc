"""What every request goes through: its id, safe headers, demo mode, and the closed door."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject
from django_htmx.http import HttpResponseClientRedirect

from engagements.access import READS_ONLY, Refused
from engagements.membership import WORK, Role, role_of
from psinsights.lib import logs
from psinsights.lib.http import missing
from psinsights.signing_in import SESSION_ROLE

logger = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]
KNOWN_ID = re.compile(r"[A-Za-z0-9._-]{1,40}\Z")
LOOPBACK = {"127.0.0.1", "::1"}
SAFE = {"GET", "HEAD", "OPTIONS"}
# Any of these means that a proxy stands in between, and whoever asks may be anywhere.
FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
    "HTTP_VIA",
)
SAFE_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def request_id(get_response: GetResponse) -> GetResponse:
    """Give each request an id: the proxy's when it is well-formed, else a new one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        known = given if KNOWN_ID.match(given) else uuid.uuid4().hex[:12]
        token = logs.request_id.set(known)
        try:
            response = get_response(request)
        finally:
            logs.request_id.reset(token)
        response["X-Request-ID"] = known
        return response

    return middleware


def security_headers(get_response: GetResponse) -> GetResponse:
    """Headers that Django does not set by itself, and no caching of anything but static files."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in SAFE_HEADERS.items():
            response.setdefault(name, value)
        if not request.path.startswith(f"/{settings.STATIC_URL.strip('/')}/"):
            response.setdefault("Cache-Control", "no-store")
        return response

    return middleware


class database_outage:  # noqa: N801 - named as the other middleware is
    """A database that is locked, full or gone is said as such, with 503, never as a 500."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        logger.error("database not available: %s", type(error).__name__)
        if request.path.startswith("/api/"):
            from psinsights.api.problems import database_problem

            return database_problem(request)
        response = render(request, "503.html", {"request_id": logs.request_id.get()}, status=503)
        response["Retry-After"] = "5"
        return response


def _demo_user() -> object:
    """The person of demo mode, made when first needed; nobody can sign in as them."""
    people = get_user_model().objects.select_related("membership", "briefing_subscription")
    user, created = people.get_or_create(
        username="demo", defaults={"first_name": "Demo", "is_staff": True}
    )
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def is_loopback(request: HttpRequest) -> bool:
    """Whether both ends are this machine: the peer's address, and the host that was asked for."""
    host, _ = split_domain_port(request.get_host())
    return (
        request.META.get("REMOTE_ADDR") in LOOPBACK
        and host in settings.LOOPBACK_HOSTS
        and not any(header in request.META for header in FORWARDED)
    )


def demo_login(get_response: GetResponse) -> GetResponse:
    """In demo mode, and on loopback only, everybody is the demo person."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.is_demo = False  # type: ignore[attr-defined]  # read by templates
        if settings.DEMO and settings.DEBUG and is_loopback(request) and _is_anonymous(request):
            request.user = SimpleLazyObject(_demo_user)  # type: ignore[assignment]
            request.is_demo = True  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


def _is_anonymous(request: HttpRequest) -> bool:
    # Without a session cookie there is nobody to look up: demo pages cost no query for it.
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return True
    return isinstance(request.user, AnonymousUser) or not request.user.is_authenticated


class RoleRequired:
    """A login without a role finds nothing, and a viewer's request changes nothing.

    Closed by default: a new address is closed to both until its view is marked as personal. Objects
    are looked up by ``visible_to``. Templates read ``request.role`` and ``request.can_work``.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if not getattr(view, "login_required", True):
            return None
        role = role_of(request.user)
        request.role = role  # type: ignore[attr-defined]
        request.can_work = role in WORK  # type: ignore[attr-defined]
        renew_session(request, role)
        if getattr(view, "is_personal", False):
            return None
        if role is None:
            # A stranger is not told what there is.
            return missing(request) if kwargs else render(request, "no_role.html", status=403)
        if role == Role.VIEWER and request.method not in SAFE:
            raise Refused(READS_ONLY)
        return None


def renew_session(request: HttpRequest, role: Role | None) -> None:
    """A session whose person has got another role goes on under another key.

    When a whole page is asked for: fragments that are asked for at once would lose their session.
    """
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or getattr(request, "htmx", False):
        return
    known, now = request.session.get(SESSION_ROLE), str(role or "")
    if known == now:
        return
    if known is not None:
        request.session.cycle_key()
    request.session[SESSION_ROLE] = now


class LoginRequired(LoginRequiredMiddleware):
    """Closed by default. An htmx request is told to go to the login page, not fed it."""

    def handle_no_permission(  # type: ignore[override]  # htmx is told, not redirected
        self, request: HttpRequest, view_func: Callable
    ) -> HttpResponse:
        response = super().handle_no_permission(request, view_func)
        if getattr(request, "htmx", False) and response.status_code == 302:
            return HttpResponseClientRedirect(response["Location"])
        return response

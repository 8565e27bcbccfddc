"""Who may call: a session, a token, or demo mode on this machine; never another site's page."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from engagements.access import NO_ROLE, READS_ONLY
from engagements.membership import Role, role_of
from psinsights.api.problems import Problem, not_found
from psinsights.models import ApiToken

SAFE = {"GET", "HEAD", "OPTIONS"}
OWN_SITE = {"", "none", "same-origin"}


class _CsrfCheck(CsrfViewMiddleware):
    """Django's own check, giving back the reason instead of a page."""

    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason


def refuse_other_sites(request: HttpRequest) -> None:
    """A page of another site may not make a browser call us, with or without a login."""
    origin = request.headers.get("Origin", "")
    foreign = request.headers.get("Sec-Fetch-Site", "") not in OWN_SITE
    if foreign or (origin and not _is_own(origin, request)):
        raise Problem(HTTPStatus.FORBIDDEN, "Requests from pages of another site are refused.")


def _is_own(origin: str, request: HttpRequest) -> bool:
    own = urlsplit(f"{request.scheme}://{request.get_host()}")
    theirs = urlsplit(origin)
    return (theirs.scheme, theirs.netloc) == (own.scheme, own.netloc) or (
        origin in settings.CSRF_TRUSTED_ORIGINS
    )


def authenticate(request: HttpRequest) -> None:
    """Set ``request.user`` to whoever calls; raises 401 for nobody, 403 for a missing CSRF token."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        token = ApiToken.find(text.strip()) if text.strip().startswith("psi_") else None
        if token is None:
            raise Problem(HTTPStatus.UNAUTHORIZED, "This token is not known, or was revoked.")
        request.user = token.user
        return
    if not request.user.is_authenticated:
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            "Sign in, or send a token: Authorization: Bearer psi_…  Tokens are made in Settings.",
        )
    if request.method not in SAFE and not getattr(request, "is_demo", False):
        _check_csrf(request)


def check_role(request: HttpRequest, ids: Mapping[str, str]) -> None:
    """Nothing is found by a login without a role, and nothing changed by one that may only read."""
    role = role_of(request.user)
    if role is None:
        if ids:
            raise not_found("There is nothing with this id.")
        raise Problem(HTTPStatus.FORBIDDEN, NO_ROLE)
    if role == Role.VIEWER and request.method not in SAFE:
        raise Problem(HTTPStatus.FORBIDDEN, READS_ONLY)


def _check_csrf(request: HttpRequest) -> None:
    def nothing(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    check = _CsrfCheck(nothing)
    check.process_request(request)
    if check.process_view(request, nothing, (), {}):
        raise Problem(
            HTTPStatus.FORBIDDEN, "The CSRF token is missing or wrong. Send it as X-CSRFToken."
        )

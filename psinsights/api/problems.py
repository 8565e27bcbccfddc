"""Errors of the API: problem+json (RFC 9457) with a sentence, never a trace, path, host or token."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from django.http import HttpRequest, HttpResponse

from psinsights.lib import logs

CONTENT_TYPE = "application/problem+json"


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field or parameter."""

    field: str
    message: str


class ProblemDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of every error answer."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: tuple[FieldError, ...] = ()


class Problem(Exception):
    """An expected error of the API, with its status and a sentence for the reader."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
    ) -> None:
        self.status, self.detail, self.errors = status, detail, errors
        self.retry_after = retry_after
        super().__init__(detail)

    def response(self) -> HttpResponse:
        document = ProblemDocument(
            type="about:blank",
            title=self.status.phrase,
            status=self.status.value,
            detail=self.detail,
            request_id=logs.request_id.get(),
            errors=self.errors,
        )
        response = HttpResponse(
            msgspec.json.encode(document), content_type=CONTENT_TYPE, status=self.status.value
        )
        if self.retry_after is not None:
            response["Retry-After"] = str(self.retry_after)
        if self.status == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = "Bearer"
        return response


def wrong(field: str, message: str) -> Problem:
    """A 422 for one field."""
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, message, errors=(FieldError(field=field, message=message),)
    )


def not_found(what: str) -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, what)


def database_problem(request: HttpRequest) -> HttpResponse:
    """The database is locked or gone: say when to come back."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database is not available. Nothing was changed; try again in a few seconds.",
        retry_after=5,
    ).response()


def unknown_address(request: HttpRequest) -> HttpResponse:
    """A 404 below /api in the API's own form."""
    return not_found("There is nothing at this address. See /api/openapi.json.").response()


def unexpected(request: HttpRequest) -> HttpResponse:
    """A 500 below /api: the trace is in the log under the request id, not in the answer."""
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something broke on our side. Send the request id to whoever runs PS Insights.",
    ).response()

"""One decorator owns HTTP: method, access, reading, answer, errors. It also feeds OpenAPI."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from psinsights.api.access import authenticate, check_role, refuse_other_sites
from psinsights.api.problems import Problem, not_found
from psinsights.api.reading import read_body, read_query


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a view answers: a body, and what HTTP adds to it."""

    body: Any
    status: HTTPStatus = HTTPStatus.OK
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """The declaration of one address: what validates requests, shapes answers and is documented."""

    path: str
    method: str
    summary: str
    answer: Any
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    public: bool = False
    statuses: Sequence[HTTPStatus] = ()
    headers: dict[str, str] = field(default_factory=dict)  # answer headers: name to meaning
    request_headers: dict[str, str] = field(default_factory=dict)
    view: Callable[..., Any] | None = None


ENDPOINTS: list[Endpoint] = []
encoder = msgspec.json.Encoder()


def endpoint(**declared: Any) -> Callable[[Callable[..., Any]], Callable[..., HttpResponse]]:
    """Declare an API view. It gets the request, what was read as ``query`` or ``body``, and ids."""
    declaration = Endpoint(**declared)

    def decorate(view: Callable[..., Any]) -> Callable[..., HttpResponse]:
        ENDPOINTS.append(declaration)

        @csrf_exempt  # access.authenticate checks it where a session is what lets one in
        @functools.wraps(view)
        def serve(request: HttpRequest, **ids: str) -> HttpResponse:
            try:
                answer = _serve(declaration, view, request, ids)
            except Problem as problem:
                return problem.response()
            except Http404:
                return not_found("There is nothing with this id.").response()
            return _respond(answer)

        serve.login_required = False  # type: ignore[attr-defined]  # answers 401 itself
        return serve

    return decorate


def _serve(
    declaration: Endpoint, view: Callable[..., Any], request: HttpRequest, ids: dict[str, str]
) -> Answer:
    allowed = {declaration.method} | ({"HEAD"} if declaration.method == "GET" else set())
    if request.method not in allowed:
        raise Problem(
            HTTPStatus.METHOD_NOT_ALLOWED, f"This address takes {declaration.method} only."
        )
    refuse_other_sites(request)
    if not declaration.public:
        authenticate(request)
        check_role(request, ids)
    given: dict[str, Any] = dict(ids)
    if any("\x00" in value or len(value) > 200 for value in ids.values()):
        raise not_found("There is nothing with this id.")
    if declaration.query is not None:
        given["query"] = read_query(request, declaration.query)
    if declaration.body is not None:
        given["body"] = read_body(request, declaration.body)
    answer = view(request, **given)
    return answer if isinstance(answer, Answer) else Answer(body=answer)


def _respond(answer: Answer) -> HttpResponse:
    response = HttpResponse(
        encoder.encode(answer.body), content_type="application/json", status=answer.status.value
    )
    for name, value in answer.headers.items():
        response[name] = value
    patch_vary_headers(response, ["Cookie", "Authorization"])
    return response

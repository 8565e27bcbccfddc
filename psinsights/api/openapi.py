"""OpenAPI 3.1, made from the declarations that validate requests and shape answers."""

from __future__ import annotations

import re
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from psinsights.api.endpoint import ENDPOINTS, Endpoint
from psinsights.api.problems import CONTENT_TYPE, ProblemDocument
from psinsights.webhooks.payloads import BODIES, MEANING

REF = "#/components/schemas/{name}"
PATH_ID = re.compile(r"\{(\w+)\}")


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The whole document."""
    shapes = [shape for e in ENDPOINTS for shape in (e.answer, e.body, e.query) if shape]
    shapes += [ProblemDocument, *BODIES.values()]
    schemas, components = msgspec.json.schema_components(shapes, ref_template=REF)
    # A Struct and list[Struct] are both hashable: each shape finds its own schema again.
    named = dict(zip(shapes, schemas, strict=True))
    paths: dict[str, Any] = {}
    for declared in ENDPOINTS:
        operation = _operation(declared, named, components)
        paths.setdefault(declared.path, {})[declared.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "PS Insights",
            "version": settings.VERSION,
            "description": "Which engagements need attention today, why, and what to do next.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "webhooks": {kind: {"post": _told(kind, named)} for kind in BODIES},
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "psi_…"},
                "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
            },
        },
        "security": [{"token": []}, {"session": []}],
    }


def _told(kind: str, named: dict[Any, Any]) -> dict[str, Any]:
    """A request of ours to somebody else; docs/webhooks.md says how it is signed."""
    return {
        "operationId": f"webhook_{kind.replace('.', '_')}",
        "summary": MEANING[kind],
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
            for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": named[BODIES[kind]]}},
        },
        "responses": {"2XX": {"description": "Taken."}},
        "security": [],
    }


def _operation(declared: Endpoint, named: dict[Any, Any], components: dict[str, Any]) -> Any:
    operation: dict[str, Any] = {
        "operationId": _operation_id(declared),
        "summary": declared.summary,
        "parameters": [*_path_ids(declared), *_query(declared, components), *_headers(declared)],
        "responses": _responses(declared, named),
    }
    if declared.public:
        operation["security"] = []
    if declared.body:
        content = {"application/json": {"schema": named[declared.body]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _operation_id(declared: Endpoint) -> str:
    words = re.findall(r"\w+", declared.path.removeprefix("/api/"))
    return "_".join([declared.method.lower(), *words])


def _path_ids(declared: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in PATH_ID.findall(declared.path)
    ]


def _query(declared: Endpoint, components: dict[str, Any]) -> list[dict[str, Any]]:
    if declared.query is None:
        return []
    properties = components[declared.query.__name__].get("properties", {})
    return [
        {"name": name, "in": "query", "required": False, "schema": _not_null(schema)}
        for name, schema in properties.items()
    ]


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be left out is not one that may be null."""
    options = [option for option in schema.get("anyOf", []) if option != {"type": "null"}]
    if not options:
        return {name: value for name, value in schema.items() if value is not None}
    return options[0] if len(options) == 1 else {"anyOf": options}


def _headers(declared: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "header", "description": meaning, "schema": {"type": "string"}}
        for name, meaning in declared.request_headers.items()
    ]


def _responses(declared: Endpoint, named: dict[Any, Any]) -> dict[str, Any]:
    answer = {
        "description": declared.summary,
        "content": {"application/json": {"schema": named[declared.answer]}},
        "headers": {
            name: {"description": meaning, "schema": {"type": "string"}}
            for name, meaning in declared.headers.items()
        },
    }
    problem = {"content": {CONTENT_TYPE: {"schema": named[ProblemDocument]}}}
    known = {*declared.statuses, *_always(declared)}
    responses = {str(s.value): {"description": s.phrase, **problem} for s in sorted(known)}
    if HTTPStatus.ACCEPTED in known:
        responses["202"] = _accepted(named)
    if declared.public and HTTPStatus.SERVICE_UNAVAILABLE in known:
        responses["503"] = answer | {"description": "The database is gone."}
    return {"200": answer, **responses}


def _accepted(named: dict[Any, Any]) -> dict[str, Any]:
    from psinsights.api.schemas import RunAnswer

    return {
        "description": "A worker is at it; look at Location.",
        "headers": {"Location": {"schema": {"type": "string"}}},
        "content": {"application/json": {"schema": named[RunAnswer]}},
    }


def _always(declared: Endpoint) -> set[HTTPStatus]:
    """Statuses that any call of this kind may get."""
    statuses = {
        HTTPStatus.FORBIDDEN,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
    if not declared.public:
        statuses.add(HTTPStatus.UNAUTHORIZED)
    if declared.body:
        statuses |= {
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.CONFLICT,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        }
    if PATH_ID.search(declared.path):
        statuses.add(HTTPStatus.NOT_FOUND)
    return statuses


def openapi(request: HttpRequest) -> HttpResponse:
    """GET /api/openapi.json, open to all: it holds no data."""
    return HttpResponse(msgspec.json.encode(document()), content_type="application/json")


openapi.login_required = False  # type: ignore[attr-defined]

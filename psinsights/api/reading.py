"""Reading a request: query parameters and JSON bodies into Structs, or a 422 that names the field."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from django.http import HttpRequest

from psinsights.api.problems import FieldError, Problem, wrong
from psinsights.lib.typed import convert

Shape = TypeVar("Shape", bound=msgspec.Struct)
MAX_BODY = 64 * 1024
MAX_TEXT = 60_000
WHERE = re.compile(r" - at `\$?\.?(?P<field>[^`]*)`\Z")
UNKNOWN = re.compile(r"unknown field `(?P<field>[^`]*)`")
MISSING = re.compile(r"missing required field `(?P<field>[^`]*)`")


def read_query(request: HttpRequest, shape: type[Shape]) -> Shape:
    """The parameters of the address. An empty one counts as not given; the last of many wins."""
    given = {name: str(value) for name, value in request.GET.items() if value != ""}
    known = {field.encode_name for field in msgspec.structs.fields(shape)}
    if strange := sorted(set(given) - known):
        names = ", ".join(sorted(known)) or "none"
        raise wrong(strange[0][:100], f"Unknown parameter. This address takes: {names}.")
    for name, value in given.items():
        _check_text(name, value)
    return _convert(given, shape, strict=False)


def read_body(request: HttpRequest, shape: type[Shape]) -> Shape:
    """The JSON body. Only ``application/json`` is read, so that no HTML form of a page can send one."""
    if request.content_type != "application/json":
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send JSON with Content-Type: application/json."
        )
    if len(request.body) > MAX_BODY:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is over {MAX_BODY // 1024} kB."
        )
    return _convert(_decode(request.body), shape, strict=True)


def _decode(body: bytes) -> Any:
    try:
        value = json.loads(
            body.decode() or "{}", object_pairs_hook=_no_duplicates, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:120]
        raise Problem(HTTPStatus.BAD_REQUEST, f"The body is not valid JSON: {reason}.") from error
    if not isinstance(value, dict):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "The body must be a JSON object.")
    for name, text in value.items():
        if isinstance(text, str):
            _check_text(name, text)
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the key {name[:60]!r} stands twice")
        found[name] = value
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _check_text(name: str, value: str) -> None:
    if len(value) > MAX_TEXT:
        raise wrong(name[:100], f"Too long: at most {MAX_TEXT} characters.")
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise wrong(name[:100], "Holds a character that no text may hold.")


def _convert(value: dict[str, Any], shape: type[Shape], *, strict: bool) -> Shape:
    try:
        return convert(value, shape, strict=strict)
    except msgspec.ValidationError as error:
        raise _problem(str(error)) from error


def _problem(text: str) -> Problem:
    for pattern in (UNKNOWN, MISSING, WHERE):
        if found := pattern.search(text):
            field = found["field"]
            break
    else:
        field = ""
    message = WHERE.sub("", text)
    detail = f"{field}: {message}" if field else message
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"{detail}.",
        errors=(FieldError(field=field, message=message),),
    )

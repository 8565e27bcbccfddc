"""Answers: one page is one address, one view, one template; a fragment is a named part of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlencode

from django.contrib.auth.models import User
from django.core.paginator import Page, Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

Row = TypeVar("Row", bound=models.Model)
PAGE_SIZES = (25, 40)  # more rows would make a page heavier than 60 kB


class Request(HttpRequest):
    """A request as the middleware leaves it."""

    htmx: HtmxDetails


def person_of(request: HttpRequest) -> User:
    """The person of a request that the closed door let through."""
    return cast(User, request.user)


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page. A restored history entry needs the whole page."""
    htmx = cast(Request, request).htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    partial: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page, or its part named ``partial`` when htmx asks; both from the same context."""
    is_fragment = bool(partial) and wants_fragment(request)
    name = f"{template}#{partial}" if is_fragment else template
    response = render(request, name, context | {"is_fragment": is_fragment}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def page_number(raw: str | None) -> int:
    """A page number a person typed: anything that is no sensible number is the first page."""
    text = (raw or "").strip()
    # Ten digits are more pages than there can be; int() of a million digits is a denial of service.
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= 10 else 1


def paginate(
    rows: models.QuerySet[Row],
    request: HttpRequest,
    *,
    size: int = PAGE_SIZES[0],
    total: int | None = None,
) -> Page[Row]:
    """The page of ``rows`` that the address asks for, forgiving: too far is the last page.

    ``total`` is their number where it is known, or more cheaply counted otherwise.
    """
    asked = page_number(request.GET.get("size"))
    paginator = Paginator(rows, asked if asked in PAGE_SIZES else size)
    if total is not None:
        paginator.count = total
    return paginator.get_page(page_number(request.GET.get("page")))


def missing(request: HttpRequest, sentence: str = "") -> HttpResponse:
    """The page of an address that holds nothing; ``sentence`` says what was looked for.

    An answer and not an ``Http404``, which in demo mode would show the list of addresses instead.
    """
    return render(request, "404.html", {"sentence": sentence}, status=404)


def query(params: Mapping[str, object]) -> str:
    """Parameters as the tail of an address: "?a=1&b=2", and "?" when nothing is asked."""
    return "?" + urlencode(
        {name: value for name, value in params.items() if value not in ("", None)}
    )


def record_link(page: str, record: str) -> str:
    """The address at which ``page`` shows a record, lit up, wherever it stands in a list."""
    name = quote(record, safe="")
    return f"{page}?at={name}#{name}"

"""Doors of single views: what is a person's own business, and what is for managers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from engagements.membership import can_work, manages, sees_all

AnyView = TypeVar("AnyView", bound=Callable[..., HttpResponseBase])
READS_ONLY = "You may read everything here and change nothing. Ask an admin for another role."
NO_ROLE = "You have no role yet. Ask an admin to give you one."
FOR_MANAGERS = "This page is for managers. Ask one of them, or an admin for another role."
FOR_ALL_SEERS = "These figures are of the whole portfolio, of which you see your own part."


class Refused(PermissionDenied):
    """What somebody may not do, in a sentence that they are shown."""


def personal(view: AnyView) -> AnyView:
    """What belongs to the person alone, such as their password: no role is needed to change it."""
    view.is_personal = True  # type: ignore[attr-defined]  # read by the middleware
    return view


def workers_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A form that changes something is not even shown to those who may only read."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not can_work(request.user):
            raise Refused(READS_ONLY)
        return view(request, *args, **kwargs)

    return guarded


def managers_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Rows that belong to no engagement, raw or of everybody, are for managers and admins."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not manages(request.user):
            raise Refused(FOR_MANAGERS)
        return view(request, *args, **kwargs)

    return guarded


def whole_portfolio(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """What is counted over everything is for those who see everything."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not sees_all(request.user):
            raise Refused(FOR_ALL_SEERS)
        return view(request, *args, **kwargs)

    return guarded

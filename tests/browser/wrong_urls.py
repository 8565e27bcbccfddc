"""The product's addresses and four that fail in each way a view can fail."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from psinsights.urls import handler400, handler403, handler404, handler500
from psinsights.urls import urlpatterns as product

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
FAULTS = {
    400: SuspiciousOperation,
    403: PermissionDenied,
    500: RuntimeError,
    503: OperationalError,
}


def wrong(request: HttpRequest, status: int) -> HttpResponse:
    raise FAULTS[status]("as asked")


urlpatterns = [path("wrong/<int:status>", wrong), *product]

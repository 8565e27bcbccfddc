"""What this installation depends on: services as they were last seen, and packages."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from connectors.freshness import glance
from psinsights import packages
from psinsights.lib.http import render_page
from psinsights.services import FAILS, WATCH, services

SOON = timedelta(days=180)  # before support ends, it is time to plan


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Services for everybody who has a login; where they are, and packages, for staff alone."""
    seen = glance()
    request.data_glance = seen  # type: ignore[attr-defined]  # the frame shows the same
    found = services(seen)
    context: dict[str, Any] = {
        "here": "dependencies",
        "services": found,
        "troubles": sum(service.shade in (FAILS, WATCH) for service in found),
    }
    if request.user.is_staff:
        context |= {
            "platforms": [
                {"platform": one, "shade": _shade(one.until)} for one in packages.platforms()
            ],
            "packages": packages.packages(),
            "more": packages.brought_along(),
        }
    return render_page(request, "settings/dependencies.html", context)


def _shade(until: date | None) -> str:
    today = timezone.now().date()
    if until is None:
        return "none"
    if until < today:
        return FAILS
    return WATCH if until - today < SOON else "ok"

"""What every template knows of the person who asks."""

from __future__ import annotations

from django.http import HttpRequest


def access(request: HttpRequest) -> dict[str, bool]:
    """``read_only``: this person changes nothing, so no button that does is shown."""
    return {"read_only": not getattr(request, "can_work", False)}

"""What every template knows of the person who asks."""

from __future__ import annotations

from django.http import HttpRequest

from engagements.membership import MANAGE


def access(request: HttpRequest) -> dict[str, bool]:
    """``read_only``: this person changes nothing, so no button that does is shown.

    ``manages``: they may read what belongs to no engagement.
    """
    return {
        "read_only": not getattr(request, "can_work", False),
        "manages": getattr(request, "role", None) in MANAGE,
    }

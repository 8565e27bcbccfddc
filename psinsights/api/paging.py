"""Pages of a list: the total and RFC 8288 links, with the filters kept."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest


def page_headers(request: HttpRequest, total: int, limit: int, offset: int) -> dict[str, str]:
    """``X-Total-Count`` and ``Link`` with first, prev, next and last where they exist."""
    last = max(0, (total - 1) // limit * limit)
    targets = {"first": 0, "last": last}
    if offset > 0:
        targets["prev"] = max(0, min(offset - limit, last))
    if offset + limit < total:
        targets["next"] = offset + limit
    links = [f'<{_address(request, limit, at)}>; rel="{name}"' for name, at in targets.items()]
    return {"X-Total-Count": str(total), "Link": ", ".join(links)}


def _address(request: HttpRequest, limit: int, offset: int) -> str:
    # Short filters are kept; a very long one would make a header no server takes.
    kept = {
        name: value[:500]
        for name, value in request.GET.items()
        if name not in ("limit", "offset") and value
    }
    return f"{request.path}?{urlencode(kept | {'limit': limit, 'offset': offset})}"

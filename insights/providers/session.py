"""The HTTP session under the model client: what may be opened, and how much may come back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from insights.providers import BadAnswer, Unavailable
from insights.providers.deadline import current_wire

if TYPE_CHECKING:
    import httpx2

MOST_BYTES = 64 * 1024
LONGEST_PAUSE = 20.0  # seconds we wait because we were asked to


class BadStatus(Exception):
    """The service answered with a status that is no answer."""

    def __init__(self, code: int, retry_after: float | None) -> None:
        super().__init__(str(code))
        self.code, self.retry_after = code, retry_after


def client() -> httpx2.Client:
    """One connection per request, no redirects, no proxy to this machine, bounded answers."""
    import httpx2

    return httpx2.Client(
        event_hooks={"request": [_on_request], "response": [_on_response]},
        follow_redirects=False,
        limits=httpx2.Limits(max_keepalive_connections=0),
        headers={"accept-encoding": "identity"},
        mounts={f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")},
    )


def _on_request(request: httpx2.Request) -> None:
    wire = current_wire.get()
    if wire is None:
        return
    # The client has errands of its own (a registry of agents, a model's providers).
    if wire.host and request.url.host != wire.host:
        raise Unavailable
    request.extensions["trace"] = wire.opened


def _on_response(response: httpx2.Response) -> None:
    """Refuse by status and headers before anybody reads or logs a word of the answer."""
    response.headers.pop("x-hf-warning", None)
    if response.status_code >= 300:
        raise BadStatus(response.status_code, _seconds(response.headers.get("retry-after", "")))
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise BadAnswer("The model service sent a compressed answer that was not asked for.")
    response.stream = _capped(response.stream)


def _capped(stream: Any) -> Any:
    import httpx2

    class Capped(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            left = MOST_BYTES
            for chunk in stream:
                left -= len(chunk)
                if left < 0:
                    raise BadAnswer("The model's answer is too long.")
                yield chunk

        def close(self) -> None:
            stream.close()

    return Capped()


def _seconds(retry_after: str) -> float | None:
    """The seconds of a Retry-After header; a date in it is taken as too long to wait."""
    if not retry_after.strip():
        return None
    try:
        found = float(retry_after)
    except ValueError:
        return LONGEST_PAUSE + 1
    return found if 0 <= found < 86_400 else LONGEST_PAUSE + 1

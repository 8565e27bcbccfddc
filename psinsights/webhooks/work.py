"""The worker's part: looking for news, sending in a thread of its own, forgetting what is old."""

from __future__ import annotations

import logging
import threading

from django.db import close_old_connections, connection
from django.utils import timezone

from psinsights.webhooks import announce as announcing
from psinsights.webhooks import deliver as delivering
from psinsights.webhooks.models import WebhookDelivery

logger = logging.getLogger(__name__)
A_MOMENT = (
    0.05  # seconds that a turn waits for what is being sent, so that the worker does not spin
)


def announce_webhooks() -> bool:
    """Make events of what is new."""
    return announcing.announce() > 0


def prune_webhooks() -> bool:
    """Forget old events, a bounded number a turn."""
    return delivering.prune() > 0


class SendWebhooks:
    """Sends what is due beside the other jobs: an endpoint that hangs holds up no insight.

    The thread is none of the daemon kind: a worker told to stop ends after the request under way,
    whose outcome is written down.
    """

    __name__ = "send_webhooks"

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def __call__(self) -> bool:
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(A_MOMENT)
            return True
        if not WebhookDelivery.objects.due(timezone.now()).exists():
            return False
        self._thread = threading.Thread(target=send, name="webhooks", daemon=False)
        self._thread.start()
        return True


def send() -> None:
    """One batch, with a database connection of its own."""
    try:
        # The main thread is over when the worker stops: no other request is begun then.
        delivering.deliver(go_on=threading.main_thread().is_alive)
    except Exception:  # noqa: BLE001 - a thread has nobody to raise to; the lease brings it back
        logger.exception("sending webhooks failed")
    finally:
        close_old_connections()
        connection.close()

"""What can go wrong at a warehouse, in five words of ours; the client's own errors end here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any


class WarehouseError(Exception):
    """A sentence for people; ``retry`` says whether the same call may work later.

    ``reconnect`` says whether a new connection may help at once. ``condition`` is Databricks'
    own name of the error where it gave one (``DELTA_MISSING_CHANGE_DATA``).
    """

    retry = False
    reconnect = False

    def __init__(self, message: str, *, condition: str = "", reconnect: bool = False) -> None:
        super().__init__(message)
        self.condition = condition
        self.reconnect = reconnect


class AccessDenied(WarehouseError):
    """The warehouse does not let us in, or not to this table. Do not retry: someone must act."""


class NotFound(WarehouseError):
    """The warehouse, schema or table is not there. Do not retry: someone must act."""


class Unavailable(WarehouseError):
    """The warehouse is starting, busy or out of reach; nothing was done. Retry later."""

    retry = True


class StatementRefused(WarehouseError):
    """The SQL or the data does not fit. Do not retry: the same statement fails again.

    ``blames_the_data``: a value does not fit (SQLSTATE classes 22 and 23), not the statement.
    """

    blames_the_data = False


class Interrupted(WarehouseError):
    """The answer was lost on its way; it may have been done. Retry what is idempotent."""

    retry = True


class Conflict(StatementRefused):
    """Another writer changed the same files in between. Retry at once, after a random pause."""

    retry = True


_DENIED = ("INSUFFICIENT_PERMISSIONS", "PERMISSION_DENIED", "UNAUTHORIZED_ACCESS")
_MISSING = ("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND", "NO_SUCH_CATALOG_EXCEPTION")
_CONFLICT = re.compile(r"DELTA_CONCURRENT_|Concurrent\w+Exception|DELTA_METADATA_CHANGED")
_DATA = re.compile(
    r"SQLSTATE: 2[23]|^\[(CAST_|DELTA_VIOLATE_CONSTRAINT|DELTA_NOT_NULL|DELTA_EXCEED_CHAR|NUMERIC_)"
)
_BUSY = (429, 500, 502, 503, 504)
_STARTING = re.compile(r"(?i)TEMPORARILY_UNAVAILABLE|starting|stopped")


def from_client(error: Exception) -> WarehouseError:
    """The error of ours for an error of the connector, urllib3 or the operating system."""
    from databricks.sql import exc
    from urllib3.exceptions import HTTPError

    causes = list(_causes(error))
    if ours := next((cause for cause in causes if isinstance(cause, WarehouseError)), None):
        return ours  # from the sign-in, which the connector calls
    if "Invalid SessionHandle" in str(error) or isinstance(error, exc.SessionAlreadyClosedError):
        return Interrupted("The warehouse closed our session.", reconnect=True)
    if any(isinstance(cause, (HTTPError, OSError)) for cause in causes):
        return _from_network(" ".join(f"{type(cause).__name__} {cause}" for cause in causes))
    if isinstance(error, exc.RequestError):
        return _from_request(error, causes)
    return _from_statement(str(error))


def from_sign_in(error: Exception) -> WarehouseError:
    """The error of ours for a failure to get an OAuth token."""
    if re.search(r"(?i)invalid_client|unauthorized|invalid_grant|401|403", str(error)):
        return AccessDenied(
            "Databricks refused the service principal. Check DATABRICKS_CLIENT_ID and "
            "DATABRICKS_CLIENT_SECRET."
        )
    return Unavailable("Databricks did not answer the sign-in. Check DATABRICKS_HOST.")


def _from_request(error: Any, causes: list[BaseException]) -> WarehouseError:
    from databricks.sql import exc

    status = error.context.get("http-code")
    # After a retry the status is that of an earlier answer: what ended the retries comes first.
    if any(isinstance(cause, exc.MaxRetryDurationError) for cause in causes) or status in _BUSY:
        return Unavailable("The warehouse is starting or busy. It is asked again later.")
    if status in (401, 403):
        return AccessDenied(
            "The warehouse refused our sign-in. Renew the token or the secret, and check that we "
            "may use the warehouse.",
            reconnect=True,
        )
    if status == 404:
        return NotFound("The warehouse is not there. Check DATABRICKS_HTTP_PATH.")
    reason = _first_line(str(error.context.get("error-message") or ""))
    return StatementRefused(f"The warehouse refused the request. {reason}".strip())


def _from_statement(message: str) -> WarehouseError:
    line = _first_line(message)
    match = re.match(r"\[([A-Z0-9_.]+)\]", line)
    condition = match[1] if match else ""
    if condition.startswith(_DENIED):
        return AccessDenied(f"We may not do this: {line}", condition=condition)
    if condition in _MISSING:
        return NotFound(line, condition=condition)
    if _CONFLICT.search(line):
        return Conflict("Another writer was at the same table.", condition=condition)
    if _STARTING.search(condition):
        return Unavailable("The warehouse is starting or busy.", condition=condition)
    refused = StatementRefused(line, condition=condition)
    refused.blames_the_data = bool(_DATA.search(message))
    return refused


def _from_network(text: str) -> WarehouseError:
    if "CERTIFICATE" in text or "SSLError" in text:
        return Unavailable(
            "The warehouse's certificate is not trusted. Check DATABRICKS_HOST and "
            "DATABRICKS_CA_FILE."
        )
    if re.search(r"NewConnectionError|Connection refused|NameResolution|ConnectTimeout", text):
        return Unavailable("The warehouse is out of reach. Check DATABRICKS_HOST and the network.")
    if "error responses" in text:
        return Unavailable("The warehouse is starting or busy. It is asked again later.")
    return Interrupted("The connection broke before the warehouse had answered.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all it came from; the connector keeps the first one among its arguments."""
    waiting, seen = [error], set()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        linked = [cause.__cause__, cause.__context__, *cause.args]
        waiting += [each for each in linked if isinstance(each, BaseException)]


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0][:300]

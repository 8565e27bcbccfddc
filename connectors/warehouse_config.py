"""Where the warehouse is and who we are there: settings, checked before any connection."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_HOST = re.compile(r"(?i)^(?=.{1,253}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$")
_HTTP_PATH = re.compile(r"^/?sql/(1\.0|protocolv1)/[A-Za-z0-9_./-]+$")
_WAREHOUSE_ID = re.compile(r"^[A-Za-z0-9]+$")
_JOB_ID = re.compile(r"^[0-9]{1,18}\Z")
_NAME = re.compile(r"^[A-Za-z0-9_]+$")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ON = ("1", "true", "yes", "on")
_OFF = ("0", "false", "no", "off")


class SettingProblem(NamedTuple):
    """A setting that cannot be right, why, and what would be. Never the value of a secret."""

    setting: str
    message: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class WarehouseConfig:
    """One SQL warehouse, one schema, one identity."""

    host: str  # without scheme
    http_path: str
    catalog: str
    schema: str
    token: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    ca_file: str = ""
    cloud_fetch: bool = True
    connection_uri: str = ""  # loopback only
    login_url: str = ""  # where OAuth tokens are asked for
    socket_seconds: float = 60  # a request without an answer for so long is given up
    retry_seconds: float = 60  # the connector's own retries of one request end after this

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> WarehouseConfig:
        """The configuration; raises ValueError with the first problem where there is one."""
        for problem in problems(settings):
            raise ValueError(f"{problem.setting}: {problem.message} {problem.hint}")
        return cls(
            host=_bare_host(settings["DATABRICKS_HOST"]),
            http_path=_http_path(settings),
            catalog=settings["DATABRICKS_CATALOG"],
            schema=settings["DATABRICKS_SCHEMA"],
            token=settings.get("DATABRICKS_TOKEN", ""),
            client_id=settings.get("DATABRICKS_CLIENT_ID", ""),
            client_secret=settings.get("DATABRICKS_CLIENT_SECRET", ""),
            ca_file=settings.get("DATABRICKS_CA_FILE", ""),
            cloud_fetch=_cloud_fetch(settings),
            connection_uri=settings.get("DATABRICKS_CONNECTION_URI", ""),
            login_url=_login_url(settings["DATABRICKS_HOST"]),
        )

    @property
    def location(self) -> str:
        """Where, for people: never a secret."""
        return f"{self.catalog}.{self.schema} at {self.host}"

    def table(self, name: str) -> str:
        """The full name of a table of ours; raises ValueError when it is no plain name."""
        if not _NAME.match(name):
            raise ValueError(f"{name!r} is not a table name.")
        return f"{self.catalog}.{self.schema}.{name}"

    def connect_arguments(self) -> dict[str, Any]:
        """What ``databricks.sql.connect`` is given, without the identity."""
        arguments: dict[str, Any] = {
            "server_hostname": self.host,
            "http_path": self.http_path,
            "enable_telemetry": False,  # on by default, and it blocks
            "use_cloud_fetch": self.cloud_fetch,
            "user_agent_entry": "ps-insights",
            "_socket_timeout": self.socket_seconds,
            # Each retry of the connector sleeps at least _retry_delay_max; 5 is the least it takes.
            "_retry_delay_min": 1,
            "_retry_delay_max": 5,
            "_retry_stop_after_attempts_count": 3,
            "_retry_stop_after_attempts_duration": self.retry_seconds,
        }
        if self.ca_file:
            arguments["_tls_trusted_ca_file"] = self.ca_file
        if self.connection_uri:
            arguments["_connection_uri"] = self.connection_uri
        return arguments


def problems(settings: Mapping[str, str]) -> list[SettingProblem]:
    """Everything that keeps these settings from working, found without any connection."""
    checks = (_host_problems, _path_problems, _identity_problems, _name_problems, _way_problems)
    return [problem for check in checks for problem in check(settings)]


def _host_problems(settings: Mapping[str, str]) -> Iterator[SettingProblem]:
    host = settings.get("DATABRICKS_HOST", "")
    hint = "Give the workspace, such as adb-123.4.azuredatabricks.net."
    if not host:
        yield SettingProblem("DATABRICKS_HOST", "It is not set.", hint)
    elif not _HOST.match(_bare_host(host)):
        yield SettingProblem("DATABRICKS_HOST", "It is not a host name.", hint)
    elif host.startswith("http://") and not _is_loopback(host):
        yield SettingProblem("DATABRICKS_HOST", "It is not encrypted.", "Use https, or no scheme.")


def _path_problems(settings: Mapping[str, str]) -> Iterator[SettingProblem]:
    path = settings.get("DATABRICKS_HTTP_PATH", "")
    warehouse = settings.get("DATABRICKS_WAREHOUSE_ID", "")
    hint = "Copy it from the warehouse's connection details."
    if not path and not warehouse:
        yield SettingProblem(
            "DATABRICKS_HTTP_PATH", "Neither it nor DATABRICKS_WAREHOUSE_ID is set.", hint
        )
    if path and not _HTTP_PATH.match(path):
        yield SettingProblem("DATABRICKS_HTTP_PATH", "It does not begin with /sql/1.0/.", hint)
    if warehouse and not _WAREHOUSE_ID.match(warehouse):
        yield SettingProblem("DATABRICKS_WAREHOUSE_ID", "It is not a warehouse id.", hint)
    elif path and warehouse and not path.endswith(f"/{warehouse}"):
        yield SettingProblem(
            "DATABRICKS_WAREHOUSE_ID",
            "It names another warehouse than DATABRICKS_HTTP_PATH.",
            "Keep one of the two.",
        )


def _identity_problems(settings: Mapping[str, str]) -> Iterator[SettingProblem]:
    token = settings.get("DATABRICKS_TOKEN", "")
    client = settings.get("DATABRICKS_CLIENT_ID", "")
    secret = settings.get("DATABRICKS_CLIENT_SECRET", "")
    service = "DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET of a service principal"
    if not (token or client or secret):
        yield SettingProblem("DATABRICKS_CLIENT_ID", "Nothing says who we are.", f"Set {service}.")
    if client and not secret:
        yield SettingProblem("DATABRICKS_CLIENT_SECRET", "It is not set.", f"Set both {service}.")
    if secret and not client:
        yield SettingProblem("DATABRICKS_CLIENT_ID", "It is not set.", f"Set both {service}.")
    if token and (client or secret):
        yield SettingProblem(
            "DATABRICKS_TOKEN", "A service principal is set too.", "Keep one of the two."
        )
    for name in ("DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET"):
        if re.search(r"[\s\x00-\x1f]", settings.get(name, "")):
            yield SettingProblem(name, "It holds white space.", "Paste it again, on one line.")


def _name_problems(settings: Mapping[str, str]) -> Iterator[SettingProblem]:
    for name in ("DATABRICKS_CATALOG", "DATABRICKS_SCHEMA"):
        hint = "Use the plain name: letters, digits and underscores."
        if not settings.get(name):
            yield SettingProblem(name, "It is not set.", hint)
        elif not _NAME.match(settings[name]):
            yield SettingProblem(name, "It is not a plain name.", hint)


def _way_problems(settings: Mapping[str, str]) -> Iterator[SettingProblem]:
    ca_file = settings.get("DATABRICKS_CA_FILE", "")
    if ca_file and not Path(ca_file).is_file():
        yield SettingProblem(
            "DATABRICKS_CA_FILE", "There is no such file.", "Name a file of PEM certificates."
        )
    uri = settings.get("DATABRICKS_CONNECTION_URI", "")
    if uri and not (_is_loopback(uri) and uri.startswith(("http://", "https://"))):
        yield SettingProblem(
            "DATABRICKS_CONNECTION_URI",
            "It does not lead to this machine.",
            "It is for a warehouse on 127.0.0.1; for others leave it empty.",
        )
    job = settings.get("DATABRICKS_JOB_ID", "")
    if job and not _JOB_ID.match(job):
        yield SettingProblem(
            "DATABRICKS_JOB_ID", "It is not a job's number.", "Use digits alone, or leave it empty."
        )
    fetch = settings.get("DATABRICKS_CLOUD_FETCH", "").lower()
    if fetch and fetch not in (*_ON, *_OFF):
        yield SettingProblem(
            "DATABRICKS_CLOUD_FETCH", "It is neither on nor off.", "Use on or off."
        )


def _bare_host(host: str) -> str:
    return re.sub(r"^https?://", "", host.strip()).rstrip("/")


def _login_url(host: str) -> str:
    scheme = "http" if host.startswith("http://") else "https"
    return f"{scheme}://{_bare_host(host)}"


def _http_path(settings: Mapping[str, str]) -> str:
    path = settings.get("DATABRICKS_HTTP_PATH", "")
    if path:
        return "/" + path.lstrip("/")
    return f"/sql/1.0/warehouses/{settings['DATABRICKS_WAREHOUSE_ID']}"


def _cloud_fetch(settings: Mapping[str, str]) -> bool:
    given = settings.get("DATABRICKS_CLOUD_FETCH", "").lower()
    return given not in _OFF and not settings.get("DATABRICKS_CONNECTION_URI")


def _is_loopback(url: str) -> bool:
    try:
        return urlsplit(url).hostname in _LOOPBACK
    except ValueError:
        return False

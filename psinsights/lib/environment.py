"""Settings from the environment: each value is checked where it is read, and wrong ones are kept.

A wrong value never falls back silently: it goes into ``problems``, and a system check shows all of
them at once with a hint, before anything is served.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
MAIL_SCHEMES = ("consolemail", "filemail", "smtp", "smtp+tls", "smtp+ssl")
POSTGRES = "django.db.backends.postgresql"
ENGINES = {POSTGRES, "django.db.backends.sqlite3"}
T = TypeVar("T")


@dataclass(frozen=True)
class WrongValue:
    """A setting whose value cannot be used, and what would do. The value itself is never kept."""

    name: str
    message: str
    hint: str


@dataclass
class Environment:
    """Reads settings of one process; ``problems`` holds what could not be understood."""

    env: environ.Env = field(default_factory=environ.Env)
    problems: list[WrongValue] = field(default_factory=list)

    @classmethod
    def with_file(cls, path: Path) -> Environment:
        """The process environment, completed from a ``.env`` file where there is one."""
        if path.is_file():
            environ.Env.read_env(path, overwrite=False)
        return cls()

    def text(self, name: str, default: str = "") -> str:
        return self.env.str(name, default=default).strip()

    def words(self, name: str, default: Sequence[str] = ()) -> list[str]:
        raw = self.text(name, ",".join(default))
        return [word.strip() for word in raw.split(",") if word.strip()]

    def flag(self, name: str, default: bool) -> bool:
        raw = self.text(name, "true" if default else "false").lower()
        if raw in TRUE or raw in FALSE:
            return raw in TRUE
        return self._wrong(name, "is neither true nor false", "Use true or false.", default)

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        raw = self.text(name, default)
        if raw in choices:
            return raw
        known = ", ".join(choices)
        return self._wrong(name, f"is not one of {known}", f"Use one of: {known}.", default)

    def integer(self, name: str, default: int, *, least: int = 0, most: int = 10**9) -> int:
        return self._number(int, name, default, least, most)

    def decimal(self, name: str, default: float, *, least: float = 0, most: float = 1e9) -> float:
        return self._number(float, name, default, least, most)

    def price(self, name: str) -> float | None:
        """An amount of at least 0; None where none is given, which is not the same as nothing."""
        return self.decimal(name, 0.0) if self.text(name) else None

    def day(self, name: str) -> str:
        """A date as text, such as 2026-11-19; "" where none is given."""
        raw = self.text(name)
        try:
            return date.fromisoformat(raw).isoformat() if raw else ""
        except ValueError:
            return self._wrong(name, "is not a date", "Use a date such as 2026-11-19.", "")

    def database(self, name: str, default: str) -> dict[str, object]:
        """Django's dict for a database URL such as ``postgres://user:password@host/name``."""
        given = self.text(name)
        if given and (problem := self._database_problem(given)):
            hint = "Use postgres://user:password@host:5432/name or sqlite:///path."
            self._wrong(name, problem, hint, None)
            given = ""
        return dict(self.env.db_url_config(given or default))

    def _database_problem(self, url: str) -> str:
        """What is wrong with a database URL, "" when nothing is. The URL may hold a password."""
        try:
            config = dict(self.env.db_url_config(url))
        except (ValueError, KeyError, ImproperlyConfigured):
            return "is not a database URL"
        engine = config.get("ENGINE")
        if engine not in ENGINES:
            return "is the URL of neither PostgreSQL nor SQLite"
        if not config.get("NAME"):
            return "names no database"
        if engine == POSTGRES and find_spec("psycopg") is None:
            return 'is for PostgreSQL, and psycopg is not installed (extra "postgres")'
        return ""

    def mail(self, name: str, default: str) -> dict[str, object]:
        """Django's ``EMAIL_…`` settings for a URL such as ``smtp+tls://user:password@host:587``."""
        given = self.text(name) or default
        # "smtps" is left out: in such a URL it means STARTTLS, which hardly anybody expects.
        scheme, found, _ = given.partition("://")
        config: dict[str, object] = {}
        if found and scheme in MAIL_SCHEMES:
            try:
                config = dict(self.env.email_url_config(given))
            except (ValueError, KeyError, ImproperlyConfigured):
                config = {}
        if not config or (scheme.startswith("smtp") and not config["EMAIL_HOST"]):
            hint = "Use smtp+tls://user:password@host:587, smtp+ssl://… or consolemail://."
            self._wrong(name, "is not the URL of a mail server", hint, None)
            config = dict(self.env.email_url_config(default))
        ports = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
        return config | {"EMAIL_PORT": config["EMAIL_PORT"] or ports.get(scheme)}

    def _number(
        self, kind: Callable[[str], T], name: str, default: T, least: float, most: float
    ) -> T:
        raw = self.text(name, str(default))
        try:
            value = kind(raw)
        except ValueError:
            return self._wrong(
                name, "is not a number", f"Use a number, such as {default}.", default
            )
        if least <= float(value) <= most:  # type: ignore[arg-type]  # int and float only
            return value
        return self._wrong(
            name, f"is not between {least} and {most}", f"Use a number, such as {default}.", default
        )

    def _wrong(self, name: str, message: str, hint: str, default: T) -> T:
        self.problems.append(WrongValue(name, message, hint))
        return default

"""Settings from the environment: each value is checked where it is read, and wrong ones are kept.

A wrong value never falls back silently: it goes into ``problems``, and a system check shows all of
them at once with a hint, before anything is served.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import environ

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
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

    def database(self, name: str, default: str) -> dict[str, object]:
        """Django's dict for a database URL such as ``postgres://user:password@host/name``."""
        try:
            return dict(self.env.db_url_config(self.text(name) or default))
        except Exception as error:  # noqa: BLE001 - django-environ raises many kinds for a bad URL
            self._wrong(
                name,
                f"is not a database URL ({type(error).__name__})",
                "Use postgres://user:password@host:5432/name or sqlite:///path.",
                None,
            )
            return dict(self.env.db_url_config(default))

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

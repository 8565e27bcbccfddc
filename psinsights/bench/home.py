"""A temporary home for a run: its own database, data, static files and secret."""

from __future__ import annotations

import json
import os
import resource
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from django.conf import settings

STARTS_WITHIN = 60  # seconds
ENDS_WITHIN = 30


class MeasureFailed(Exception):
    """A process that was to be measured ended badly; the message is its own last words."""


@dataclass(frozen=True, kw_only=True)
class Home:
    """Where a portfolio of ``engagements`` lives while it is measured."""

    folder: Path
    engagements: int
    more: tuple[tuple[str, str], ...] = ()
    secret: str = field(default_factory=partial(secrets.token_urlsafe, 40))

    @property
    def source(self) -> Path:
        return self.folder / "source"

    def with_more(self, **given: str) -> Home:
        return replace(self, more=(*self.more, *given.items()))

    def environment(self) -> dict[str, str]:
        """Nothing of the developer's own settings decides what is measured."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {
            "BENCH_HOME": str(self.folder),
            "BENCH_SOURCE": str(self.source),
            "DJANGO_SETTINGS_MODULE": "psinsights.bench.settings",
            "SECRET_KEY": self.secret,
            "DATABASE_URL": f"sqlite:///{self.folder / 'db.sqlite3'}",
            "DATA_DIR": str(self.folder / "data"),
            "DATA_MODE": "local",
            "AI_PROVIDER": "embedded",
            "DEBUG": "false",
            "DEMO": "false",
            "HTTPS": "false",
            "TODAY": "",
            "LOG_LEVEL": "ERROR",
            **dict(self.more),
        }

    def command(self, *words: str) -> list[str]:
        return [sys.executable, str(settings.BASE_DIR / "manage.py"), *words]

    def manage(self, *words: str) -> str:
        """Run a management command; what it says. Raises MeasureFailed."""
        done = subprocess.run(
            self.command(*words), env=self.environment(), capture_output=True, text=True,
            check=False, cwd=settings.BASE_DIR,
        )  # fmt: skip
        if done.returncode:
            raise MeasureFailed(f"{' '.join(words)}: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def measure(self, name: str) -> dict[str, float]:
        """The raw numbers of one measure, taken in a process of its own."""
        found = json.loads(self.manage("bench", "--measure", name).strip().splitlines()[-1])
        return {f"{name}.{key}": float(value) for key, value in found.items()}

    @contextmanager
    def running(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process of this home, ended when the block ends."""
        process = subprocess.Popen(
            command, env=self.environment(), cwd=settings.BASE_DIR,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=ENDS_WITHIN)
            except subprocess.TimeoutExpired:  # a worker may be at a long job
                process.kill()
                process.wait()


def children_cpu() -> float:
    """CPU seconds of the processes that were started from here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak_memory() -> float:
    """The most memory this process has held, in MB."""
    unit = 1024 if sys.platform == "linux" else 1024**2
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answered(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers."""
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - loopback
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.02)  # nothing tells when a port opens but trying it
    raise MeasureFailed(f"Nothing answered at {address}.")


def combined(*parts: Mapping[str, float], prefix: str = "") -> dict[str, float]:
    return {prefix + name: value for part in parts for name, value in part.items()}

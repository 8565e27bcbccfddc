"""The product's own processes, as the tests start them: real commands on the test's database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings as settings_of_test
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


def database_url() -> str:
    """Where the test's database is, as DATABASE_URL says it."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    host = f"{given['HOST']}:{given['PORT']}" if given["PORT"] else given["HOST"]
    return f"postgres://{given['USER']}:{given['PASSWORD']}@{host}/{given['NAME']}"


def environment(**settings: str) -> dict[str, str]:
    """The environment of a process: nothing of the developer's own, and the test's database."""
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return plain | {
        "SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests-only",
        "DEBUG": "true",
        "LOG_LEVEL": "WARNING",
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(settings_of_test.DATA_DIR),
        "PYTHONDONTWRITEBYTECODE": "1",
        **settings,
    }


def manage(*words: str, **settings: str) -> subprocess.Popen[bytes]:
    """A management command, running."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@contextmanager
def running(*words: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """A management command that is ended with the block, whatever happens."""
    process = manage(*words, **settings)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()

"""What every test may ask for: people, rows, the committed portfolio, and no network but loopback."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, models

from tests import factories

LOOPBACK = ("127.", "::1", "localhost", "/")


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """A test that reaches beyond this machine fails, whatever it was told."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else str(address)
        if not str(host).startswith(LOOPBACK):
            raise AssertionError(f"a test reached for {host}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def plain_static(settings: Any) -> None:
    """Static files by their own names: no manifest has been collected in a checkout."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def own_data_directory(settings: Any, tmp_path: Path) -> None:
    """What a test writes as data goes into its own directory."""
    settings.DATA_DIR = tmp_path / "data"
    settings.GENERATED_DIR = settings.DATA_DIR / "generated"


@pytest.fixture(autouse=True)
def nobody_was_here() -> None:
    """Activity is remembered per process; a test starts with nothing remembered."""
    from metrics import activity

    activity.forget()


@pytest.fixture(autouse=True, scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> None:
    django_settings.STATIC_ROOT = tmp_path_factory.mktemp("static")


def person(username: str, **given: Any) -> User:
    return get_user_model().objects.create_user(username, password="a-long-pass-phrase", **given)


@pytest.fixture
def manager(db: None) -> User:
    """A delivery manager, who may change data and the installation."""
    return person("manager", first_name="Mara", is_staff=True)


@pytest.fixture
def consultant(db: None) -> User:
    """Somebody who sees the engagements of TM-1 alone."""
    return factories.make_member(person("consultant", first_name="Coen"), "consultant", "TM-1")


@pytest.fixture
def stranger(db: None) -> User:
    """Somebody with a login who is no admin."""
    return factories.make_member(person("stranger", first_name="Sten"))


@pytest.fixture
def make_engagement(db: None) -> Callable[..., Any]:
    return factories.make_engagement


@pytest.fixture
def make_task(db: None) -> Callable[..., Any]:
    return factories.make_task


@pytest.fixture
def make_note(db: None) -> Callable[..., Any]:
    return factories.make_note


@pytest.fixture
def own_database(django_db_setup: None, tmp_path: Path) -> Path:
    """An SQLite file with every table, for a process of its own."""
    path = tmp_path / "app.sqlite3"
    if connection.vendor == "sqlite":  # the tables are there: copying them is instant
        # As another process sees them: what this test has written is not committed.
        with (
            closing(sqlite3.connect(connection.settings_dict["NAME"])) as source,
            closing(sqlite3.connect(path)) as target,
        ):
            source.backup(target)
        return path
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{path}"}
    command = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(command, cwd=django_settings.BASE_DIR, env=environment, check=True)
    return path


_loaded: dict[type[models.Model], list[Any]] = {}


def loaded_models() -> list[type[models.Model]]:
    """Models a load fills, parents first."""
    from connectors.models import Load, TableState
    from engagements import models as portfolio
    from engagements.membership import Assignment
    from metrics.models import Adoption, AiMetric

    return [
        Load, TableState, AiMetric, Adoption, portfolio.TeamMember, portfolio.Engagement,
        portfolio.Task, portfolio.DeliveryNote, portfolio.NotebookUsage, portfolio.NoteFinding,
        portfolio.HealthReading, portfolio.HealthEvent, portfolio.Standing, Assignment,
    ]  # fmt: skip


@pytest.fixture
def portfolio(db: None) -> None:
    """The committed fixtures, loaded through the front door once and copied after that."""
    if _loaded:
        for model, rows in _loaded.items():
            put(model, rows)
        return
    call_command("load_data", "--source", str(django_settings.FIXTURES_DIR), verbosity=0)
    for model in loaded_models():
        _loaded[model] = taken(model)


def taken(model: type[models.Model]) -> list[Any]:
    """All rows of a table; of SQLite as it holds them, which is four times as quick to copy."""
    if connection.vendor != "sqlite":
        return list(model._default_manager.values())
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {_columns(model)} FROM "{model._meta.db_table}"')
        return [tuple(map(_as_held, row)) for row in cursor.fetchall()]


def put(model: type[models.Model], rows: list[Any]) -> None:
    if connection.vendor != "sqlite":
        model._default_manager.bulk_create(model(**row) for row in rows)
        return
    holes = ", ".join(["%s"] * len(model._meta.concrete_fields))
    with connection.cursor() as cursor:
        cursor.executemany(
            f'INSERT INTO "{model._meta.db_table}" ({_columns(model)}) VALUES ({holes})', rows
        )


def _columns(model: type[models.Model]) -> str:
    return ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)


def _as_held(value: Any) -> Any:
    return str(value) if isinstance(value, date) else value

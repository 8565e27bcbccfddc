"""Fixtures: one engine a process, one clean warehouse and one clean schema a test.

A test module takes them with ``from tests.warehouse.fixtures import engine, schema, warehouse``
and marks itself ``pytest.mark.warehouse``.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # importing them starts nothing, but costs a second
    from tests.warehouse.engine import Engine
    from tests.warehouse.server import Warehouse

_numbers = itertools.count(1)


@functools.cache  # a fixture imported by two modules is two fixtures: the engine is still one
def _engine() -> Engine:
    with warnings.catch_warnings():  # the Spark client and its protobufs warn while they load
        warnings.simplefilter("ignore")
        from tests.warehouse.engine import Engine

        folder = Path(tempfile.mkdtemp(prefix="warehouse-"))
        started = Engine(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(started.stop)
    return started


@functools.cache
def _warehouse() -> Warehouse:
    from tests.warehouse.server import Warehouse

    running = Warehouse(_engine())
    atexit.register(running.stop)
    return running


# Not of the session: pytest keeps one such fixture for each module that imports it. The engine
# itself is cached for the process.
@pytest.fixture(scope="module")
def engine() -> Engine:
    """The SQL engine: about five seconds to start, once."""
    return _engine()


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    """The warehouse with an empty log and no faults."""
    running = _warehouse()
    running.reset()
    yield running
    running.reset()


@pytest.fixture
def schema(engine: Engine) -> str:
    """The name of a schema that no other test uses."""
    name = f"ps_{next(_numbers)}"
    engine.execute(f"CREATE SCHEMA main.{name}")
    return name

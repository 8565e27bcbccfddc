"""Runs the warehouse by itself: ``python -m tests.warehouse --port 8777 --data warehouse-data``.

``--run`` runs notebooks against it first; ``name=value`` arguments are their parameters.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import warnings
from pathlib import Path

warnings.simplefilter("ignore")  # the Spark client warns about its own dependencies

from tests.warehouse.engine import Engine  # noqa: E402 - after the filter
from tests.warehouse.runner import run_notebook  # noqa: E402
from tests.warehouse.server import Warehouse  # noqa: E402


def main() -> None:
    arguments = _arguments()
    engine = Engine(arguments.data)
    parameters = dict(pair.split("=", 1) for pair in arguments.parameters)
    for notebook in arguments.run:
        _say(f"{notebook.name}: {run_notebook(engine, notebook, parameters).value}")
    if arguments.no_serve:
        _leave()
    certificate = (arguments.cert, arguments.key) if arguments.cert else None
    warehouse = Warehouse(engine, port=arguments.port, certificate=certificate)
    for name, value in warehouse.settings().items():
        _say(f"{name}={value}")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    _leave()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.warehouse", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--data", type=Path, default=Path("warehouse-data"))
    parser.add_argument("--cert", type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--run", type=Path, action="append", default=[], metavar="NOTEBOOK")
    parser.add_argument("--no-serve", action="store_true", help="stop after the notebooks")
    parser.add_argument("parameters", nargs="*", metavar="name=value")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _leave() -> None:
    os._exit(0)  # the engine's own threads do not end by themselves


if __name__ == "__main__":
    main()

"""PS Insights over a warehouse on this machine: ``python -m tests.warehouse.demo``.

Makes sample data, puts them into Delta tables with notebook 01, makes the views, the insights and
the metrics with 02, 03 and 04, serves the tables as a warehouse on loopback, and starts the product
in Databricks mode against it, with a database of its own. Ctrl-C ends everything.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django

from psinsights.management.commands.up import die_with_parent

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = {"catalog": "main", "schema": "ps_insights"}
NOTEBOOKS = (
    "01_data_ingestion.py",
    "02_feature_engineering.sql",
    "03_ai_insights.py",
    "04_metrics_tracking.py",
)
GRACE = 30  # seconds


def main() -> int:
    arguments = _arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    folder = arguments.data.resolve()
    try:
        shutil.rmtree(folder, ignore_errors=True)  # made anew each time: they are of today
        folder.mkdir(parents=True)
        _write_sample(folder / "exports", arguments.engagements)
        with _warehouse(folder) as settings:
            return _up(settings, folder)
    except KeyboardInterrupt:
        return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.warehouse.demo", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "data" / "warehouse")
    parser.add_argument("--engagements", type=int, default=24)
    return parser.parse_args()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _write_sample(folder: Path, engagements: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "psinsights.settings")
    django.setup()
    from connectors.sources.sample import write_sample
    from psinsights.lib.today import today

    _say(f"Making {engagements} engagements")
    write_sample(folder, engagements=engagements, seed=7, as_of=today())


@contextlib.contextmanager
def _warehouse(folder: Path) -> Iterator[dict[str, str]]:
    """The warehouse in a process of its own: the settings that lead to it, after the notebooks."""
    command = [sys.executable, "-m", "tests.warehouse", "--data", str(folder / "tables")]
    for notebook in NOTEBOOKS:
        command += ["--run", str(ROOT / "notebooks" / notebook)]
    given = {**SCHEMA, "source_path": str(folder / "exports")}
    command += [f"{name}={value}" for name, value in given.items()]
    _say("Running the notebooks over Delta tables (about a minute)")
    serving = _start(command, stdout=subprocess.PIPE)
    try:
        yield _settings(serving) | {f"DATABRICKS_{k.upper()}": v for k, v in SCHEMA.items()}
    finally:
        _end(serving)


def _start(command: list[str], **given: Any) -> subprocess.Popen[str]:
    """A process in a session of its own, so that a Ctrl-C ends it in our order."""
    return subprocess.Popen(
        command, cwd=ROOT, text=True, start_new_session=True, preexec_fn=die_with_parent, **given
    )


def _settings(serving: subprocess.Popen[str]) -> dict[str, str]:
    """What the warehouse prints when it is ready; what the notebooks say goes on to the reader."""
    settings: dict[str, str] = {}
    assert serving.stdout
    for line in serving.stdout:
        name, _, value = line.strip().partition("=")
        if not name.startswith("DATABRICKS_"):
            _say(line.strip())
            continue
        settings[name] = value
        if name == "DATABRICKS_CONNECTION_URI":
            return settings
    raise SystemExit("The warehouse did not start; what it said is above.")


def _up(settings: dict[str, str], folder: Path) -> int:
    """The product, until it is told to stop; its exit code."""
    own = {
        "DATA_MODE": "databricks",
        "DATABASE_URL": f"sqlite:///{_new_database(folder)}",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
    }
    command = [sys.executable, "manage.py", "up", "--prepare"]
    up = _start(command, env=os.environ | settings | own)
    try:
        return up.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        _end(up)


def _new_database(folder: Path) -> Path:
    """A cache of tables that were made anew is made anew as well."""
    path = folder.parent / "databricks.sqlite3"
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return path


def _end(process: subprocess.Popen[str]) -> None:
    """Tell it to stop, and see to it that it does, with whatever it started."""
    if process.poll() is None:
        process.terminate()
        end = time.monotonic() + GRACE
        while process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(KeyboardInterrupt, subprocess.TimeoutExpired):
                process.wait(1)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

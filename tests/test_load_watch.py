"""load_data --watch looks again until it is told to stop."""

from __future__ import annotations

import json
import signal
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.exports import engagement, task, write
from tests.processes import running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write(tmp_path / "export", engagements=[engagement(1)], tasks=[task(1)])


def _line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout
    return process.stdout.readline().decode()


def _ended(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    code = process.wait(60)
    assert process.stdout
    return code, process.stdout.read()


@pytest.mark.slow
def test_each_look_is_a_line_and_ctrl_c_ends_it_well(export: Path) -> None:
    with running("load_data", "--source", str(export), "--watch", "1") as process:
        assert "JSON files: changed: ps_engagements 1, ps_tasks 1" in _line(process)
        assert "nothing has changed" in _line(process)
        write(export, tasks=[task(1), task(2)])
        while "nothing has changed" in (line := _line(process)):
            pass
        assert "changed: ps_tasks 1 (" in line
        process.send_signal(signal.SIGINT)
        code, rest = _ended(process)
    assert code == 0
    assert b"Traceback" not in rest


@pytest.mark.slow
def test_a_source_that_is_broken_for_a_while_is_looked_at_again(export: Path) -> None:
    good = (export / "tasks.json").read_text()
    (export / "tasks.json").write_text("[{")
    with running("load_data", "--source", str(export), "--watch", "1", "--json") as process:
        assert "tasks.json" in json.loads(_line(process))["error"]
        (export / "tasks.json").write_text(good)
        while "error" in (found := json.loads(_line(process))):
            pass
        assert found["tables"]["ps_tasks"]["created"] == 1
        process.send_signal(signal.SIGTERM)
        assert _ended(process)[0] == 0


@pytest.mark.parametrize("seconds", [0, -1, 86_401])
def test_a_pause_out_of_range_is_refused(export: Path, seconds: Any) -> None:
    with pytest.raises(CommandError, match="1 to 86400") as error:
        call_command("load_data", source=export, watch=seconds, stdout=StringIO())
    assert error.value.returncode == 2

"""Writing a sample: whole or not at all, by one writer at a time, in bounded memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from datetime import date, timedelta
from pathlib import Path

import pytest

from connectors.sources.sample import (
    MANIFEST,
    TABLES,
    SampleBusy,
    settle,
    write_sample,
)
from tests.sample_parts import AS_OF, REPOSITORY, contents, rows, written

# One worker makes what its tests share, not each of them.
pytestmark = pytest.mark.xdist_group("sample")


# Whole or not at all


class Stopped(Exception):
    """Raised by a progress callback to stop the writing."""


def test_a_failing_writer_leaves_the_previous_set_whole(tmp_path: Path) -> None:
    before = written(tmp_path)

    def stop(done: int) -> None:
        if done == 5:
            raise Stopped

    with pytest.raises(Stopped):
        write_sample(tmp_path, engagements=20, seed=8, as_of=AS_OF, progress=stop)
    assert contents(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == before.keys()


def test_a_killed_writer_leaves_the_previous_set_whole(tmp_path: Path) -> None:
    before = written(tmp_path)
    script = (
        "import os, sys; from datetime import date; from pathlib import Path; "
        "from connectors.sources.sample import write_sample; "
        "write_sample(Path(sys.argv[1]), engagements=20, seed=8, as_of=date(2026, 10, 15), "
        "progress=lambda done: os._exit(9) if done == 5 else None)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=REPOSITORY, check=False, timeout=60
    )
    assert ended.returncode == 9
    assert contents(tmp_path) == before
    after = written(tmp_path, seed=9)
    assert {path.name for path in tmp_path.iterdir()} == after.keys()


def test_a_set_half_moved_by_a_crash_is_moved_to_its_end(tmp_path: Path) -> None:
    new = written(tmp_path / "new", seed=8)
    home = tmp_path / "home"
    written(home)
    ready = home / ".sample-ready"
    ready.mkdir()
    for place, (name, data) in enumerate(sorted(new.items())):
        (home if place < 3 else ready).joinpath(name).write_bytes(data)
    assert settle(home)
    assert contents(home) == new
    assert not settle(home)


def test_a_second_writer_is_refused_while_one_is_at_work(tmp_path: Path) -> None:
    refused: list[SampleBusy] = []

    def meanwhile(_: int) -> None:
        try:
            write_sample(tmp_path, engagements=1, seed=1, as_of=AS_OF)
        except SampleBusy as error:
            refused.append(error)

    write_sample(tmp_path, engagements=2, seed=7, as_of=AS_OF, progress=meanwhile)
    assert len(refused) == 2
    assert str(tmp_path.parent) not in str(refused[0])


def test_files_of_others_in_the_directory_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "keep.txt").write_text("mine")
    written(tmp_path)
    assert (tmp_path / "keep.txt").read_text() == "mine"


def test_the_manifest_counts_the_rows_and_names_the_arguments(tmp_path: Path) -> None:
    counts = write_sample(tmp_path, engagements=8, seed=7, as_of=AS_OF, weeks=13)
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    assert manifest["rows"] == counts == {name: len(rows(tmp_path, name)) for name in TABLES}
    assert (manifest["seed"], manifest["weeks"], manifest["as_of"]) == (7, 13, "2026-10-15")
    assert rows(tmp_path, "ai_insights") == []


def test_progress_is_told_after_every_engagement(tmp_path: Path) -> None:
    told: list[int] = []
    write_sample(tmp_path, engagements=5, seed=7, as_of=AS_OF, progress=told.append)
    assert told == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("wrong", [{"engagements": 0}, {"engagements": 10_001}, {"weeks": 0}])
def test_sizes_out_of_range_are_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be 1 to"):
        written(tmp_path / "new", **wrong)
    assert not (tmp_path / "new").exists()


def test_memory_does_not_grow_with_the_portfolio(tmp_path: Path) -> None:
    def peak(engagements: int) -> int:
        tracemalloc.start()
        write_sample(tmp_path, engagements=engagements, seed=7, as_of=AS_OF, weeks=4)
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return reached

    written(tmp_path, engagements=2)  # whatever is loaded once is loaded now
    assert peak(90) < 2 * peak(18)


# History for the whole portfolio


def test_metrics_have_one_row_per_role_and_day(tmp_path: Path) -> None:
    write_sample(tmp_path, engagements=60, seed=7, as_of=AS_OF)
    adoption = rows(tmp_path, "adoption_metrics")
    made = rows(tmp_path, "ai_metrics")
    assert len({(row["date"], row["role"]) for row in adoption}) == len(adoption)
    assert len({row["metric_id"] for row in made}) == len(made)
    for row in (*adoption, *made):
        assert AS_OF - timedelta(weeks=12) <= date.fromisoformat(row["date"]) < AS_OF
    for row in adoption:
        assert 1 <= row["unique_users"] <= row["total_sessions"]
        assert row["total_actions_taken"] <= row["total_insights_viewed"]

"""`manage.py bench`: a tiny portfolio is measured in a home of its own, and the table is written."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from engagements.models import Engagement
from psinsights.bench.bars import BARS, lines_of
from psinsights.bench.table import markdown


@pytest.mark.slow
@pytest.mark.django_db
def test_a_tiny_portfolio_is_measured_and_the_table_written(tmp_path: Path) -> None:
    page, said = tmp_path / "benchmarks.md", io.StringIO()
    call_command(
        "bench", "--engagements", "20", "--only", "load", "--json", "--output", page, stdout=said
    )
    lines = json.loads(said.getvalue())
    assert any("executemany" in line["what"] and line["met"] in (True, False) for line in lines)
    text = page.read_text()
    assert all(line["what"] in text for line in lines)
    assert "20 engagements" in text
    assert not Engagement.objects.exists()


def test_a_measure_alone_is_refused_outside_a_temporary_home() -> None:
    with pytest.raises(CommandError, match="temporary home"):
        call_command("bench", "--measure", "load")


def test_a_figure_meets_its_bar_or_the_table_says_that_it_does_not() -> None:
    raw = {"load.cpu": 5.0, "floor.cpu": 1.0, "load.peak": 100.0, "load.again": 0.5}
    lines = lines_of(raw)
    assert [line.met for line in lines] == [False, None, True, True]
    assert (lines[0].figure, lines[0].bar) == ("5.00×", "≤ 2.5×")
    text = markdown(lines, engagements=20, rows=1234)
    assert "2 of 3 bars are met." in text
    assert "**no**" in text


def test_no_two_rows_of_the_table_say_the_same() -> None:
    named = [bar.what for bar in BARS if not bar.what.startswith("The same")]
    assert len(named) == len(set(named))

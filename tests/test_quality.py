"""How well the engine reads: no figure below its floor, and a command that measures any file."""

from __future__ import annotations

import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from insights import evaluation_data
from insights.engine.clusters import clusters
from insights.engine.sentiment import sentiment, sentiments
from insights.engine.vectors import vectors, vectors_available
from insights.evaluation import mutual_information
from insights.evaluation_data import Bounds, Figure
from insights.evaluation_report import page

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("PSI_SHARED_DATA") or ROOT.parent / "shared" / "data")
SETS = [name for name, _ in evaluation_data._MEASURED if not name.startswith("bipia")]

NOTES = [
    "Access to the workspace is still missing",
    "Waiting for workspace access for two engineers",
    "Nobody granted access to the workspace yet",
    "The invoice totals do not match the ledger",
    "Wrong invoice totals again in the ledger export",
    "Ledger and invoice totals differ by a cent",
    "Training for the analysts is planned in June",
    "The analysts asked for a second training",
    "Training material for analysts is ready",
]


@pytest.mark.parametrize("name", SETS)
def test_no_figure_is_below_its_floor(name: str) -> None:
    if not (DATA / name).exists():
        pytest.skip(f"The measuring data is absent: {DATA / name}")
    measured = dict(evaluation_data._MEASURED)[name]
    low = [f"{f.what}: {f.name} {f.value}" for f in measured(DATA) if not f.holds]
    assert not low


def written(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def figures(**given: Path) -> dict[str, Any]:
    out = StringIO()
    call_command("evaluate_insights", json=True, stdout=out, **given)
    return json.loads(out.getvalue().splitlines()[-1])


def test_risks_are_measured_with_their_headings(tmp_path: Path) -> None:
    risks = written(
        tmp_path / "risks.jsonl",
        [
            {"text": "The job failed again.", "label": "risk"},
            {"text": "Firewall rule", "label": "risk", "heading": "Blockers"},
            {"text": "None", "label": "other", "heading": "Blockers"},
            {"text": "All is well.", "label": "risk"},
        ],
    )
    assert figures(risks=risks) == {
        "risks": {"n": 4, "flagged": 2, "precision": 1.0, "recall": 0.6667, "f1": 0.8}
    }


def test_only_what_is_asked_for_is_measured(tmp_path: Path) -> None:
    table = tmp_path / "negation.tsv"
    table.write_text(
        "Report No.\tConcept\tSentence\tNegation\n"
        "1\tfever\tDenies FEVER or chills.\tNegated\n1\tcough\tHe has a COUGH.\tAffirmed\n",
        encoding="latin-1",
    )
    tones = written(
        tmp_path / "tones.jsonl",
        [
            {"text": "Thanks, this is excellent work!", "label": "positive"},
            {"text": "This is a horrible, ugly mess.", "label": "negative"},
            {"text": "The file is in the second folder.", "label": "neutral"},
        ],
    )
    assert figures(negation=table, sentiment=tones) == {
        "negation": {"n": 2, "f1": 1.0},
        "sentiment": {"n": 3, "macro_f1": 1.0},
    }


def test_themes_are_measured_by_group_and_by_name(tmp_path: Path) -> None:
    labels = ["workspace_access"] * 3 + ["invoice_totals"] * 3 + ["analyst_training"] * 3
    themes = written(
        tmp_path / "themes.jsonl",
        [{"text": text, "label": label} for text, label in zip(NOTES, labels, strict=True)],
    )
    assert figures(themes=themes) == {"themes": {"n": 9, "nmi": 1.0, "label_hit": 1.0}}


@pytest.mark.parametrize(
    ("content", "said"), [("no json", "line 1: no JSON"), ('{"label": "risk"}', "needs an object")]
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "risks.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CommandError, match=said):
        figures(risks=path)


def test_the_command_asks_for_a_file() -> None:
    with pytest.raises(CommandError, match="Name a file"):
        figures()


def test_the_page_shows_floors_that_do_not_hold() -> None:
    low = Figure("risks", "a set", "a protocol", 9, "F1", 0.4, Bounds(0.5, 0.6))
    assert "| 0.400 ✗ below the floor | ≥ 0.500 | ≥ 0.600 |" in page([low])
    assert "* **risks** (a set): a protocol." in page([low])


def test_equal_groupings_share_all_and_unrelated_ones_nothing() -> None:
    assert mutual_information("aabb", "xxyy") == pytest.approx(1)
    assert mutual_information("aabb", "xyxy") == pytest.approx(0)


def test_themes_do_not_depend_on_the_order_of_the_notes() -> None:
    turned = clusters(NOTES[::-1])
    assert [c.terms for c in turned] == [c.terms for c in clusters(NOTES)]
    assert sorted(len(NOTES) - 1 - m for c in turned for m in c.members) == list(range(9))


def test_a_theme_has_two_notes_or_more_and_no_stopped_name() -> None:
    found = clusters([*NOTES, "Something else altogether", ""], stop={"Workspace", "analysts"})
    assert all(len(c.members) >= 2 for c in found)
    assert not {"workspace", "analysts"} & {w for c in found for t in c.terms for w in t.split()}


@pytest.mark.parametrize("texts", [[], ["one note"], ["", ""], ["same words"] * 5])
def test_few_or_equal_notes_make_no_trouble(texts: list[str]) -> None:
    assert len(clusters(texts)) <= 1


def test_vectors_of_near_meanings_are_near() -> None:
    assert vectors_available()
    rows = vectors(["the server is down", "our machine is offline", "a birthday cake", ""])
    assert rows[0] @ rows[1] > rows[0] @ rows[2]
    assert not rows[3].any()


@pytest.mark.parametrize(
    ("tone", "text"),
    [
        ("positive", "Great session, the client was delighted, thanks all!"),
        ("negative", "This is really frustrating and the result is terrible."),
        ("neutral", "The review is on Thursday at ten."),
        ("neutral", ""),
    ],
)
def test_the_tone_of_a_note(tone: str, text: str) -> None:
    assert sentiment(text) == tone


def test_quotations_and_code_have_no_tone_of_the_author() -> None:
    assert sentiments(["> This is horrible!\n```terrible awful```", ""]) == ["neutral", "neutral"]

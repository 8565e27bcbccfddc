"""The notebooks, run unmodified against the loopback warehouse over the committed sample."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlglot

from engagements.health_ledger import ledger_of
from engagements.health_model import RULES
from engagements.health_tally import tally_of
from engagements.parse import parse
from engagements.records import EngagementRecord, NoteRecord, TaskRecord
from tests.warehouse.fixtures import engine, schema
from tests.warehouse.runner import Outcome, cells, run_notebook, statements

if TYPE_CHECKING:
    from tests.warehouse.engine import Engine

__all__ = ["engine", "schema"]

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("0*"))
FIXTURES = ROOT / "fixtures"
spark = pytest.mark.warehouse
one_worker = pytest.mark.xdist_group("warehouse")

Run = Callable[..., Outcome]


def _named(number: str) -> Path:
    return next(path for path in NOTEBOOKS if path.name.startswith(number))


def _parses(statement: str) -> None:
    parsed = sqlglot.parse_one(statement, read="databricks")
    # What sqlglot does not understand becomes a Command: only these may.
    if isinstance(parsed, sqlglot.exp.Command):
        assert statement.split()[0].upper() in ("SHOW", "ALTER"), statement


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_every_cell_is_python_or_databricks_sql(path: Path) -> None:
    found = list(cells(path))
    assert found
    for language, text in found:
        if language == "python":
            ast.parse(text)
            continue
        for statement in statements(text):
            if "CREATE WIDGET" not in statement:
                _parses(statement)


@pytest.fixture(scope="module")
def sample(engine: Engine) -> tuple[str, dict[str, list[Outcome]]]:
    """All four notebooks, each run twice over the committed sample; and their schema."""
    given = {"catalog": "main", "schema": "sample", "source_path": str(FIXTURES)}
    done = {
        path.name[:2]: [run_notebook(engine, path, given) for _ in range(2)] for path in NOTEBOOKS
    }
    return "main.sample", done


def _rows(engine: Engine, statement: str) -> list[dict[str, Any]]:
    return engine.execute(statement).to_pylist()


def _fixture(name: str, record: Any) -> list[Any]:
    rows = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return [parse(record, row) for row in rows]


@spark
@one_worker
def test_every_statement_that_ran_is_databricks_sql(sample: Any) -> None:
    _, done = sample
    for outcomes in done.values():
        for statement in outcomes[0].statements:
            _parses(statement)


@spark
@one_worker
def test_ingestion_takes_every_row_once(sample: Any, engine: Engine) -> None:
    schema, done = sample
    first, second = (json.loads(outcome.value) for outcome in done["01"])
    assert first == second
    for table, counts in first.items():
        assert counts["rows"] == counts["read"], table
        assert counts["quarantined"] == 0
    assert _rows(engine, f"SELECT count(*) AS n FROM {schema}.ps_tasks")[0]["n"] == len(
        _fixture("tasks", TaskRecord)
    )


@spark
@one_worker
def test_ingested_rows_are_the_records_of_the_files(sample: Any, engine: Engine) -> None:
    schema, _ = sample
    for table, name, record, key in (
        ("ps_engagements", "engagements", EngagementRecord, "engagement_id"),
        ("ps_tasks", "tasks", TaskRecord, "task_id"),
        ("ps_delivery_notes", "delivery_notes", NoteRecord, "note_id"),
    ):
        stored = [parse(record, row) for row in _rows(engine, f"SELECT * FROM {schema}.{table}")]
        expected = {getattr(each, key): each for each in _fixture(name, record)}
        assert {getattr(each, key): each for each in stored} == expected


@spark
@one_worker
def test_running_again_changes_no_row(sample: Any, engine: Engine) -> None:
    schema, _ = sample
    for table, key in (("ps_engagements", "engagement_id"), ("ps_notebook_usage", "usage_id")):
        changes = _rows(
            engine, f"SELECT {key}, _change_type FROM table_changes('{schema}.{table}', 1)"
        )
        rows = _rows(engine, f"SELECT {key} FROM {schema}.{table}")
        assert {change["_change_type"] for change in changes} == {"insert"}
        assert len(changes) == len(rows)


@spark
@one_worker
def test_a_bad_row_is_kept_aside_and_the_newest_of_an_id_is_taken(
    engine: Engine, schema: str, tmp_path: Path
) -> None:
    good = {"engagement_id": "e1", "customer_name": "Ann's", "status": "Active"}
    lines = [
        json.dumps(good | {"updated_at": "2026-11-02T00:00:00Z", "region": "new"}),
        json.dumps(good | {"updated_at": "2026-11-01T00:00:00Z", "region": "old"}),
        json.dumps(good | {"engagement_id": "e2", "status": "Asleep"}),
        "{no json",
        "[1]",
        "",
    ]
    (tmp_path / "engagements.jsonl").write_text("\n".join(lines))
    given = {"catalog": "main", "schema": schema, "source_path": str(tmp_path)}
    for _ in range(2):
        run_notebook(engine, _named("01"), given)
    kept = _rows(engine, f"SELECT engagement_id, region FROM main.{schema}.ps_engagements")
    aside = _rows(engine, f"SELECT reason, raw FROM main.{schema}.ps_quarantine ORDER BY reason")
    assert kept == [{"engagement_id": "e1", "region": "new"}]
    assert [row["reason"] for row in aside] == ["not_an_object", "not_json", "unknown_value"]
    assert "Asleep" in aside[2]["raw"]


@spark
@one_worker
def test_an_older_file_never_replaces_newer_rows(
    engine: Engine, schema: str, tmp_path: Path
) -> None:
    given = {"catalog": "main", "schema": schema, "source_path": str(tmp_path)}
    row = {"engagement_id": "e1", "customer_name": "Ann", "status": "Active"}
    for day, region in (("2026-11-02", "new"), ("2026-11-01", "old")):
        dated = row | {"updated_at": f"{day}T00:00:00Z", "region": region}
        (tmp_path / "engagements.json").write_text(json.dumps([dated]))
        run_notebook(engine, _named("01"), given)
    assert _rows(engine, f"SELECT region FROM main.{schema}.ps_engagements") == [{"region": "new"}]


@pytest.mark.parametrize("name", ["main; DROP SCHEMA x", "a.b", ""])
@spark
@one_worker
def test_a_name_that_is_not_plain_is_refused(engine: Engine, name: str) -> None:
    for number in ("01", "03", "04"):
        with pytest.raises(ValueError, match="plain name"):
            run_notebook(engine, _named(number), {"catalog": "main", "schema": name})


def _of(rows: list[Any], engagement_id: str) -> list[Any]:
    return [row for row in rows if row.engagement_id == engagement_id]


@spark
@one_worker
def test_the_health_view_counts_as_the_product_does(sample: Any, engine: Engine) -> None:
    from engagements.health import Facts

    schema, _ = sample
    today: date = _rows(engine, "SELECT current_date() AS today")[0]["today"]
    tasks, notes = _fixture("tasks", TaskRecord), _fixture("delivery_notes", NoteRecord)
    view = {
        r["engagement_id"]: r for r in _rows(engine, f"SELECT * FROM {schema}.vw_engagement_health")
    }
    for engagement in _fixture("engagements", EngagementRecord):
        row = view.pop(engagement.engagement_id)
        own_tasks, own_notes = _of(tasks, row["engagement_id"]), _of(notes, row["engagement_id"])
        facts = Facts(
            engagement=engagement,
            tasks=own_tasks,
            notes=own_notes,
            findings=(),
            usage=(),
            as_of=today,
        )
        tally = tally_of(ledger_of(facts, RULES), today.toordinal(), True, RULES)
        assert row["total_tasks"] == tally.tasks
        assert row["completed_tasks"] == tally.tasks - len(tally.open)
        assert row["overdue_tasks"] == len(tally.late)
        assert row["in_progress_tasks"] == sum(t.status == "In Progress" for t in own_tasks)
        assert row["total_notes"] == len(own_notes)
        assert row["risk_notes"] == sum(n.sentiment == "risk" for n in own_notes)
        last = tally.last_note
        assert row["days_since_last_note"] == (tally.day - last[0] if last else None)
        assert row["days_remaining"] == (engagement.end_date - today).days
        assert row["total_duration_days"] == (engagement.end_date - engagement.start_date).days
        assert tally.elapsed is not None
        share = min(1.0, max(0.0, tally.elapsed))
        assert float(row["time_progress_percent"]) == pytest.approx(100 * share, abs=0.06)
    assert view == {}


@spark
@one_worker
def test_the_other_views_count_as_the_files_do(sample: Any, engine: Engine) -> None:
    schema, _ = sample
    tasks, notes = _fixture("tasks", TaskRecord), _fixture("delivery_notes", NoteRecord)
    progress = _rows(engine, f"SELECT * FROM {schema}.vw_task_progress")
    assert {(r["engagement_id"], r["phase"]): r["total_tasks"] for r in progress} == Counter(
        (t.engagement_id, t.phase or "No phase") for t in tasks
    )
    said = _rows(engine, f"SELECT * FROM {schema}.vw_delivery_sentiment")
    assert {
        (r["engagement_id"], r["note_date"], r["sentiment"]): r["note_count"] for r in said
    } == Counter(
        (n.engagement_id, n.created_at.date(), str(n.sentiment or "unstated")) for n in notes
    )
    load = _rows(engine, f"SELECT * FROM {schema}.vw_team_workload")
    assert {r["owner_id"]: r["open_tasks"] for r in load if r["open_tasks"]} == Counter(
        t.owner_id for t in tasks if t.owner_id and t.status != "Completed"
    )


@spark
@one_worker
def test_every_active_engagement_has_four_insights_once(sample: Any, engine: Engine) -> None:
    schema, done = sample
    first, second = (json.loads(outcome.value) for outcome in done["03"])
    active = [
        e for e in _fixture("engagements", EngagementRecord)
        if e.status not in ("Completed", "Not Started")
    ]  # fmt: skip
    assert first == {"engagements": len(active), "done": 4 * len(active)}
    assert second == {"engagements": 0}
    stored = _rows(
        engine, f"SELECT DISTINCT engagement_id, insight_type FROM {schema}.ps_ai_insights"
    )
    count = _rows(engine, f"SELECT count(*) AS n FROM {schema}.ps_ai_insights")[0]["n"]
    assert len(stored) == count == 4 * len(active)


@spark
@one_worker
def test_every_quote_of_an_insight_stands_in_its_record(sample: Any, engine: Engine) -> None:
    schema, _ = sample
    texts = {n.note_id: n.content for n in _fixture("delivery_notes", NoteRecord)}
    texts |= {t.task_id: t.name for t in _fixture("tasks", TaskRecord)}
    quotes = 0
    for row in _rows(engine, f"SELECT payload FROM {schema}.ps_ai_insights"):
        for claim in json.loads(row["payload"])["claims"]:
            for quote in claim["evidence"]:
                assert quote["quote"] == texts[quote["source"]][quote["start"] : quote["end"]]
                quotes += 1
    assert quotes > 100


@spark
@one_worker
def test_a_changed_engagement_is_written_again_and_the_others_are_not(
    engine: Engine, schema: str, tmp_path: Path
) -> None:
    given = {"catalog": "main", "schema": schema, "source_path": str(tmp_path)}
    rows = [
        {"engagement_id": f"e{n}", "customer_name": "Ann", "status": "Active", "updated_at": "2026-11-01T00:00:00Z"}
        for n in range(3)
    ]  # fmt: skip
    for _ in range(2):
        (tmp_path / "engagements.json").write_text(json.dumps(rows))
        run_notebook(engine, _named("01"), given)
        outcome = run_notebook(engine, _named("03"), given | {"as_of": "2026-11-10"})
        rows[1] |= {"region": "EMEA", "updated_at": "2026-11-02T00:00:00Z"}
    assert json.loads(outcome.value) == {"engagements": 1, "done": 8}


@spark
@one_worker
def test_a_model_that_cannot_answer_is_a_row_with_its_reason(
    engine: Engine, schema: str, tmp_path: Path
) -> None:
    given = {
        "catalog": "main", "schema": schema, "source_path": str(tmp_path),
        "backend": "huggingface", "base_url": "http://192.0.2.1/v1", "model": "some/model",
    }  # fmt: skip
    row = {"engagement_id": "e1", "customer_name": "Ann", "status": "Active"}
    (tmp_path / "engagements.json").write_text(json.dumps([row]))
    run_notebook(engine, _named("01"), given)
    assert json.loads(run_notebook(engine, _named("03"), given).value)["failed"] == 4
    errors = _rows(engine, f"SELECT DISTINCT error FROM main.{schema}.ps_insight_attempts")
    assert errors == [
        {"error": "HF_BASE_URL begins with https://, or with http:// on this machine only."}
    ]
    assert _rows(engine, f"SELECT * FROM main.{schema}.ps_ai_insights") == []


@spark
@one_worker
def test_metrics_count_the_insights_made_on_the_cluster(sample: Any, engine: Engine) -> None:
    schema, done = sample
    assert done["04"][0].value == done["04"][1].value
    counted = _rows(
        engine,
        f"SELECT sum(insights_generated) AS n FROM {schema}.ps_ai_metrics WHERE role = 'Scheduled job'",
    )
    stored = _rows(engine, f"SELECT count(*) AS n FROM {schema}.ps_ai_insights")
    assert counted == stored

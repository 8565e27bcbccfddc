"""The product over Delta tables shows what it shows over files, and writes back once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.forms.models import model_to_dict

from connectors.delta_outbox import DeltaSender
from connectors.loading import Order, Summary, claimed, perform
from connectors.models import TableState
from connectors.outbox import push
from connectors.sources import Source
from connectors.sources.delta import DeltaTables
from connectors.sources.json_files import JsonFiles
from connectors.warehouse import WarehouseConfig
from engagements.models import DeliveryNote, Engagement, HealthReading, NoteFinding, Task
from engagements.records import InsightType
from insights.generation import generate
from tests.warehouse.fixtures import engine, warehouse
from tests.warehouse.runner import run_notebook

if TYPE_CHECKING:
    from tests.warehouse.engine import Engine
    from tests.warehouse.server import Warehouse

__all__ = ["engine", "warehouse"]
pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.xdist_group("warehouse"),
    pytest.mark.django_db,
]

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "fixtures"
SCHEMA = "mode"


@pytest.fixture(scope="module")
def ingested(engine: Engine) -> None:
    given = {"catalog": "main", "schema": SCHEMA, "source_path": str(FIXTURES)}
    run_notebook(engine, ROOT / "notebooks" / "01_data_ingestion.py", given)


@pytest.fixture
def config(warehouse: Warehouse, ingested: None, settings: Any) -> WarehouseConfig:
    settings.TODAY = "2026-10-15"  # the day the committed sample is of
    settings.DATA_MODE = "databricks"
    return WarehouseConfig.from_settings(warehouse.settings(DATABRICKS_SCHEMA=SCHEMA))


@pytest.fixture
def delta(config: WarehouseConfig) -> Iterator[Callable[[], DeltaTables]]:
    opened: list[DeltaTables] = []

    def open_tables() -> DeltaTables:
        source = DeltaTables(config)
        known = dict(TableState.objects.values_list("table", "version"))
        source.prepare(known)
        opened.append(source)
        return source

    yield open_tables
    for source in opened:
        source.close()


def _load(source: Source) -> Summary:
    order = Order()
    with claimed(order) as run:
        return perform(run, source, order)


def _all_rows() -> dict[str, list[Any]]:
    """Every row a page or the API shows, without what says when it was written here."""
    models = (Engagement, Task, DeliveryNote, NoteFinding, HealthReading)
    rows = {}
    for model in models:
        found = [
            {k: v for k, v in model_to_dict(row).items() if k not in ("id", "loaded_at")}
            for row in model.objects.all()
        ]
        rows[model.__name__] = sorted(found, key=str)
    return rows


def test_portfolio_and_health_are_those_of_local_mode_row_by_row(delta: Any) -> None:
    with transaction.atomic():
        _load(JsonFiles(FIXTURES))
        local = _all_rows()
        transaction.set_rollback(True)
    assert Engagement.objects.count() == 0
    _load(delta())
    served = _all_rows()
    assert len(served["Engagement"]) == 24
    assert len(served["HealthReading"]) > 24
    assert served == local


def test_a_second_load_asks_for_versions_and_no_rows(delta: Any, warehouse: Warehouse) -> None:
    _load(delta())
    warehouse.requests.clear()
    summary = _load(delta())
    assert all(outcome.did_nothing for outcome in summary.tables.values())
    assert not warehouse.statements("FROM main.")


def test_a_change_in_delta_is_a_change_here(delta: Any, engine: Engine) -> None:
    _load(delta())
    gone = Engagement.objects.order_by("pk").last()
    assert gone
    name = f"main.{SCHEMA}.ps_delivery_notes"
    note = DeliveryNote.objects.exclude(engagement=gone).order_by("pk").first()
    assert note
    try:
        engine.execute(
            f"UPDATE {name} SET content = 'Go-live is blocked: access was refused.', updated_at = "
            f"timestamp'2026-10-15 07:00:00' WHERE note_id = '{note.pk}'"
        )
        summary = _load(delta())
        note.refresh_from_db()
        assert note.content == "Go-live is blocked: access was refused."
        outcome = summary.tables["ps_delivery_notes"]
        assert (outcome.read, outcome.changed, outcome.removed) == (1, 1, 0)
    finally:
        engine.execute(f"RESTORE TABLE {name} TO VERSION AS OF 1")


def test_an_insight_made_here_is_in_delta_once_and_comes_back_as_ours(
    delta: Any, config: WarehouseConfig, engine: Engine
) -> None:
    _load(delta())
    engagement = Engagement.objects.filter(status="Active").first()
    assert engagement
    run = generate(engagement, InsightType.RISK_DETECTION)
    assert run.state == "done", run.error
    sender = DeltaSender(config)
    assert push(sender).sent >= 1
    assert push(sender).sent == 0
    sender.close()
    stored = engine.execute(
        f"SELECT insight_id, engagement_id, content FROM main.{SCHEMA}.ps_ai_insights"
    ).to_pylist()
    assert [row["engagement_id"] for row in stored] == [engagement.pk]
    summary = _load(delta())
    assert summary.tables["ps_ai_insights"].created == 0
    assert summary.tables["ps_ai_insights"].removed == 0

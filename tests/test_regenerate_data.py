"""regenerate_data: a new sample portfolio, and what the app made is still there."""

from __future__ import annotations

import json
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from connectors import outbox, sync
from connectors.as_of import portfolio_day
from connectors.models import Load
from engagements.models import DeliveryNote, Engagement, HealthReading, Standing
from insights.models import Insight
from psinsights.lib.today import today

pytestmark = pytest.mark.django_db


def regenerate(**options: Any) -> str:
    out = StringIO()
    call_command("regenerate_data", stdout=out, **{"engagements": 3, "seed": 3, **options})
    return out.getvalue()


def test_a_sample_is_written_and_loaded(settings: Any) -> None:
    said = regenerate()
    assert "as of " + str(today()) in said
    assert Engagement.objects.count() == Standing.objects.count() == 3
    assert (settings.GENERATED_DIR / "engagements.json").exists()


def test_a_given_day_is_the_day_of_the_portfolio_for_good() -> None:
    regenerate(as_of=date(2026, 3, 2))
    assert portfolio_day() == date(2026, 3, 2)
    call_command("load_data", stdout=StringIO())
    assert portfolio_day() == date(2026, 3, 2)
    assert Standing.objects.filter(as_of=date(2026, 3, 2)).count() == 3


def test_without_a_day_the_portfolio_goes_with_the_clock() -> None:
    regenerate()
    assert portfolio_day() == today()
    assert not Load.objects.get().frozen


def test_another_sample_starts_another_history() -> None:
    regenerate(seed=3)
    HealthReading.objects.update(score=1)
    regenerate(seed=4)
    assert not HealthReading.objects.filter(score=1).exists()


def test_what_the_app_made_survives(settings: Any) -> None:
    regenerate()
    key = Engagement.objects.values_list("pk", flat=True).first()
    assert key is not None
    made = {
        "insight_id": "INS-OURS",
        "engagement_id": key,
        "insight_type": "health_summary",
        "content": "Ours.",
        "generated_at": timezone.now().isoformat(),
    }
    Insight.objects.create(**made)
    outbox.enqueue("ps_ai_insights", "INS-OURS", made)
    note = {
        "note_id": "OURS",
        "engagement_id": key,
        "content": "Mine.",
        "created_at": "2026-10-02T10:00:00Z",
    }
    DeliveryNote.objects.create(**note, written_here=True)
    outbox.enqueue("ps_delivery_notes", "OURS", note)
    regenerate(seed=4)
    assert Insight.objects.get().content == "Ours."
    assert not Insight.objects.get().imported
    assert DeliveryNote.objects.get(pk="OURS").written_here
    text = (settings.GENERATED_DIR / "delivery_notes.json").read_text(encoding="utf-8")
    assert "OURS" in {row["note_id"] for row in json.loads(text)}


@pytest.mark.parametrize(("option", "value"), [("engagements", 0), ("weeks", 500)])
def test_sizes_out_of_range_change_nothing(option: str, value: int) -> None:
    with pytest.raises(CommandError) as refused:
        regenerate(**{option: value})
    assert refused.value.returncode == 2
    assert "must be" in str(refused.value)


def test_another_load_that_runs_refuses_it(settings: Any) -> None:
    Load.objects.create(state="running", lease_until=timezone.now() + timedelta(minutes=1))
    with pytest.raises(CommandError) as refused:
        regenerate()
    assert refused.value.returncode == 3
    assert not settings.GENERATED_DIR.exists()


def test_databricks_data_are_never_replaced_by_samples(settings: Any) -> None:
    settings.DATA_MODE = "databricks"
    with pytest.raises(sync.SourceError):
        sync.regenerate()

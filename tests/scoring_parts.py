"""What the tests of scoring rules share: a portfolio, rules, and the form that makes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import models
from hypothesis import strategies as st

from engagements import scoring
from engagements.health_model import RULES, SIGNALS, Rules
from engagements.models import (
    HealthEvent,
    HealthReading,
    ScoringPreview,
    ScoringRules,
    Standing,
)
from engagements.scoring_forms import RulesForm, values_of
from psinsights.models import AuditEntry
from tests.conftest import loaded_models
from tests.exports import engagement, load, note, task, usage, write
from tests.factories import signed_in

DAY = date(2026, 10, 15)
PAGE, PREVIEW, SAVE = (f"/settings/scoring{end}" for end in ("", "/preview", "/save"))
LATE = {"schedule_weight": 4, "overdue_weight": 25, "blockers_weight": 25, "flow_weight": 14}
KIND = [HealthReading, HealthEvent, Standing, ScoringRules, ScoringPreview, AuditEntry]


@pytest.fixture
def portfolio(tmp_path, settings):
    """Seven engagements, from well to late, one on hold and one about which nobody knows enough."""
    settings.TODAY = str(DAY)
    done = {"status": "Completed", "progress_percent": 100}
    tasks, notes = [], []
    for number in range(1, 6):
        for at in range(4):
            key = number * 10 + at
            ends = DAY + timedelta(days=at * 12 - number * 5)
            state = done if at < 2 and number < 4 else {}
            tasks.append(task(key, number, end_date=str(ends), **state))
        notes.append(note(number, number, created_at=str(DAY - timedelta(days=number * 4))))
    rows = [engagement(number) for number in range(1, 6)]
    rows += [engagement(6, status="On Hold"), engagement(7, start_date=None, end_date=None)]
    where = write(
        tmp_path / "set",
        engagements=rows,
        tasks=tasks,
        delivery_notes=notes,
        notebook_usage=[usage(1)],
    )
    once(lambda: load(where))


_loaded: dict[type[models.Model], list[dict[str, Any]]] = {}


def once(fill: Callable[[], object]) -> None:
    """Fill the tables; after the first time by copying what came of it."""
    if not _loaded:
        fill()
        _loaded.update({kind: list(kind._default_manager.values()) for kind in loaded_models()})
        return
    for kind, rows in _loaded.items():
        kind._default_manager.bulk_create(kind(**row) for row in rows)


@pytest.fixture
def staff(db):
    return signed_in("admin", is_staff=True)


def fields(seen: int = 1, start: Rules = RULES, **given: Any) -> dict[str, Any]:
    return values_of(start) | {"seen": seen} | given


def rules_with(**given: Any) -> Rules:
    form = RulesForm(fields(**given), start=RULES, seen=1)
    assert form.is_valid(), form.errors
    return form.rules()


def save(rules: Rules, seen: int = 1, day: date = DAY, reason: str = "To see it") -> ScoringRules:
    return scoring.save(rules, seen=seen, reason=reason, user=AnonymousUser(), day=day)


def everything() -> dict[type[models.Model], list[dict[str, Any]]]:
    return {kind: list(kind.objects.order_by("pk").values()) for kind in KIND}


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


WEIGHTS = st.permutations([25, 20, 15, 12, 12, 8, 8, 0])


@st.composite
def some_rules(draw: Any) -> dict[str, Any]:
    """Valid fields of any kind: weights in any order, thresholds moved, other lines."""
    given = {f"{key}_weight": w for key, w in zip(SIGNALS, draw(WEIGHTS), strict=True)}
    given["overdue_zero"] = draw(st.integers(1, 60))
    given["contact_zero"] = draw(st.integers(6, 60))
    given["schedule_full"] = draw(st.sampled_from([0.7, 0.95, 1.2]))
    given["warning_from"] = draw(st.integers(20, 60))
    given["healthy_from"] = draw(st.integers(given["warning_from"] + 1, 100))
    return given

"""What the tests of the settings page share."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from connectors.models import Load, QuarantinedRow
from metrics import activity
from tests.factories import signed_in

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def source(settings, tmp_path):
    """A source of two good engagements, one bad and an orphan."""
    activity.forget()
    directory = tmp_path / "source"
    directory.mkdir()
    write(
        directory,
        engagements=[
            {"engagement_id": "ENG-1", "customer_name": "Pellworth Foods", "status": "Active"},
            {"engagement_id": "ENG-2", "customer_name": "Gallund Re", "status": "On Hold"},
            {"engagement_id": "ENG-3", "customer_name": "<b>Bold</b>", "status": "Sleeping"},
        ],
        tasks=[
            {"task_id": "=T-1", "engagement_id": "ENG-9", "name": "=cmd()", "status": "Blocked"}
        ],
    )
    settings.FIXTURES_DIR = directory
    return directory


def write(directory, **tables):
    for name, rows in tables.items():
        (directory / f"{name}.json").write_text(json.dumps(rows))


@pytest.fixture
def manager(db):
    return get_user_model().objects.create(username="manager", is_staff=True)


@pytest.fixture
def staff(manager):
    return signed_in("manager")


@pytest.fixture
def other(db):
    return signed_in("consultant")


def running_load(**given):
    values = {"state": "running", "fence": 1, "lease_until": timezone.now() + timedelta(minutes=1)}
    return Load.objects.create(**values | given)


def aside(number=1, **given):
    values = {
        "table": "ps_tasks",
        "reason": "missing",
        "field": "name",
        "message": "name is missing.",
    }
    for at in range(number):
        QuarantinedRow.objects.create(
            **values
            | {"key": f"T-{at}", "position": at + 1, "raw": "{}", "raw_hash": f"{at}"}
            | given
        )


def regenerate(client, headers=None, **given):
    body = {"engagements": "3", "seed": "5", "confirm": "replace"} | given
    return client.post("/settings/regenerate", body, headers=headers or {})

"""Importing a file: checked first, shown row by row, written only when confirmed."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from connectors.models import ImportCheck, Load, QuarantinedRow, RejectedRow, TableState
from connectors.tables import tables
from engagements.models import DeliveryNote, Engagement, Task
from psinsights.models import AuditEntry
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("portfolio")]
HTMX = {"HX-Request": "true"}
EXAMPLES = django_settings.FIXTURES_DIR / "import"


@pytest.fixture
def staff(manager):
    return signed_in("manager")


def given(name: str) -> bytes:
    return (EXAMPLES / name).read_bytes()


def upload(client, content: bytes | str, name: str = "rows.csv", **more):
    content = content.encode() if isinstance(content, str) else content
    sent = {"file": SimpleUploadedFile(name, content), "table": more.pop("table", "")}
    return client.post("/settings/import/check", sent, **more)


def checked(client, content: bytes | str, name: str = "rows.csv", **more) -> ImportCheck:
    """The check that an upload came to."""
    answer = upload(client, content, name, **more)
    assert answer.status_code == 302, answer.text
    return ImportCheck.objects.get(pk=int(answer["Location"].rsplit("/", 1)[1]))


def confirm(client, check: ImportCheck, **more):
    return client.post(f"/settings/import/{check.pk}/confirm", **more)


def faults(check: ImportCheck) -> dict[int, list[dict]]:
    """What is wrong, by the number of the row."""
    return {row.row: row.faults for row in check.rejects.order_by("row", "pk")}


def only_fault(check: ImportCheck, row: int) -> dict:
    (fault,) = faults(check)[row]
    return fault


def state() -> dict[str, object]:
    """Everything that an import could change: rows, and the bytes of the files."""
    directory = Path(django_settings.GENERATED_DIR)
    return {
        "counts": {table.name: len(table.intake.known()) for table in tables()},
        "hashes": {table.name: table.intake.known() for table in tables()},
        "quarantine": QuarantinedRow.objects.count(),
        "loads": Load.objects.count(),
        "states": list(TableState.objects.order_by("pk").values()),
        "files": {
            path.name: path.read_bytes() for path in directory.rglob("*") if path.is_file()
        }
        if directory.exists()
        else {},
    }


def test_a_good_file_goes_from_upload_to_the_list(staff):
    before = state()
    check = checked(staff, given("engagements.csv"), "engagements.csv")
    assert (check.created, check.changed, check.rejected) == (3, 0, 0)
    page = staff.get(f"/settings/import/{check.pk}").text
    assert "3 rows ready, 0 rejected." in page
    assert state() == before
    answer = confirm(staff, check, follow=True)
    assert "3 rows imported" in answer.text
    assert "Brackwater, Lund &amp; Co" in staff.get("/engagements?q=Brackwater").text
    assert Engagement.objects.count() == 27

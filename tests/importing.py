"""What the tests of imports share: a source, an upload, and what there is to compare."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from connectors.models import (
    ImportCheck,
    Load,
    QuarantinedRow,
    TableState,
)
from connectors.tables import tables
from tests.factories import signed_in

HTMX = {"HX-Request": "true"}
EXAMPLES = django_settings.BASE_DIR / "fixtures" / "import"
ENGAGEMENT = {"engagement_id": "ENG-0001", "customer_name": "Pellworth Foods", "status": "Active"}
TASK = {"task_id": "T-1", "engagement_id": "ENG-0001", "name": "Scope", "status": "Blocked"}
HEAD = "task_id,engagement_id,name,status"


@pytest.fixture
def source(settings, tmp_path):
    """Two engagements and a task, in files of the installation's own, loaded."""
    directory = settings.GENERATED_DIR
    directory.mkdir(parents=True)
    write(
        directory,
        engagements=[
            ENGAGEMENT | {"start_date": "2026-09-01", "legacy": "kept"},
            ENGAGEMENT | {"engagement_id": "ENG-0002", "customer_name": "Gallund Re"},
        ],
        tasks=[TASK | {"phase": "Design", "progress_percent": 10}],
    )
    call_command("load_data", verbosity=0)
    return directory


@pytest.fixture
def staff(manager):
    return signed_in("manager")


def write(directory: Path, **named: list[dict]) -> None:
    for name, rows in named.items():
        (directory / f"{name}.json").write_text(json.dumps(rows))


def example_file(name: str) -> bytes:
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


def refused(client, content: bytes | str, **more) -> str:
    """The page that says why a whole file was not taken."""
    answer = upload(client, content, **more)
    assert answer.status_code == 422
    assert not ImportCheck.objects.exists()
    return " ".join(answer.text.split())


def confirm(client, check: ImportCheck, **more):
    return client.post(f"/settings/import/{check.pk}/confirm", **more)


def faults(check: ImportCheck) -> dict[int, list[dict]]:
    """What is wrong, by the number of the row."""
    return {row.row: row.faults for row in check.rejects.order_by("row", "pk")}


def fault_of(client, line: str, head: str = HEAD) -> dict:
    """The only thing wrong with the only row of a file."""
    check = checked(client, f"{head}\n{line}\n")
    ((row, (fault,)),) = faults(check).items()
    assert row == 2
    return fault


def rows_of(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))


def state() -> dict[str, object]:
    """Everything that an import could change: rows, and the bytes of the files."""
    directory = Path(django_settings.GENERATED_DIR)
    files = [path for path in directory.rglob("*") if path.is_file() and path.name[0] != "."]
    return {
        "rows": {table.name: table.intake.known() for table in tables()},
        "quarantine": QuarantinedRow.objects.count(),
        "loads": Load.objects.count(),
        "states": list(TableState.objects.order_by("pk").values()),
        "files": {str(path): path.read_bytes() for path in files},
    }


def as_csv(rows: list[dict]) -> str:
    """Rows as a spreadsheet would save them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    for row in rows:
        cells = {n: v if isinstance(v, str) else json.dumps(v) for n, v in row.items()}
        writer.writerow({n: "" if cell == "null" else cell for n, cell in cells.items()})
    return text.getvalue()

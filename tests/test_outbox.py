"""What the app made goes back to the files: once, whole, and never over somebody else's rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from connectors import outbox
from connectors.models import OutboxEntry
from connectors.outbox import SendError
from connectors.sources.json_files import default_directory
from connectors.tables import Table
from engagements.models import Engagement
from tests.exports import engagement, load, note, write

pytestmark = pytest.mark.django_db


def metric(number: int = 1, **given: Any) -> dict[str, Any]:
    row = {
        "metric_id": f"M-{number}",
        "date": "2026-10-01",
        "role": "Consultant",
        "insight_type": "health_summary",
        "insights_generated": 1,
    }
    return row | given


def rows_in(settings: Any, name: str) -> list[dict[str, Any]]:
    return json.loads((Path(settings.GENERATED_DIR) / f"{name}.json").read_text(encoding="utf-8"))


def test_what_is_put_in_is_in_the_file_when_the_transaction_is_over(
    settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        outbox.enqueue("ps_ai_metrics", "M-1", metric())
    assert rows_in(settings, "ai_metrics") == [metric()]
    assert OutboxEntry.objects.get().state == "sent"


def test_a_newer_version_replaces_the_older_and_leaves_other_rows(settings: Any) -> None:
    write(settings.GENERATED_DIR, ai_metrics=[metric(1), metric(2, colour="kept")])
    outbox.enqueue("ps_ai_metrics", "M-1", metric(1))
    outbox.push()
    outbox.enqueue("ps_ai_metrics", "M-1", metric(1, insights_generated=9))
    assert outbox.push().sent == 1
    assert rows_in(settings, "ai_metrics") == [
        metric(1, insights_generated=9),
        metric(2, colour="kept"),
    ]
    assert OutboxEntry.objects.get().version == 2


def test_the_same_row_again_is_not_sent_again() -> None:
    outbox.enqueue("ps_ai_metrics", "M-1", metric())
    outbox.push()
    outbox.enqueue("ps_ai_metrics", "M-1", metric())
    assert outbox.push().sent == 0


def test_files_of_ours_alone_are_no_set_of_data(settings: Any) -> None:
    outbox.enqueue("ps_delivery_notes", "N-1", note(1))
    outbox.push()
    assert rows_in(settings, "delivery_notes") == [note(1)]
    assert default_directory() == settings.FIXTURES_DIR


def test_an_engagement_of_ours_takes_the_whole_set_along(settings: Any) -> None:
    outbox.enqueue("ps_delivery_notes", "N-1", note(1))
    outbox.enqueue("ps_engagements", "ENG-NEW", engagement(1, engagement_id="ENG-NEW"))
    outbox.push()
    committed = json.loads((settings.FIXTURES_DIR / "engagements.json").read_text(encoding="utf-8"))
    assert len(rows_in(settings, "engagements")) == len(committed) + 1
    assert note(1) in rows_in(settings, "delivery_notes")
    assert default_directory() == settings.GENERATED_DIR
    assert load()["as_of"] == "2026-10-15"
    assert Engagement.objects.filter(pk="ENG-NEW").exists()


def test_a_row_that_no_source_takes_is_parked_and_holds_up_nobody(settings: Any) -> None:
    outbox.enqueue("ps_ai_metrics", "M-1", metric(1))
    outbox.enqueue("ps_ai_metrics", "M-2", metric(2, user_rating=9))
    outbox.enqueue("ps_ai_metrics", "M-3", metric(3))
    pushed = outbox.push()
    assert (pushed.sent, pushed.parked, pushed.waiting) == (2, 1, 0)
    parked = OutboxEntry.objects.get(state="parked")
    assert parked.key == "M-2"
    assert "user_rating" in parked.error
    assert [row["metric_id"] for row in rows_in(settings, "ai_metrics")] == ["M-1", "M-3"]


def test_a_parked_row_waits_again_when_a_person_says_so() -> None:
    outbox.enqueue("ps_ai_metrics", "M-2", metric(2, user_rating=9))
    outbox.push()
    OutboxEntry.objects.update(payload=metric(2))
    out = StringIO()
    call_command("push_outbox", retry_parked=True, stdout=out)
    assert out.getvalue() == "1 sent, 0 waiting, 0 refused and parked.\n"


def test_a_file_that_cannot_be_read_is_left_as_it_is(settings: Any) -> None:
    write(settings.GENERATED_DIR, ai_metrics='[{"metric_id": ')
    outbox.enqueue("ps_ai_metrics", "M-1", metric())
    pushed = outbox.push()
    assert (pushed.sent, pushed.waiting) == (0, 1)
    text = (settings.GENERATED_DIR / "ai_metrics.json").read_text(encoding="utf-8")
    assert text == '[{"metric_id": '
    entry = OutboxEntry.objects.get()
    assert "ai_metrics.json" in entry.error
    assert entry.next_attempt_at is not None
    assert entry.next_attempt_at > timezone.now()


def test_a_directory_that_cannot_be_written_keeps_the_row_waiting(settings: Any) -> None:
    settings.GENERATED_DIR.parent.mkdir(parents=True)
    settings.GENERATED_DIR.write_text("a file where a directory should be", encoding="utf-8")
    outbox.enqueue("ps_ai_metrics", "M-1", metric())
    assert outbox.push().waiting == 1
    assert "cannot be written" in OutboxEntry.objects.get().error


class Elsewhere:
    """A source that is away first, then takes everything."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.away = True

    def send(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if self.away:
            raise SendError("The warehouse does not answer.")
        self.taken += rows

    def close(self) -> None:
        """Nothing to let go of."""


def test_a_source_that_is_away_gets_the_rows_when_it_is_back() -> None:
    elsewhere = Elsewhere()
    outbox.enqueue("ps_ai_metrics", "M-1", metric())
    assert outbox.push(elsewhere).waiting == 1
    elsewhere.away = False
    assert outbox.push(elsewhere).sent == 0  # not before its time
    OutboxEntry.objects.update(next_attempt_at=timezone.now())
    assert outbox.push(elsewhere).sent == 1
    assert elsewhere.taken == [metric()]


class WritesMeanwhile(Elsewhere):
    """While a row is on its way, somebody makes a newer one."""

    def send(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        self.taken += rows
        if len(self.taken) == 1:
            outbox.enqueue("ps_ai_metrics", "M-1", metric(insights_generated=2))


def test_a_version_made_while_the_older_is_sent_is_sent_too() -> None:
    elsewhere = WritesMeanwhile()
    outbox.enqueue("ps_ai_metrics", "M-1", metric())
    outbox.push(elsewhere)
    assert [row["insights_generated"] for row in elsewhere.taken] == [1, 2]


def test_nothing_is_left_beside_the_file(settings: Any) -> None:
    outbox.enqueue("ps_ai_metrics", "M-1", metric())
    outbox.push()
    names = sorted(path.name for path in settings.GENERATED_DIR.iterdir())
    assert names == [".outbox.lock", "ai_metrics.json"]

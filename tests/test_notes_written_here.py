"""Notes written here: a row, its findings and score, its way to the source, and who may edit it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client

from connectors.models import OutboxEntry
from connectors.notes import LONGEST, write_note
from engagements import readings
from engagements.models import DeliveryNote, Engagement, NoteFinding, SearchEntry, Standing
from engagements.records import InsightType, NoteRecord
from engagements.rows import COLUMNS, to_record
from insights.generation import generate
from insights.models import Insight
from psinsights.lib.audit import AuditEntry
from tests.factories import DAY, make_engagement, make_note, make_task, signed_in

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parent.parent / "fixtures"
BLOCKED = "We are blocked: the customer has not given us access to the production cluster."


@pytest.fixture(autouse=True)
def data_of_a_day(settings, tmp_path):
    settings.TODAY = DAY.isoformat()
    settings.GENERATED_DIR = tmp_path / "generated"


@pytest.fixture
def ines() -> Client:
    return signed_in("ines")


@pytest.fixture
def engagement():
    row = make_engagement(customer_name="Halden Freight")
    for _ in range(4):
        make_task(row)
    return row


def new(engagement) -> str:
    return f"/engagements/{engagement.pk}/notes/new"


def save(client: Client, engagement, content: str = BLOCKED, **given: str):
    return client.post(new(engagement), {"content": content, "sentiment": "", **given})


def only_note() -> DeliveryNote:
    return DeliveryNote.objects.get()


def test_a_saved_note_is_seen_lit_up_on_the_engagement(ines, engagement) -> None:
    answer = save(ines, engagement, "Access came.\r\nTests start tomorrow.", sentiment="positive")
    note = only_note()
    assert answer["Location"] == f"/engagements/{engagement.pk}?at={note.pk}#{note.pk}"
    assert (note.content, note.sentiment) == ("Access came.\nTests start tomorrow.", "positive")
    assert (note.author_id, note.written_here) == ("ines", True)
    assert re.fullmatch(r"NOTE-[0-9A-F]{16}", note.pk)
    assert "Tests start tomorrow." in ines.get(answer["Location"]).text


def test_a_note_is_read_for_problems_and_moves_the_score(ines, engagement) -> None:
    before = Standing.objects.get().inputs
    save(ines, engagement)
    finding = NoteFinding.objects.get()
    assert finding.is_blocker
    assert finding.quote in BLOCKED
    after = Standing.objects.get()
    assert after.inputs != before  # so that insights made before are out of date
    assert (after.open_findings, after.notes_total, after.last_note_on) == (1, 1, DAY)


def test_a_note_is_dated_on_the_day_of_the_data(ines, engagement) -> None:
    save(ines, engagement)
    assert only_note().created_at.date() == DAY


def test_a_note_is_on_its_way_to_the_source_with_its_very_row(
    ines, engagement, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        save(ines, engagement, sentiment="risk")
    rows = json.loads((django_settings.GENERATED_DIR / "delivery_notes.json").read_text())
    entry, note = OutboxEntry.objects.get(), only_note()
    assert (entry.table, entry.key, entry.state) == ("ps_delivery_notes", note.pk, "sent")
    assert rows == [entry.payload]
    assert rows[0].keys() == set(COLUMNS[NoteRecord])
    assert to_record(NoteRecord, rows[0]).content == BLOCKED


def test_saving_is_audited_without_the_words(ines, engagement) -> None:
    save(ines, engagement)
    entry = AuditEntry.objects.get(verb="note.write")
    assert (entry.user.username, entry.subject, entry.detail) == (
        "ines",
        only_note().pk,
        engagement.pk,
    )


def test_a_form_sent_twice_writes_one_note(ines, engagement) -> None:
    draft = re.search(r'name="draft" value="(\w+)"', ines.get(new(engagement)).text)[1]
    save(ines, engagement, draft=draft)
    save(ines, engagement, draft=draft)
    assert DeliveryNote.objects.count() == 1
    assert AuditEntry.objects.filter(verb="note.write").count() == 1


def test_a_note_can_be_found_at_once(ines, engagement) -> None:
    save(ines, engagement, "Zebra crossing agreed.")
    assert "zebra" in SearchEntry.objects.get(kind="note").words


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "Write something"),
        ("  \n ", "Write something"),
        ("x" * (LONGEST + 1), "at most 20,000 characters; this one has 20001"),
        ("a\0b", "Null characters"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_sentence(ines, engagement, content, told) -> None:
    answer = save(ines, engagement, content)
    assert answer.status_code == 422
    assert told in answer.text
    assert not DeliveryNote.objects.exists()


def test_a_lone_surrogate_is_refused() -> None:
    from connectors.note_views import NoteForm

    form = NoteForm({"content": "half a \ud83d"})
    assert "cannot be stored" in str(form.errors["content"])


def test_bytes_that_are_no_text_break_nothing(ines, engagement) -> None:
    body = b"content=ok%ED%A0%80%FF&sentiment="
    answer = ines.post(new(engagement), body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 302
    assert only_note().content.startswith("ok\ufffd")


def test_twenty_thousand_characters_count_a_line_end_once(ines, engagement) -> None:
    text = "a\r\n" * (LONGEST // 2)
    assert save(ines, engagement, text).status_code == 302


def test_an_unknown_feeling_is_refused(ines, engagement) -> None:
    answer = save(ines, engagement, sentiment="furious")
    assert answer.status_code == 422
    assert "Choose one of the listed feelings" in answer.text


def test_the_form_is_a_page_and_a_piece_of_the_timeline(ines, engagement) -> None:
    page = ines.get(new(engagement))
    piece = ines.get(new(engagement), headers={"HX-Request": "true"})
    assert "<h1>Add note</h1>" in page.text
    assert "<h1>" not in piece.text
    assert 'name="content"' in piece.text


def test_htmx_sees_the_error_and_is_sent_to_the_saved_note(ines, engagement) -> None:
    htmx = {"HX-Request": "true"}
    refused = ines.post(new(engagement), {"content": ""}, headers=htmx)
    assert (refused.status_code, "Write something" in refused.text) == (200, True)
    saved = ines.post(new(engagement), {"content": BLOCKED}, headers=htmx)
    assert saved["HX-Redirect"].endswith(f"#{only_note().pk}")


def test_ones_own_note_can_be_put_in_other_words(ines, engagement) -> None:
    save(ines, engagement)
    note = only_note()
    url = f"/engagements/{engagement.pk}/notes/{note.pk}/edit"
    assert BLOCKED in ines.get(url).text
    ines.post(url, {"content": "Access was granted.", "version": note.row_hash})
    changed = only_note()
    assert (changed.content, changed.created_at) == ("Access was granted.", note.created_at)
    assert changed.updated_at > note.updated_at
    assert not NoteFinding.objects.exists()
    assert OutboxEntry.objects.get().version == 2
    assert AuditEntry.objects.filter(verb="note.edit").count() == 1


def test_saving_without_a_change_writes_nothing(ines, engagement) -> None:
    save(ines, engagement)
    ines.post(f"/engagements/{engagement.pk}/notes/{only_note().pk}/edit", {"content": BLOCKED})
    assert OutboxEntry.objects.get().version == 1


def test_a_note_that_changed_meanwhile_is_not_overwritten(ines, engagement) -> None:
    save(ines, engagement)
    url = f"/engagements/{engagement.pk}/notes/{only_note().pk}/edit"
    seen = only_note().row_hash
    ines.post(url, {"content": "First.", "version": seen})
    answer = ines.post(url, {"content": "Second.", "version": seen})
    assert answer.status_code == 422
    assert "Nothing was saved" in answer.text
    assert "Second." in answer.text  # what was typed is still there
    assert only_note().content == "First."


def test_another_persons_note_and_an_imported_one_are_not_mine_to_edit(ines, engagement) -> None:
    save(signed_in("otto"), engagement)
    imported = make_note(engagement, author_id="ines")
    for note in DeliveryNote.objects.all():
        url = f"/engagements/{engagement.pk}/notes/{note.pk}/edit"
        assert ines.get(url).status_code == ines.post(url, {"content": "x"}).status_code == 404
    assert imported.content == DeliveryNote.objects.get(pk=imported.pk).content


def test_only_ones_own_note_offers_to_be_edited(ines, engagement) -> None:
    save(ines, engagement)
    offered = f"/engagements/{engagement.pk}/notes/{only_note().pk}/edit"
    assert offered in ines.get(f"/engagements/{engagement.pk}").text
    assert offered not in signed_in("otto").get(f"/engagements/{engagement.pk}").text


def test_a_stranger_learns_nothing(engagement) -> None:
    assert Client().get(new(engagement)).status_code == 302
    assert signed_in().get("/engagements/NONE/notes/new").status_code == 404
    assert signed_in().post("/engagements/a%00b/notes/new", {"content": "x"}).status_code == 404


def test_what_is_written_is_never_markup(ines, engagement) -> None:
    payload = "<script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}</textarea>"
    answer = save(ines, engagement, payload)
    shown = ines.get(answer["Location"]).text
    edited = ines.get(f"/engagements/{engagement.pk}/notes/{only_note().pk}/edit").text
    for html in (shown, edited):
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "{{ 7*7 }}" in html
        assert "&lt;/textarea&gt;" in html


def test_an_id_with_a_slash_works_too(ines) -> None:
    row = make_engagement(engagement_id="ENG/2026/7")
    assert save(ines, row).status_code == 302
    assert only_note().engagement_id == "ENG/2026/7"


def test_nothing_is_kept_when_the_outbox_cannot_take_it(engagement, django_user_model) -> None:
    from django.db import DatabaseError, connection

    person = django_user_model.objects.create(username="ines")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE connectors_outboxentry RENAME TO elsewhere")
    with pytest.raises(DatabaseError):
        write_note(engagement, person, BLOCKED)
    assert not DeliveryNote.objects.exists()


def test_a_load_keeps_the_note_and_knows_it_when_the_source_has_it(
    django_user_model, tmp_path
) -> None:
    source = tmp_path / "source"
    shutil.copytree(FIXTURES, source)
    call_command("load_data", source=source, verbosity=0)
    person = django_user_model.objects.create(username="ines")
    note = write_note(Engagement.objects.order_by("pk").first(), person, BLOCKED)
    call_command("load_data", source=source, full=True, verbosity=0)
    assert DeliveryNote.objects.get(pk=note.pk).content == BLOCKED
    OutboxEntry.objects.update(state="sent")
    file = source / "delivery_notes.json"
    file.write_text(json.dumps([*json.loads(file.read_text()), OutboxEntry.objects.get().payload]))
    call_command("load_data", source=source, verbosity=0)
    same = DeliveryNote.objects.get(pk=note.pk)
    assert (same.row_hash, same.written_here) == (note.row_hash, True)
    assert same.findings.count() == 1


def test_insights_made_before_a_note_are_out_of_date(ines, engagement) -> None:
    readings.recompute([engagement.pk], as_of=DAY)
    generate(engagement, InsightType.HEALTH_SUMMARY)
    assert not Insight.objects.with_staleness().get().stale
    save(ines, engagement)
    assert Insight.objects.with_staleness().get().stale

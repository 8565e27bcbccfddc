"""Search: what is found and by whom, that no question breaks it, and that the index keeps up."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from connectors.notes import edit_note, write_note
from engagements import search_index
from engagements.models import DeliveryNote, Engagement, SearchEntry
from engagements.search import asked, keys_of
from insights.deciding import decide_action, undo
from insights.models import Action, Risk
from insights.search import Hit, index_actions, index_risks, search
from insights.snippets import lit
from tests.factories import DAY, make_engagement, make_member, make_note, signed_in

pytestmark = pytest.mark.django_db

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "javascript:alert(1)",
    "</title><svg onload=alert(1)>",
    "{{ 7*7 }}{% debug %}",
    "<mark onmouseover=alert(1)>",
]


@pytest.fixture(autouse=True)
def data_of_a_day(settings: Any) -> None:
    settings.TODAY = DAY.isoformat()


@pytest.fixture
def ines() -> Client:
    return signed_in("ines")


@pytest.fixture
def person(django_user_model: Any) -> Any:
    return make_member(django_user_model.objects.create(username="otto"))


@pytest.fixture
def halden() -> Engagement:
    """An engagement with a note, a risk and an action, all of which can be found."""
    row = make_engagement(customer_name="Halden Freight", owner_name="Zoë Müller")
    make_note(row, note_id="N-14", content="The firewall rules are still missing at the depot.")
    risk = Risk.objects.create(
        engagement=row, category="dependency_access", reason="access_missing",
        title="Firewall rules are missing", severity=3, likelihood=1, exposure=12,
        level="critical", first_seen_on=DAY, last_seen_on=DAY,
    )  # fmt: skip
    Action.objects.create(
        engagement=row, risk=risk, title="Ask the vendor for the firewall rules", priority="P1",
        why="Depots wait.", due_on=DAY, rule="stated", proposed_on=DAY,
    )  # fmt: skip
    index_all(row)
    return row


def index_all(row: Engagement) -> None:
    search_index.index(row.pk)
    index_risks(row.pk)
    index_actions(row.pk)


def found(person: Any, text: str, **given: Any) -> list[tuple[str, str]]:
    return [(hit.kind, hit.record) for hit in search(text, person, **given)]


def one(person: Any, text: str, kind: str) -> Hit:
    return next(hit for hit in search(text, person) if hit.kind == kind)


def test_every_kind_of_record_is_found_by_its_words(halden, person) -> None:
    kinds = [kind for kind, _ in found(person, "firewall")]
    assert kinds == ["note", "risk", "action"]
    assert [kind for kind, _ in found(person, "halden")] == ["customer", "engagement"]
    assert found(person, halden.pk) == [("engagement", halden.pk)]
    assert found(person, "N-14") == [("note", "N-14")]


@pytest.mark.parametrize(
    "text", ["FIREWALL Rules", "rules firewall", "fire", "firewall ru", "  firewall\trules "]
)
def test_case_order_and_an_unfinished_last_word_do_not_matter(halden, person, text) -> None:
    assert ("note", "N-14") in found(person, text)


@pytest.mark.parametrize("text", ["irewall", "rule firewall", "firewall zebra", "f"])
def test_every_word_but_the_last_must_stand_there_whole(halden, person, text) -> None:
    assert ("note", "N-14") not in found(person, text)


@pytest.mark.parametrize("text", ["zoe muller", "Zoë Müller", "ZOË", "Mu\u0308ller"])
def test_accents_are_no_hindrance(halden, person, text) -> None:
    assert found(person, text) == [("engagement", halden.pk)]


@pytest.mark.parametrize(
    "text",
    [
        *('"', "*", "NEAR", "a AND", "NOT x", "x OR", "(", "words:firewall", "-firewall", "^fire"),
        *("fire\0wall", "'", "''; --", "& | !", "<->", ":*", "\\", "%", "_", "\ud83d", "🚀"),
        *("x" * 60_000, "x " * 30_000, "ﬁrewall", "日本語", "\u202e", "½", "İ", "a" * 100),
    ],
)
def test_no_question_breaks_it(halden, ines, person, text) -> None:
    assert isinstance(search(text, person), list)
    assert ines.get("/search", {"q": text.encode(errors="replace")}).status_code == 200


@effort(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(max_size=80))
def test_any_text_can_be_kept_and_found_by_any_of_its_words(halden, person, text) -> None:
    search_index.put(
        "note", halden.pk, [search_index.Searchable("N-14", halden.pk, uuid.uuid4().hex, text)]
    )
    for word in asked(text)[:5]:
        hits = DeliveryNote.objects.filter(pk__in=keys_of("note", [word], person))
        assert [row.pk for row in hits] == ["N-14"]


def test_marks_stand_around_the_words_and_all_else_is_escaped() -> None:
    assert lit("a <b>fire</b> & Firewalls", ["fire"]) == (
        "a &lt;b&gt;<mark>fire</mark>&lt;/b&gt; &amp; <mark>Firewalls</mark>"
    )
    long = lit("before " * 60 + "needle " + "after " * 60, ["needle"])
    assert re.fullmatch(r"… (before )+<mark>needle</mark>( after)+ …", long)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_found_and_what_is_asked_is_never_markup(ines, person, payload) -> None:
    row = make_engagement(customer_name=f"Acme {payload}", owner_name=payload)
    make_note(row, content=f"zebra {payload}", author_id=payload)
    Risk.objects.create(
        engagement=row, category="x", reason="x", title=f"zebra {payload}", owner=payload[:150],
        severity=1, likelihood=1, exposure=4, level="low", first_seen_on=DAY, last_seen_on=DAY,
    )  # fmt: skip
    index_all(row)
    for text in ("zebra", "acme", payload):
        html = ines.get("/search", {"q": text}).text
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "<svg onload" not in html
        assert "<mark " not in html
        assert 'href="javascript' not in html


def test_a_hit_opens_the_record_lit_up(halden, person) -> None:
    assert one(person, "firewall", "note").link == f"/engagements/{halden.pk}?at=N-14#N-14"
    action = Action.objects.get()
    at = f"action-{action.pk}"
    assert one(person, "firewall", "action").link == f"/engagements/{halden.pk}?at={at}#{at}"


def test_the_page_groups_what_it_found(halden, ines) -> None:
    html = ines.get("/search?q=firewall").text
    assert re.findall(r'<h2 id="found-(\w+)">', html) == ["note", "risk", "action"]
    assert "<mark>firewall</mark> rules are still missing" in html
    assert 'value="firewall"' in html


def test_many_hits_of_a_kind_are_a_click_away(halden, ines) -> None:
    for _ in range(9):
        make_note(halden, content="firewall again")
    search_index.index(halden.pk)
    html = ines.get("/search?q=firewall").text
    assert "More notes" in html
    alone = ines.get("/search?q=firewall&in=note").text
    assert re.findall(r'<h2 id="found-(\w+)">', alone) == ["note"]
    assert alone.count("<li data-row>") == 10


def test_an_empty_page_says_what_to_do(ines) -> None:
    assert "Find anything" in ines.get("/search").text
    assert "Nothing found" in ines.get("/search?q=zebra").text
    assert "marks alone are no words" in ines.get("/search?q=***").text


def test_htmx_gets_the_results_alone(halden, ines) -> None:
    html = ines.get("/search?q=firewall", headers={"HX-Request": "true"}).text
    assert html.lstrip().startswith('<div id="found"')
    assert "3 results" in html


def test_the_toolbar_searches_and_a_stranger_signs_in_first(halden, ines) -> None:
    assert 'role="search" action="/search"' in ines.get("/engagements").text
    assert Client().get("/search?q=firewall")["Location"].startswith("/login")


def test_nobody_finds_what_they_may_not_see(halden) -> None:
    from django.contrib.auth.models import AnonymousUser

    assert search("firewall", AnonymousUser()) == []


def test_the_number_of_queries_is_the_same_for_one_and_for_many(halden, ines) -> None:
    def asked_for() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            ines.get("/search?q=firewall")
        return len(queries)

    first = asked_for()
    for number in range(20):
        row = make_engagement(customer_name=f"Firewall {number}")
        make_note(row, content="firewall")
        index_all(row)
    assert first == asked_for() <= 8


def test_newest_notes_come_first_and_open_risks_before_closed_ones(halden, person) -> None:
    note = make_note(
        halden,
        content="firewall",
        created_at=DeliveryNote.objects.get().created_at + timedelta(days=1),
    )
    closed = Risk.objects.get()
    closed.pk, closed.status, closed.exposure = None, Risk.Status.RESOLVED, 16
    closed.save()
    index_all(halden)
    hits = found(person, "firewall")
    assert [key for kind, key in hits if kind == "note"] == [note.pk, "N-14"]
    assert [key for kind, key in hits if kind == "risk"][1] == f"risk-{closed.pk}"


def test_a_note_that_is_written_and_edited_is_found_by_its_newest_words(halden, person) -> None:
    note = write_note(halden, person, "A zebra stood there.")
    assert found(person, "zebra") == [("note", note.pk)]
    edit_note(note, person, "A giraffe stood there.")
    assert found(person, "zebra") == []
    assert found(person, "giraffe") == [("note", note.pk)]


def test_an_action_with_another_title_is_found_by_that(halden, person) -> None:
    action = Action.objects.get()
    decide_action(action, "edit", person, day=DAY, title="Call Zanzibar")
    assert found(person, "zanzibar") == [("action", f"action-{action.pk}")]
    undo(action, person)
    assert found(person, "zanzibar") == []


def test_what_is_gone_is_not_found(halden, person) -> None:
    DeliveryNote.objects.get().delete()
    search_index.index(halden.pk)
    assert not SearchEntry.objects.filter(kind="note").exists()
    Engagement.objects.filter(pk=halden.pk).delete()
    assert found(person, "firewall") == found(person, "halden") == []
    assert _words_left() == 0


def _words_left() -> int:
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            return SearchEntry.objects.count()
        cursor.execute(
            "SELECT count(*) FROM search_words WHERE search_words MATCH 'firewall OR halden'"
        )
        return cursor.fetchone()[0]


def test_the_full_text_table_agrees_with_its_rows_after_many_changes(halden, person) -> None:
    """Would fail if a migration that rebuilds the table of entries lost the trigger on it."""
    note = write_note(halden, person, "one two three")
    for number in range(5):
        edit_note(note, person, f"words {number} and more")
    DeliveryNote.objects.filter(pk="N-14").delete()
    search_index.index(halden.pk)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO search_words(search_words, rank) VALUES('integrity-check', 1)"
            )
    assert found(person, "words 4 more") == [("note", note.pk)]


def test_a_load_lets_everything_be_found(person) -> None:
    call_command("load_data", source=Path(__file__).parent.parent / "fixtures", verbosity=0)
    note = DeliveryNote.objects.order_by("-created_at").first()
    assert SearchEntry.objects.filter(kind="note").count() == DeliveryNote.objects.count() > 0
    assert SearchEntry.objects.filter(kind="engagement").count() == Engagement.objects.count()
    words = " ".join(asked(note.content)[:8])
    assert ("note", note.pk) in found(person, words)


def test_what_did_not_change_is_not_indexed_again(halden) -> None:
    assert sum(search_index.refresh()) == 0


def test_an_index_that_was_never_built_can_be_built(halden, person, capsys) -> None:
    SearchEntry.objects.all().delete()
    assert found(person, "firewall") == []
    call_command("index_search")
    assert len(found(person, "firewall")) == 3
    assert "4 records can be found." in capsys.readouterr().out

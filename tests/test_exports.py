"""The list as a file: exactly the rows of the screen, of all pages, whatever narrows them."""

from __future__ import annotations

import csv
import io
import random
import re
import tracemalloc
from datetime import date, datetime
from html import unescape
from urllib.parse import unquote, urlencode

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from engagements.columns import COLUMNS, SORTS
from engagements.exports import AT_ONCE, LABELS, SHEET
from engagements.models import Engagement, Standing
from engagements.saved import VIEWS
from psinsights.lib.audit import AuditEntry
from tests.factories import DAY, days, make_engagement, signed_in

pytestmark = pytest.mark.django_db
ROW = re.compile(r'<tr data-row>\s*<td><a class="name clip" href="/engagements/([^"]+)"')
FORMULAS = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "＝1"]
MOST_QUERIES = 5  # as elsewhere, without the one that finds the session


@pytest.fixture
def client():
    return signed_in("ines", first_name="Ines", last_name="Moreau")


def fill(number: int, chance: random.Random | None = None) -> None:
    """So many engagements of every sort, written at once."""
    chance = chance or random.Random(number)
    names = ["Halden Freight", "Ørsund, Grid", 'A "quoted" one', "Two\nlines", "日本", *FORMULAS]
    rows = [
        Engagement(
            engagement_id=f"ENG-{at:05d}{chance.choice(['', ' ü', '/x'])}",
            customer_name=chance.choice(names),
            engagement_type=chance.choice([None, "Platform Migration", "Data Governance"]),
            status=chance.choice(["Active", "At Risk", "On Hold", "Completed"]),
            owner_name=chance.choice([None, "Ines Moreau", "Rhea V."]),
            end_date=chance.choice([None, days(chance.randint(-40, 90))]),
        )
        for at in range(number)
    ]
    Engagement.objects.bulk_create(rows)
    Standing.objects.bulk_create(
        Standing(
            engagement=row,
            as_of=DAY,
            health=score,
            band=chance.choice(["critical", "warning", "healthy"]) if score else "unknown",
            state="scored" if score else "not_enough",
            delta_7d=chance.choice([None, -9, 0, 4]),
            weekly=[None, 70, score],
            phase=chance.choice(["", "Build", "Test"]),
            next_milestone=chance.choice(["", "Cut-over", "=HYPERLINK(1)"]),
            next_milestone_on=chance.choice([None, days(7)]),
            open_findings=chance.randint(0, 3),
            heaviest_finding=chance.choice([0, 9.0]),
            last_note_on=chance.choice([None, days(-chance.randint(0, 30))]),
        )
        for row in rows
        if chance.random() < 0.9
        for score in [chance.choice([None, chance.randint(1, 100)])]
    )


def filter_set(chance: random.Random) -> str:
    """A question to the list with up to four of its filters, and an order."""
    known = {
        "q": ["halden", "eng-0", "one quoted", "rhea"],
        "status": ["open", "Active", "On Hold"],
        "health": ["critical", "warning", "healthy", "unknown"],
        "phase": ["Build", "Test"],
        "type": ["Data Governance"],
        "owner": ["Rhea V."],
        "ends": ["past", "30", "90"],
        "after": ["2026-11-01"],
        "before": ["2026-12-31"],
        "view": [view.key for view in VIEWS],
    }
    names = chance.sample(sorted(known), chance.randint(0, 2))
    chosen = {name: chance.choice(known[name]) for name in names}
    return "?" + urlencode(chosen | {"sort": chance.choice(SORTS)[0]})


def csv_lines(client: Client, query: str = "") -> list[list[str]]:
    text = client.get(f"/engagements.csv{query}").getvalue().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def xlsx_lines(client: Client, query: str = "") -> list[list[str]]:
    """The rows of the workbook as text, spelled as in the other file."""
    data = client.get(f"/engagements.xlsx{query}").getvalue()
    book = openpyxl.load_workbook(io.BytesIO(data))
    rows = [[spelled(cell) for cell in row] for row in book.active.iter_rows(values_only=True)]
    return [row if row[2:] != [""] * (len(row) - 2) else row[:2] for row in rows]


def spelled(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return "" if cell is None else str(cell)


def below_the_labels(lines: list[list[str]]) -> list[list[str]]:
    return lines[lines.index(LABELS) + 1 :]


def ids_of_all_pages(client: Client, query: str) -> list[str]:
    found: list[str] = []
    for number in range(1, 100):
        text = client.get(f"/engagements{query}&size=40&page={number}").text
        found += [unquote(unescape(key)) for key in ROW.findall(text)]
        if 'rel="next"' not in text:
            return found
    raise AssertionError("the list has no last page")


@pytest.mark.parametrize("seed", range(20))
def test_both_files_hold_the_rows_of_all_pages_in_their_order(client, seed):
    chance = random.Random(seed)
    fill(60, chance)
    query = filter_set(chance)
    rows = below_the_labels(csv_lines(client, query))
    assert rows == below_the_labels(xlsx_lines(client, query))
    assert [row[0] for row in rows] == ids_of_all_pages(client, query)


def test_the_random_questions_are_answered_by_few_and_by_many(client):
    fill(60)
    sizes = {
        len(below_the_labels(csv_lines(client, filter_set(random.Random(n))))) for n in range(20)
    }
    assert len(sizes) > 5
    assert max(sizes) == 60


def test_every_column_of_the_screen_is_in_the_file_in_its_order():
    assert list(dict.fromkeys(column.of for column in SHEET)) == [c.key for c in COLUMNS]


def test_an_engagement_that_was_never_assessed_is_in_both_and_on_the_screen(client):
    make_engagement(engagement_id="NEW").standing.delete()
    row = dict(zip(LABELS, csv_lines(client)[-1], strict=True))
    assert (row["Engagement ID"], row["Score"], row["Health"], row["Risks"]) == (
        "NEW",
        "",
        "Not scored",
        "0",
    )
    assert ids_of_all_pages(client, "?sort=health") == ["NEW"]


def test_a_row_says_what_the_screen_says(client):
    make_engagement(
        engagement_id="ENG-1",
        customer_name="Halden Freight",
        engagement_type="Data Governance",
        owner_id="rv",
        owner_name="Rhea V.",
        end_date=days(5),
        standing={
            "health": 41,
            "band": "critical",
            "weekly": [None, 50, 41],
            "delta_7d": -9,
            "phase": "Build",
            "next_milestone": "Cut-over",
            "next_milestone_on": days(2),
            "open_findings": 2,
            "last_note_on": days(-3),
        },
    )
    row = dict(zip(LABELS, csv_lines(client)[-1], strict=True))
    assert row == {
        "Engagement ID": "ENG-1",
        "Engagement": "Halden Freight",
        "Type": "Data Governance",
        "Score": "41",
        "Health": "Critical",
        "12 weeks": "– 50 41",
        "Week": "-9",
        "Phase": "Build",
        "Status": "Active",
        "Owner ID": "rv",
        "Owner": "Rhea V.",
        "Next milestone": "Cut-over",
        "Milestone on": "2026-11-21",
        "Ends": "2026-11-24",
        "Risks": "2",
        "Last note": "2026-11-16",
    }


def test_the_head_says_what_the_file_is(client):
    make_engagement(customer_name="Halden", standing={"band": "critical"})
    make_engagement(customer_name="Other")
    lines = csv_lines(client, "?q=halden&health=critical&sort=-week")
    assert lines[:7] == [
        ["PS Insights", "Engagements"],
        ["Filters", "Search: halden; Health: Critical"],
        ["Sorted by", "week, highest first"],
        ["Data as of", "2026-11-19 from JSON files, not loaded yet"],
        ["Rows", "1 engagement"],
        [],
        LABELS,
    ]
    assert csv_lines(client)[1] == ["Filters", "None: every engagement"]


def test_the_head_says_when_the_data_was_loaded(client, portfolio):
    assert re.search(
        r"from JSON files, loaded \d{4}-\d\d-\d\d \d\d:\d\d UTC$", csv_lines(client)[3][1]
    )


def test_a_spreadsheet_knows_utf_8_by_its_mark(client):
    make_engagement(customer_name="Ørsund")
    answer = client.get("/engagements.csv")
    assert answer.getvalue().startswith(b"\xef\xbb\xbf")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="engagements-2026-11-19.csv"'


def test_a_workbook_has_dates_and_numbers_and_no_formula(client):
    make_engagement(customer_name="=1+1", end_date=days(5), standing={"delta_7d": -9})
    answer = client.get("/engagements.xlsx")
    assert 'filename="engagements-2026-11-19.xlsx"' in answer["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.getvalue())).active
    cells = dict(zip(LABELS, list(sheet.iter_rows())[-1], strict=True))
    assert cells["Ends"].value.date() == date(2026, 11, 24)
    assert cells["Week"].value == -9
    assert (cells["Engagement"].data_type, cells["Engagement"].value) == ("s", "'=1+1")
    assert sheet.freeze_panes == "A8"


@pytest.mark.parametrize("payload", FORMULAS)
def test_no_cell_is_computed(client, payload):
    make_engagement(
        customer_name=payload,
        engagement_type=payload,
        owner_name=payload,
        owner_id=payload,
        standing={"phase": payload, "next_milestone": payload},
    )
    for lines in (csv_lines(client), xlsx_lines(client)):
        row = dict(zip(LABELS, lines[-1], strict=True))
        for label in ("Engagement", "Type", "Owner", "Owner ID", "Phase", "Next milestone"):
            assert row[label] == "'" + payload.replace("\r\n", "\n")


def test_a_search_for_a_formula_stays_words_in_the_head(client):
    make_engagement(customer_name="=cmd")
    assert csv_lines(client, "?q=%3Dcmd")[1] == ["Filters", "Search: =cmd"]


def test_what_xml_cannot_hold_breaks_neither_file(client):
    make_engagement(engagement_id="E", customer_name="Bell\x07 and \ufffe, a\rb")
    assert csv_lines(client)[-1][1] == "Bell and , a\nb"
    assert xlsx_lines(client)[-1][1] == "Bell and , a\nb"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "query", ["health=purple", "after=soon", "after=2026-12-01&before=2026-11-01"]
)
def test_a_question_that_was_not_understood_gives_no_file(client, kind, query):
    make_engagement()
    answer = client.get(f"/engagements.{kind}?{query}&owner=Ines")
    assert answer.status_code == 422
    assert "Nothing was exported" in answer.text
    assert 'href="/engagements?owner=Ines' in answer.text
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_no_match_is_a_file_that_says_so(client, kind):
    make_engagement()
    lines = (csv_lines if kind == "csv" else xlsx_lines)(client, "?q=nobody")
    assert ["Rows", "0 engagements"] in lines
    assert lines[-1] == LABELS


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_nobody_takes_rows_away_without_signing_in(kind):
    answer = Client().get(f"/engagements.{kind}")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_it_is_noted_who_took_how_many_rows_and_not_what_was_searched(client, kind):
    make_engagement(customer_name="Halden")
    client.get(f"/engagements.{kind}?q=halden&status=open").getvalue()
    entry = AuditEntry.objects.get()
    assert (entry.user.username, entry.verb, entry.subject) == (
        "ines",
        "engagements.exported",
        kind,
    )
    assert entry.detail == "1 rows; filters: q, status"


def test_the_list_offers_what_it_shows(client):
    make_engagement(customer_name="Halden")
    text = client.get("/engagements?q=hal&sort=-week&page=1").text
    assert 'href="/engagements.csv?q=hal&amp;sort=-week"' in text
    assert 'href="/engagements.xlsx?q=hal&amp;sort=-week"' in text


def test_a_swap_of_the_rows_brings_the_links_along(client):
    make_engagement(customer_name="Halden")
    swapped = {"HX-Request": "true", "HX-Target": "rows"}
    text = client.get("/engagements?q=hal", headers=swapped).text
    assert 'id="export" hx-swap-oob="true"' in text
    assert "/engagements.csv?q=hal" in text
    empty = client.get("/engagements?health=purple", headers=swapped).text
    assert 'id="export" hx-swap-oob="true"' in empty
    assert "/engagements.csv" not in empty


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_few_rows_and_many_cost_the_same_few_queries(client, kind):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/engagements.{kind}?sort=-week").getvalue()
        return sum("django_session" not in query["sql"] for query in queries)

    client.get("/engagements")  # the first visit of a day is counted, which costs its own
    fill(30)
    few = cost()
    Engagement.objects.all().delete()
    fill(3 * AT_ONCE + 1)
    assert few == cost() <= MOST_QUERIES


def test_two_thousand_rows_are_never_held_together(client):
    fill(2_000)
    pieces = iter(client.get("/engagements.csv").streaming_content)
    next(pieces)  # what is loaded once and for all is loaded by now
    tracemalloc.start()
    try:
        size = sum(len(piece) for piece in pieces)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 150_000
    assert peak < 2_000_000  # 1 MB for 200 rows at a time; all of them at once take 5

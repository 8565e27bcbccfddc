"""What an import says is wrong with a row, and which files it can read."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from connectors.imports import reading
from connectors.imports.faults import shown
from connectors.models import (
    ImportCheck,
)
from engagements.models import Task
from tests.importing import (
    HEAD,
    HTMX,
    TASK,
    as_csv,
    checked,
    confirm,
    example_file,
    fault_of,
    faults,
    refused,
    source,
    staff,
    state,
    upload,
)

__all__ = ["source", "staff"]
pytestmark = pytest.mark.django_db


# What is wrong with a row ────────────────────────────────────────────────────


FAULTS = [
    ("status", "in progress", "unknown_value", "Write In Progress.", "Not Started, In Progress, Blocked, Completed"),
    ("status", "Sleeping", "unknown_value", "none of the known words", "Not Started, In Progress, Blocked, Completed"),
    ("status", "", "missing", "It is empty", "Not Started, In Progress, Blocked, Completed"),
    ("name", "", "missing", "It is empty", "text of at most 1,000 characters"),
    ("name", "x" * 1001, "too_long", "This has 1,001 characters.", "text of at most 1,000 characters"),
    ("start_date", "24/12/2026", "not_a_date", "Write 2026-12-24.", "a date as YYYY-MM-DD, such as 2026-11-19; or empty"),
    ("start_date", "3.4.2026", "not_a_date", "Write 2026-03-04 or 2026-04-03.", "a date as YYYY-MM-DD, such as 2026-11-19; or empty"),
    ("start_date", "46266", "not_a_date", "spreadsheet’s day number", "a date as YYYY-MM-DD, such as 2026-11-19; or empty"),
    ("start_date", "2026-02-30", "not_a_date", "cannot be read as a date", "a date as YYYY-MM-DD, such as 2026-11-19; or empty"),
    ("progress_percent", "140", "out_of_range", "outside the range", "a whole number from 0 to 100; or empty"),
    ("progress_percent", "40 %", "wrong_type", "This is not a whole number. Write 40.", "a whole number from 0 to 100; or empty"),
    ("progress_percent", "12.5", "wrong_type", "This is not a whole number.", "a whole number from 0 to 100; or empty"),
    ("is_milestone", "maybe", "wrong_type", "This is not true or false.", "true or false (also yes, no, 1, 0); or empty"),
    ("completed_at", "yesterday", "not_a_date", "cannot be read", "YYYY-MM-DD, or with a time: 2026-11-19T09:30:00Z, 2026-11-19 09:30:00 (UTC); or empty"),
    ("engagement_id", "ENG-9999", "orphan", "Import that engagement first.", "the id of an engagement that is here"),
    ("engagement_id", "eng-0001", "orphan", "Write ENG-0001.", "the id of an engagement that is here"),
]  # fmt: skip


def test_a_fault_has_row_column_value_reason_and_accepted_values(source, staff):
    """Of one file, whose rows have a fault each."""
    sent = [
        TASK | {"task_id": f"T-{at}"} | {column: value}
        for at, (column, value, *_) in enumerate(FAULTS, start=2)
    ]
    found = faults(checked(staff, as_csv(sent), table="ps_tasks"))
    assert set(found) == set(range(2, len(FAULTS) + 2))
    for at, (column, value, reason, says, accepted) in enumerate(FAULTS, start=2):
        (fault,) = found[at]
        assert (fault["column"], fault["reason"], fault["accepted"]) == (column, reason, accepted)
        assert fault["value"] == shown(value)
        assert says in f"{fault['message']} {fault['advice']}"


BETWEEN = [
    ("contract_value", "-5", "out_of_range", "outside the range"),
    ("contract_value", '"1,250,000"', "wrong_type", "Write 1250000."),
    ("contract_value", '"12,5"', "wrong_type", "Write 12.5."),
    ("contract_value", "EUR 100", "wrong_type", "Write 100."),
    ("contract_value", "1e999", "not_finite", "not a number that can be kept"),
    ("end_date", "2026-08-01", "ends_before_start", "end_date 2026-08-01 is before start_date 2026-09-01."),
    ("team_members", "Ada and Ben", "wrong_type", "This is not a list."),
]  # fmt: skip


def test_a_fault_may_lie_between_the_file_and_what_is_here(source, staff):
    for column, value, reason, says in BETWEEN:
        fault = fault_of(
            staff,
            f"ENG-0001,Pellworth Foods,Active,{value}",
            f"engagement_id,customer_name,status,{column}",
        )
        assert (fault["column"], fault["reason"]) == (column, reason)
        assert says in f"{fault['message']} {fault['advice']}"


def test_the_bad_example_has_every_fault_with_its_row(source, staff):
    check = checked(staff, example_file("bad_tasks.csv"), "bad_tasks.csv")
    found = {row: [fault["reason"] for fault in all_] for row, all_ in faults(check).items()}
    assert found == {
        2: ["duplicate"],
        3: ["unknown_value"],
        4: ["not_a_date"],
        5: ["not_a_date", "not_a_date"],
        6: ["out_of_range"],
        7: ["wrong_type"],
        8: ["wrong_type"],
        9: ["missing"],
        10: ["missing"],
        11: ["orphan"],
        12: ["orphan"],
        14: ["too_many_cells"],
        15: ["too_few_cells"],
        16: ["unknown_value"],
        17: ["not_a_date"],
    }
    assert (check.created, check.rejected) == (1, 15)
    text = " ".join(staff.get(f"/settings/import/{check.pk}?page=2").text.split())
    assert "14 <span" not in text  # only rows after a line break in a cell name their line
    assert '14<span class="sub">line 15</span>' in text
    assert "<code>baseline_enddate</code> (is it <code>baseline_end_date</code>?" in text


def test_other_bad_examples_are_rejected_row_by_row_or_as_a_whole(source, staff):
    check = checked(staff, example_file("bad_engagements.csv"))
    assert [row[0]["reason"] for row in faults(check).values()] == [
        "ends_before_start", "wrong_type", "out_of_range", "wrong_type", "not_a_date",
    ]  # fmt: skip
    ImportCheck.objects.all().delete()
    text = refused(staff, example_file("bad_header.csv"))
    assert "The column engagement_id is there twice: engagement id and Engagement-ID." in text
    assert "The required column status is missing." in text
    assert "Rename statuss to status." in text


def test_of_two_rows_with_one_id_the_newer_is_taken_and_the_other_named(source, staff):
    head = f"{HEAD},updated_at"
    rows = ["T-2,ENG-0001,Newer,Blocked,2026-10-02", "T-2,ENG-0001,Older,Blocked,2026-10-01"]
    check = checked(staff, "\n".join([head, *rows]))
    (fault,) = faults(check)[3]
    assert fault["message"].startswith("Row 2 has the same id")
    confirm(staff, check)
    assert Task.objects.get(pk="T-2").name == "Newer"


def test_a_cell_is_shown_short_and_harmless(source, staff):
    check = checked(staff, f'{HEAD}\nT-2,ENG-0001,A,"<script>{"x" * 200}\u202e\u0007"\n')
    page = staff.get(f"/settings/import/{check.pk}").text
    assert "<script>x" not in page
    assert "&lt;script&gt;" in page
    assert "x" * 100 not in page
    assert shown("a\u202eb\u0007\n") == "a\\u202eb\\u0007⏎"


# The file ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "content",
    [
        f"{HEAD}\nT-2,ENG-0001,Größe,Blocked\n".encode(),
        f"\ufeff{HEAD}\r\nT-2,ENG-0001,Größe,Blocked\r\n".encode(),
        f"{HEAD}\nT-2,ENG-0001,Größe,Blocked\n".encode("utf-16"),
        f"\ufeff{HEAD}\nT-2,ENG-0001,Größe,Blocked\n".encode("utf-16-be"),
        f"{HEAD}\nT-2,ENG-0001,Größe,Blocked".replace(",", ";").encode(),
        f"\n\n{HEAD}\n\nT-2,ENG-0001,Größe,Blocked\n".replace(",", "\t").encode(),
        b'[{"Task ID": "T-2", "engagement_id": "ENG-0001", "NAME": "Gr\xc3\xb6\xc3\x9fe", "status": "Blocked"}]',
        b'{"task_id": "T-2", "engagement_id": "ENG-0001", "name": "Gr\xc3\xb6\xc3\x9fe", "status": "Blocked"}\n',
        f"\ufeff{json.dumps([TASK | {'task_id': 'T-2', 'name': 'Größe'}])}".encode("utf-16-le"),
    ],
    ids=["utf8", "bom", "utf16", "utf16be", "semicolons", "tabs", "json", "lines", "json16"],
)  # fmt: skip
def test_a_file_is_read_in_every_form_it_may_have(source, staff, content):
    confirm(staff, checked(staff, content))
    assert Task.objects.get(pk="T-2").name == "Größe"


REFUSED = [
    (b"", "The file is empty."),
    (b" \n\n", "The file is empty."),
    (b",,,\n,,\n", "The columns are those of no table."),
    (HEAD.encode(), "The file has a header and no rows."),
    (b"a,b\n1,2\n", "The columns are those of no table."),
    (f"{HEAD}\nT-2,ENG-0001,Gr\xf6sse,Blocked\n".encode("latin-1"), "Line 2, byte 16 (0xF6) is not UTF-8 text."),
    (b"PK\x03\x04rest", "This is a workbook of a spreadsheet"),
    (f'{HEAD}\nT-2,ENG-0001,"never closed,Blocked\n'.encode(), "Row 2 has a quotation mark that is never closed."),
    (f'{HEAD}\nT-2,ENG-0001,"mid"dle,Blocked\n'.encode(), "Row 2 has a quotation mark out of place."),
    (f"{HEAD}\nT-2,ENG-0001,{'x' * 140_000},Blocked\n".encode(), "Row 2 has a cell of more than 131,072 characters"),
    (b"[1, 2", "The file, line 1: the file ends in the middle of a list."),
    (b'[{"task_id": }]', "The file, line 1: not JSON"),
    ((",".join(f"c{n}" for n in range(201)) + "\n1\n").encode(), "more than 200 columns"),
    (f"{HEAD}\n".encode() + b"T,E,N,S\n" * 50_001, "More than 50,000 rows."),
    (f"{HEAD}\n".encode() + b"T,E,N,S\n" * 5_001, "More than 5,000 rows cannot be taken."),
]  # fmt: skip


def test_what_stops_a_whole_file_is_said_with_its_place(source, staff):
    before = state()
    for content, says in REFUSED:
        assert says in refused(staff, content)
    assert state() == before


def test_a_file_beyond_the_limit_is_not_even_stored(source, staff):
    answer = upload(staff, b"x" * (reading.LARGEST + 1))
    assert answer.status_code == 422
    assert "The file is larger than 20 MB." in answer.text
    assert not ImportCheck.objects.exists()


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "Choose a file, or paste its text."),
        ({"text": HEAD, "file": SimpleUploadedFile("a.csv", b"x")}, "not both"),
        ({"text": HEAD, "table": "auth_user"}, "Select a valid choice"),
    ],
)
def test_a_form_that_is_not_filled_in_says_what_is_missing(source, staff, sent, says):
    answer = staff.post("/settings/import/check", sent)
    assert answer.status_code == 422
    assert says in answer.text


def test_rows_can_be_pasted(source, staff):
    text = f"{HEAD}\nT-2,ENG-0001,Pasted,Blocked\n".replace(",", "\t")
    answer = staff.post("/settings/import/check", {"text": text}, headers=HTMX)
    assert answer.status_code == 200
    assert answer.text.strip().startswith('<div class="c10 stack" id="import">')
    assert "1 row ready, 0 rejected." in answer.text
    assert answer["HX-Push-Url"] == f"/settings/import/{ImportCheck.objects.get().pk}"


def test_a_quoted_line_break_keeps_the_numbers_of_rows(source, staff):
    text = f'{HEAD}\nT-2,ENG-0001,"two\n\nlines",Blocked\n\nT-3,ENG-0001,,Blocked\n'
    check = checked(staff, text)
    row = check.rejects.get()
    assert (row.row, row.line) == (4, 6)


def test_json_keeps_its_kinds_and_an_object_is_wanted(source, staff):
    rows = [TASK | {"task_id": "T-2", "is_milestone": True, "progress_percent": 5.0}, 7, {}]
    check = checked(staff, json.dumps(rows), table="ps_tasks")
    found = {row: [fault["reason"] for fault in all_] for row, all_ in faults(check).items()}
    assert found == {2: ["not_an_object"], 3: ["missing"] * 4}
    confirm(staff, check)
    assert Task.objects.get(pk="T-2").progress_percent == 5

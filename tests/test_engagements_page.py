"""The list of engagements: filtered, sorted and paged, all of it in the address."""

from __future__ import annotations

import re

import pytest

from engagements.columns import COLUMNS
from engagements.saved import VIEWS
from tests.factories import days, make_engagement, signed_in

pytestmark = pytest.mark.django_db
ROW = re.compile(r'<tr data-row>\s*<td><a class="name clip" href="/engagements/([^"]+)"')


@pytest.fixture
def show():
    client = signed_in("ines", first_name="Ines", last_name="Moreau")
    return lambda query="", **headers: client.get(f"/engagements{query}", headers=headers).text


@pytest.fixture
def listed(show):
    """Ids of the rows that the list shows for a query, in their order."""
    return lambda query="": ROW.findall(show(query))


def test_without_data_the_first_steps_are_shown(show):
    assert "Set up PS Insights" in show()


def test_the_worst_health_comes_first_and_the_unscored_last(listed):
    for key, score in (("A", 70), ("B", 12), ("C", None), ("D", 55)):
        make_engagement(engagement_id=key, standing={"health": score})
    assert listed() == ["B", "D", "A", "C"]


def test_a_click_sorts_and_a_second_one_turns_it_round(listed, show):
    for key, name in (("1", "Beta"), ("2", "Alpha"), ("3", "Gamma")):
        make_engagement(engagement_id=key, customer_name=name)
    assert listed("?sort=name") == ["2", "1", "3"]
    assert listed("?sort=-name") == ["3", "1", "2"]
    text = show("?sort=name")
    assert 'aria-sort="ascending"><a href="?sort=-name"' in text
    assert "sorted by engagement, lowest first" in text


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.key)
def test_every_column_sorts_both_ways_with_the_unknown_last(listed, column):
    values = {
        "customer_name": ("Ana", "Zoe"),
        "status": ("Active", "On Hold"),
        "owner_name": ("Ana", "Zoe"),
        "end_date": (days(1), days(9)),
        "standing__next_milestone_on": (days(1), days(9)),
        "standing__last_note_on": (days(-9), days(-1)),
        "standing__phase": ("Build", "Test"),
    }.get(column.field, (3, 7))
    for key, value in zip(("low", "high"), values, strict=True):
        given = {column.field.removeprefix("standing__"): value}
        standing = given if column.field.startswith("standing__") else {}
        make_engagement(engagement_id=key, standing=standing, **({} if standing else given))
    assert listed(f"?sort={column.key}") == ["low", "high"]
    assert listed(f"?sort=-{column.key}") == ["high", "low"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=HALDEN", ["H"]),
        ("?q=eng-77", ["ENG-77"]),
        ("?q=governance", ["H"]),
        ("?q=rhea", ["ENG-77"]),
        ("?q=halden%20nobody", []),
        ("?q=halden%20gov", ["H"]),
        ("?status=On%20Hold", ["ENG-77"]),
        ("?status=open", ["H", "ENG-77"]),
        ("?health=critical", ["H"]),
        ("?phase=Build", ["H"]),
        ("?type=Data%20Governance", ["H"]),
        ("?owner=Rhea%20V.", ["ENG-77"]),
        ("?ends=past", ["ENG-77"]),
        ("?ends=7", ["H"]),
        ("?after=2026-11-19&before=2026-11-30", ["H"]),
        ("?health=critical&phase=Build&q=halden", ["H"]),
        ("?health=critical&status=On%20Hold", []),
    ],
)
def test_filters_narrow_the_list(listed, query, found):
    make_engagement(
        engagement_id="H",
        customer_name="Halden Freight",
        engagement_type="Data Governance",
        end_date=days(5),
        standing={"band": "critical", "health": 20, "phase": "Build"},
    )
    make_engagement(
        engagement_id="ENG-77", status="On Hold", owner_name="Rhea V.", end_date=days(-5)
    )
    make_engagement(
        engagement_id="old", status="Completed", start_date=days(-200), end_date=days(-90)
    )
    assert [key for key in listed(query) if key != "old"] == found


def test_each_view_counts_and_holds_the_same_engagements(listed, show):
    make_engagement(
        engagement_id="mine", owner_name="Ines Moreau", standing={"last_note_on": days(-1)}
    )
    make_engagement(
        engagement_id="bad",
        end_date=days(10),
        standing={
            "band": "critical",
            "health": 20,
            "delta_7d": -9,
            "heaviest_finding": 12.0,
            "milestones_late": 1,
            "contradiction": "Reported 90, records give 20.",
        },
    )
    text = show()
    for view in VIEWS:
        held = listed(f"?view={view.key}")
        assert held == (["mine"] if view.key == "mine" else ["bad"]), view.key
        assert re.search(
            rf'view={view.key}"[^>]*>{re.escape(view.label)} <span class="t3">1</span>', text
        )


def test_pages_keep_the_filters(show, listed):
    for _ in range(30):
        make_engagement(customer_name="Halden Freight")
    assert len(listed("?q=halden")) == 25
    assert len(listed("?q=halden&page=2")) == 5
    text = show("?q=halden&sort=-name")
    assert 'href="?q=halden&amp;sort=-name&amp;page=2"' in text
    assert "1–25 of 30" in text


def test_a_page_too_far_is_the_last_one(listed):
    for _ in range(26):
        make_engagement()
    assert len(listed("?page=99")) == 1


def test_no_match_says_why_and_how_to_widen(show):
    make_engagement()
    text = show("?q=nobody&health=critical")
    assert "No engagements match" in text
    assert "Search: nobody, Health: Critical." in text
    assert 'href="?health=critical"' in text


def test_a_value_that_is_none_of_the_known_matches_nothing_and_says_so(show, listed):
    make_engagement()
    assert listed("?status=Nonsense") == []
    assert "Status: that is none of the values it can have" in show("?status=Nonsense")


def test_dates_that_cannot_match_are_explained(show):
    make_engagement()
    assert "is after" in show("?after=2026-12-01&before=2026-11-01")
    assert "a date looks like 2026-11-19" in show("?after=yesterday")


def test_htmx_gets_the_rows_alone_and_hears_their_number(show):
    make_engagement()
    part = show("", HX_Request="true")
    assert "<html" not in part
    assert '<div id="rows">' in part
    assert "1 engagement" in part


def test_a_restored_history_entry_gets_the_whole_page(show):
    make_engagement()
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in signed_in().get("/engagements", headers=headers).text


def test_the_fragment_and_the_page_are_told_apart_by_caches():
    assert "HX-Request" in signed_in().get("/engagements")["Vary"]


def test_the_order_and_the_view_stay_when_one_filters(show):
    make_engagement(standing={"delta_7d": -9})
    text = show("?view=dropped&sort=-name")
    assert '<input type="hidden" form="filters" name="view" value="dropped">' in text
    assert '<input type="hidden" form="filters" name="sort" value="-name">' in text


def test_an_owner_beyond_the_menu_stays_chosen(show):
    make_engagement(owner_name="Ines M.")
    assert '<option value="Gone Away" selected>Gone Away</option>' in show("?owner=Gone+Away")


def test_the_list_works_as_a_plain_form(show):
    make_engagement()
    text = show()
    assert re.search(r'<form[^>]* action="/engagements"', text)
    assert "<noscript><button" in text


def test_why_an_engagement_has_no_score_stands_in_its_row(show):
    make_engagement(
        status="On Hold", standing={"health": None, "band": "unknown", "state": "on_hold"}
    )
    assert "</svg>On hold</span>" in show()

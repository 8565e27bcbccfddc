"""The page of one engagement: its score with its working, its plan, what happened, its use."""

from __future__ import annotations

import re

import pytest

from engagements.models import Standing
from engagements.timeline import SIZE
from tests.factories import (
    DAY,
    assess_rows,
    days,
    make_engagement,
    make_event,
    make_note,
    make_task,
    make_usage,
    moment,
    signed_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def row():
    return make_engagement(engagement_id="ENG-0142", customer_name="Halden Freight")


@pytest.fixture
def show(row):
    client = signed_in()
    return lambda query="", **headers: (
        client.get(f"/engagements/{row.pk}{query}", headers=headers).text
    )


@pytest.fixture
def scored(row):
    """An engagement behind its plan, with a late milestone and a blocked task."""
    for number in range(4):
        make_task(row, task_id=f"T-{number}", progress_percent=10, start_date=days(-50))
    make_task(row, task_id="M-03", name="Pilot cut-over", is_milestone=True, end_date=days(-12))
    make_task(row, task_id="T-9", name="Lane tests", status="Blocked", end_date=days(-3))
    make_note(row, note_id="N-14", created_at=moment(days(-3)))
    make_usage(row)
    row.health_score = 90
    row.save()
    return assess_rows(row)


def test_each_signal_shows_its_value_its_threshold_and_the_points_lost(show, scored):
    text = show()
    for signal in scored.detail["signals"]:
        assert signal["title"] in text
        assert (signal["missing"] or "full points") in text.replace("&#x27;", "'")
    assert "Overdue work" in text
    assert f'<td class="num">{scored.detail["raw_score"]} <span' in text


def test_the_points_shown_add_up_to_the_score(show, scored):
    earned = re.findall(
        r'<td class="num">(\d+) <span class="t3">/ \d+</span></td><td class="num"><span', show()
    )
    assert sum(map(int, earned)) == scored.detail["raw_score"]


def test_a_signal_links_to_the_records_behind_it(show, scored):
    text = show()
    assert 'href="?at=M-03#M-03">M-03<' in text
    assert '<tr id="M-03"' in text


def test_the_lever_is_named(show, scored):
    assert scored.detail["lever"]["sentence"] in show()


def test_a_cap_is_named_with_its_ceiling(row, show):
    row.start_date, row.end_date = days(-90), days(-2)
    row.save()
    for _ in range(3):
        make_task(row, progress_percent=95, start_date=days(-60), end_date=days(3))
    make_note(row)
    reading = assess_rows(row)
    text = show()
    assert reading.detail["caps"]
    for cap in reading.detail["caps"]:
        assert f"Cap at {cap['ceiling']}" in text
        assert cap["sentence"] in text


def test_a_contradiction_shows_both_sides(show, scored):
    text = show()
    assert "Report and records disagree." in text
    assert "health score of 90" in text


def test_an_unscored_engagement_says_what_is_missing(row, show):
    reading = assess_rows(row)
    assert reading.score is None
    text = show()
    assert "too little data for a score" in text
    for told in reading.detail["missing"]:
        assert told in text


@pytest.mark.parametrize(
    ("status", "word"),
    [("On Hold", "On hold"), ("Not Started", "Not started"), ("Completed", "Completed")],
)
def test_what_is_not_under_way_is_shown_as_such(row, show, status, word):
    row.status = status
    row.save()
    assess_rows(row)
    assert f"<h3>{word}</h3>" in show()


def test_history_is_a_chart_with_its_numbers_beside(row, show):
    Standing.objects.filter(pk=row.pk).update(
        weekly=[None] * 9 + [78, 64, 53], health=53, band="warning"
    )
    text = show()
    assert "it fell from 78 to 53, between 53 and 78" in text
    assert '<th scope="row">19 Nov</th><td class="num">53</td>' in text
    assert '<th scope="row">17 Sep</th><td class="num">–</td>' in text


def test_one_reading_is_no_history(row, show):
    Standing.objects.filter(pk=row.pk).update(weekly=[None] * 11 + [53])
    assert "Score by week" not in show()


def test_tasks_come_latest_first_with_their_state_in_words(row, show):
    make_task(row, name="Due later", end_date=days(5), status="Not Started")
    make_task(row, name="Very late", end_date=days(-12), status="Blocked")
    make_task(row, name="Finished", status="Completed", baseline_end_date=days(2), end_date=days(9))
    text = show()
    assert text.index("Very late") < text.index("Due later") < text.index("Finished")
    assert "Blocked, 12 days late" in text
    assert "1 overdue, 2 open, 1 done" in text
    assert "moved by 7 days" in text


def test_a_long_plan_is_cut_until_all_of_it_is_asked_for(row, show):
    for number in range(60):
        make_task(row, task_id=f"T-{number:03d}", end_date=days(number + 1))
    assert 'id="T-059"' not in show()
    assert "Show all 60 tasks" in show()
    assert 'id="T-059"' in show("?tasks=all")
    make_task(row, task_id="T-DONE", status="Completed")
    assert "Show all 61 tasks, 1 of them done" in show()
    assert 'id="T-DONE"' not in show()
    assert 'id="T-DONE"' in show("?at=T-DONE")
    assert 'id="T-059"' in show("?at=T-059")


def test_the_timeline_tells_what_happened_newest_first(row, show):
    make_note(
        row,
        note_id="N-1",
        created_at=moment(days(-9)),
        content="Kick-off went well.",
        sentiment="positive",
    )
    make_task(row, name="Sign-off", is_milestone=True, end_date=days(-5))
    make_event(row, day=days(-3), reason="Fell from 70 to 55.")
    make_note(row, note_id="N-2", created_at=moment(days(-1)), content="Access is still missing.")
    text = show()
    timeline = text[text.index('id="timeline"') :]
    places = [
        timeline.index(words)
        for words in ("Access is still", "Fell from 70", "Milestone missed: Sign-off", "Kick-off")
    ]
    assert places == sorted(places)
    assert "Positive" in timeline


@pytest.mark.parametrize(
    ("kind", "shown", "hidden"),
    [
        ("notes", "Access is still", "Milestone missed"),
        ("milestones", "Milestone missed", "Access is still"),
        ("health", "Fell from 70", "Access is still"),
        ("insights", "no entries of this kind", "Access is still"),
    ],
)
def test_the_timeline_can_be_narrowed_to_a_kind(row, show, kind, shown, hidden):
    make_note(row, content="Access is still missing.")
    make_task(row, is_milestone=True, end_date=days(-5))
    make_event(row)
    text = show(f"?timeline={kind}")
    timeline = text[text.index('id="tl"') :]
    assert shown in timeline
    assert hidden not in timeline


def test_a_note_of_tomorrow_has_not_happened(row, show):
    make_note(row, content="Written later.", created_at=moment(days(1)))
    assert "Written later." not in show()


@pytest.fixture
def forty_notes(row):
    for number in range(40):
        make_note(row, note_id=f"N-{number:02d}", created_at=moment(days(-number)))


def test_earlier_entries_are_a_link_away(forty_notes, show):
    assert show().count('<li id="N-') == SIZE
    assert "Show earlier entries" in show()
    assert f'id="N-{SIZE + 1:02d}"' in show("?entries=2")
    last = f"?entries={40 // SIZE}"
    assert "Show later entries" in show(last)
    assert "Show earlier entries" not in show(last)


def test_a_cited_note_far_back_is_shown_on_its_page(forty_notes, show):
    assert 'id="N-37"' not in show()
    assert 'id="N-37"' in show("?at=N-37")
    assert 'id="N-37"' in show("?timeline=milestones&at=N-37")


def test_a_long_note_is_cut_and_its_own_address_shows_all_of_it(row, show):
    make_note(row, note_id="N-1", content="word " * 400 + "the very end")
    assert "the very end" not in show()
    assert "Read all of it" in show()
    assert "the very end" in show("?at=N-1")


def test_htmx_gets_the_part_it_swaps(row, show):
    make_note(row)
    part = show("?timeline=notes", HX_Request="true", HX_Target="tl")
    assert "<html" not in part
    assert 'id="timeline"' in part
    assert 'id="tasks"' in show("", HX_Request="true", HX_Target="tasks")


def test_use_is_counted_over_four_weeks_and_missing_counts_are_one_run(row, show):
    make_usage(row, execution_count=None)
    make_usage(row, execution_count=7, execution_date=days(-20))
    make_usage(row, execution_count=50, execution_date=days(-40))
    make_usage(row, notebook_name="of_tomorrow", execution_date=days(1))
    text = show()
    assert re.search(r'cost_model_v2</td>.*?<td class="num">8</td>', text)
    assert "of_tomorrow" not in text


def test_an_engagement_without_rows_says_so_everywhere(show):
    text = show()
    for words in ("No tasks", "Nothing here yet", "No notebook runs"):
        assert words in text


def test_notes_and_names_with_markup_are_text(row, show):
    make_note(row, content="<img src=x onerror=alert(1)>")
    make_task(row, name="<b>bold</b>")
    text = show()
    assert "<img src=x" not in text
    assert "<b>bold</b>" not in text


@pytest.mark.parametrize("key", ["A/B", "A B", "Ü-1", "100%", "a#b?c"])
def test_any_id_a_source_may_give_has_a_page(key):
    row = make_engagement(engagement_id=key, customer_name="Odd one")
    make_note(row, note_id="N 1/2")
    client = signed_in()
    listed = client.get("/engagements").text
    link = re.search(r'class="name clip" href="([^"]+)"', listed).group(1)
    answer = client.get(link)
    assert answer.status_code == 200
    assert "Odd one" in answer.text


def test_an_unknown_engagement_is_named_in_the_404(row):
    answer = signed_in().get("/engagements/ENG-9999")
    assert answer.status_code == 404
    assert "There is no engagement ENG-9999 in the data." in answer.text


def test_the_page_says_of_which_day_its_data_is(show):
    assert f"Data as of {DAY.day} Nov 2026 from JSON files" in show()

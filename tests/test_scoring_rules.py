"""The rules of scoring: who may change them, what a preview says, and that versions count forward."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import close_old_connections, connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import assume, given
from hypothesis import settings as quickly
from hypothesis import strategies as st

from connectors import schedule
from engagements import readings, scoring, scoring_runs
from engagements.eras import Era, Eras, Past, judge, linked
from engagements.health import Band, Facts, Health, Scale, assess
from engagements.health_model import RULES, SIGNALS, Rules
from engagements.models import (
    Engagement,
    HealthEvent,
    HealthReading,
    ScoringPreview,
    ScoringRules,
    Standing,
    Task,
)
from engagements.scoring_forms import RulesForm, values_of
from engagements.scoring_preview import WORST_FIRST, compare, preview
from engagements.scoring_rules import Unchangeable
from insights.dossier import assemble
from psinsights.jobs import JOBS
from psinsights.models import AuditEntry
from tests.conftest import loaded_models
from tests.exports import engagement, load, note, task, usage, write
from tests.factories import make_engagement, make_reading, signed_in
from tests.test_health_properties import AS_OF, RUNNING, some_facts

pytestmark = pytest.mark.django_db
DAY = date(2026, 10, 15)
PAGE, PREVIEW, SAVE = (f"/settings/scoring{end}" for end in ("", "/preview", "/save"))
LATE = {"schedule_weight": 4, "overdue_weight": 25, "blockers_weight": 25, "flow_weight": 14}
KIND = [HealthReading, HealthEvent, Standing, ScoringRules, ScoringPreview, AuditEntry]


@pytest.fixture
def portfolio(tmp_path, settings):
    """Seven engagements, from well to late, one on hold and one about which nobody knows enough."""
    settings.TODAY = str(DAY)
    done = {"status": "Completed", "progress_percent": 100}
    tasks, notes = [], []
    for number in range(1, 6):
        for at in range(4):
            key = number * 10 + at
            ends = DAY + timedelta(days=at * 12 - number * 5)
            state = done if at < 2 and number < 4 else {}
            tasks.append(task(key, number, end_date=str(ends), **state))
        notes.append(note(number, number, created_at=str(DAY - timedelta(days=number * 4))))
    rows = [engagement(number) for number in range(1, 6)]
    rows += [engagement(6, status="On Hold"), engagement(7, start_date=None, end_date=None)]
    where = write(
        tmp_path / "set",
        engagements=rows,
        tasks=tasks,
        delivery_notes=notes,
        notebook_usage=[usage(1)],
    )
    once(lambda: load(where))


_loaded: dict[type[models.Model], list[dict[str, Any]]] = {}


def once(fill: Callable[[], object]) -> None:
    """Fill the tables; after the first time by copying what came of it."""
    if not _loaded:
        fill()
        _loaded.update({kind: list(kind._default_manager.values()) for kind in loaded_models()})
        return
    for kind, rows in _loaded.items():
        kind._default_manager.bulk_create(kind(**row) for row in rows)


@pytest.fixture
def staff(db):
    return signed_in("admin", is_staff=True)


def fields(seen: int = 1, start: Rules = RULES, **given: Any) -> dict[str, Any]:
    return values_of(start) | {"seen": seen} | given


def rules_with(**given: Any) -> Rules:
    form = RulesForm(fields(**given), start=RULES, seen=1)
    assert form.is_valid(), form.errors
    return form.rules()


def save(rules: Rules, seen: int = 1, day: date = DAY, reason: str = "To see it") -> ScoringRules:
    return scoring.save(rules, seen=seen, reason=reason, user=AnonymousUser(), day=day)


def everything() -> dict[type[models.Model], list[dict[str, Any]]]:
    return {kind: list(kind.objects.order_by("pk").values()) for kind in KIND}


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


# Reading and refusing ────────────────────────────────────────────────────────


def test_everybody_may_read_the_rules_and_only_staff_may_change_them(portfolio):
    other = signed_in("consultant")
    text = words(other.get(PAGE).text)
    assert "Only staff may change them" in text
    assert "Version 1 is in force: it is what the product comes with" in text
    assert "At most 49 when the end date is past" in text
    assert "<input" not in other.get(PAGE).text.split('id="weights"')[1].split("</main>")[0]
    for address in (PREVIEW, SAVE):
        assert other.post(address, fields(**LATE, reason="I would like to")).status_code == 403
    assert other.get(f"{PREVIEW}/1").status_code == 403
    assert not ScoringRules.objects.exists()


def test_a_stranger_is_asked_to_sign_in(db):
    assert Client().get(PAGE).status_code == 302
    assert Client().post(SAVE, fields(**LATE)).status_code == 302


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"schedule_weight": 30}, "Schedule: no signal may weigh more than 25 %"),
        ({"schedule_weight": 23}, "The weights add up to 99 %, and must to exactly 100 %: add 1."),
        ({"effort_weight": 9}, "add up to 103 %, and must to exactly 100 %: take 3 away."),
        ({"usage_weight": -1}, "Notebook use: a weight is at least 0, which is off."),
        ({"flow_weight": "a lot"}, "Work in flow: write the weight as a whole number"),
        ({"flow_weight": "12.5"}, "Work in flow: write the weight as a whole number"),
        ({"flow_weight": ""}, "Work in flow: write the weight as a whole number"),
        ({"flow_weight": "9" * 5000}, "Work in flow: write the weight as a whole number"),
        ({"overdue_full": "soon"}, "Overdue work: write where all points are had as a number."),
        ({"overdue_zero": "inf"}, "Overdue work: write where no points are had as a number."),
        ({"overdue_zero": "nan"}, "Overdue work: write where no points are had as a number."),
        ({"overdue_zero": 400}, "Overdue work: no points must be between 0 and 365 (days"),
        ({"contact_full": 1.5}, "Contact: all points must be at a whole number (days"),
        (
            {"schedule_full": 0.5},
            "Schedule: all points must be had above the value that earns none",
        ),
        ({"overdue_full": 28}, "Overdue work: all points must be had below the value that earns"),
        ({"schedule_full": 0.601}, "Schedule: all points must be had above the value"),
        ({"usage_full": -80}, "You gave all at -80 and none at -60."),
        ({"warning_from": 75}, "You gave Watch from 75 and On track from 75."),
        ({"warning_from": 0}, "Watch must start above 0 and below On track"),
        ({"healthy_from": 101}, "On track at 100 at most"),
        ({"healthy_from": "x"}, "On track from: write a whole number, like 75."),
        ({"seen": ""}, "The form does not say which version you looked at"),
    ],
)
def test_bad_rules_are_refused_with_a_sentence_and_kept_in_the_form(staff, given, sentence):
    for address in (PREVIEW, SAVE):
        answer = staff.post(address, fields(reason="Because of it", **given))
        assert answer.status_code == 422
        assert sentence in words(answer.text)
    assert not ScoringRules.objects.exists()
    if "seen" not in given:
        value = str(next(iter(given.values())))
        assert f'value="{value}"' in answer.text


@pytest.mark.parametrize("reason", ["", "   ", "why", "x" * 301])
def test_a_version_needs_a_reason(staff, reason):
    answer = staff.post(SAVE, fields(**LATE, reason=reason))
    assert answer.status_code == 422
    assert "Say i" in answer.text
    assert not ScoringRules.objects.exists()


def test_rules_that_are_in_force_already_are_not_saved_again(staff):
    answer = staff.post(SAVE, fields(reason="Nothing new"))
    assert answer.status_code == 422
    assert "These rules are in force already, as version 1" in answer.text
    assert "there is nothing to save" in staff.post(PREVIEW, fields()).text


def test_a_version_is_never_changed(db):
    row = save(rules_with(**LATE))
    row.reason = "Another"
    with pytest.raises(Unchangeable):
        row.save()


def test_caps_follow_the_lines_they_hold_under():
    rules = rules_with(warning_from=40, healthy_from=80)
    ceilings = rules.overrun_ceiling, rules.late_milestones_ceiling, rules.old_blocker_ceiling
    assert ceilings == (39, 39, 79)
    assert (RULES.overrun_ceiling, RULES.old_blocker_ceiling) == (49, 74)


# Preview ─────────────────────────────────────────────────────────────────────


def test_a_preview_writes_nothing(portfolio, staff):
    before = everything()
    answer = staff.post(PREVIEW, fields(**LATE))
    assert answer.status_code == 200
    assert "of 7 engagements change band" in answer.text
    assert everything() == before


def test_a_preview_tells_who_changes_band_from_what_to_what(portfolio, staff):
    outcome = preview(rules_with(**LATE), as_of=DAY, engagements=Engagement.objects.all())
    assert outcome.total == sum(outcome.cells.values()) == 7
    assert outcome.in_band(Band.UNKNOWN, after=False) == outcome.unscored == 2
    assert outcome.turned == sum(
        outcome.count(a, b) for a in WORST_FIRST for b in WORST_FIRST if a is not b
    )
    assert outcome.turned == len(outcome.changes) > 0
    text = words(staff.post(PREVIEW, fields(**LATE)).text)
    assert f"Preview: {outcome.turned} of 7 engagements change band" in text
    assert f"of {outcome.compared} scored by both" in text
    assert "Schedule, weight 24 % → 4 %" in text
    for one in outcome.changes:
        assert one.customer in text
        assert one.reason[:60] in text


def test_of_many_changes_the_page_shows_some_and_says_of_how_many(settings, staff):
    settings.TODAY = str(DAY)
    yesterday = DAY - timedelta(days=1)
    for number in range(60):
        row = make_engagement(start_date=DAY - timedelta(days=90), end_date=DAY + timedelta(days=9))
        make_reading(row, yesterday, score=40, band="critical")
        Task.objects.bulk_create(
            Task(
                task_id=f"{row.pk}-{at}", engagement=row, name="x", status="In Progress",
                start_date=DAY - timedelta(days=50), end_date=DAY + timedelta(days=3 * at - 5),
                progress_percent=number,
            )
            for at in range(3)
        )  # fmt: skip
    answer = staff.post(PREVIEW, fields(healthy_from=2, warning_from=1))
    assert "The first 50 of 6" in answer.text
    assert "The first 10 of" not in answer.text
    assert len(answer.content) < 60_000


def test_a_preview_counts_a_fixed_number_of_queries(portfolio, staff):
    def cost() -> int:
        staff.post(PREVIEW, fields(**LATE))
        with CaptureQueriesContext(connection) as queries:
            staff.post(PREVIEW, fields(**LATE))
        return len(queries)

    few = cost()
    for _ in range(20):
        make_engagement()
    readings.recompute(as_of=DAY)
    assert cost() == few
    with CaptureQueriesContext(connection) as queries:
        staff.get(PAGE)
    assert len(queries) <= 8


def test_the_page_stays_within_its_queries_with_many_versions(portfolio, staff):
    for number in range(1, 26):
        weight = {"effort_weight": number % 2 * 2 + 4, "usage_weight": 8 - number % 2 * 2}
        save(rules_with(**weight), seen=number)
    with CaptureQueriesContext(connection) as queries:
        text = staff.get(PAGE).text
    assert len(queries) <= 8
    assert "26 versions" in text
    assert text.count(">Go back<span") == 9
    older = staff.get(re.search(r'href="(\?versions=\d+)#', text).expand(rf"{PAGE}\1")).text
    assert "from=16" in older
    oldest = staff.get(f"{PAGE}?versions=6").text
    assert "What the product comes with." in oldest
    assert staff.get(f"{PAGE}?versions=x").status_code == 200


WEIGHTS = st.permutations([25, 20, 15, 12, 12, 8, 8, 0])


@st.composite
def some_rules(draw: Any) -> dict[str, Any]:
    """Valid fields of any kind: weights in any order, thresholds moved, other lines."""
    given = {f"{key}_weight": w for key, w in zip(SIGNALS, draw(WEIGHTS), strict=True)}
    given["overdue_zero"] = draw(st.integers(1, 60))
    given["contact_zero"] = draw(st.integers(6, 60))
    given["schedule_full"] = draw(st.sampled_from([0.7, 0.95, 1.2]))
    given["warning_from"] = draw(st.integers(20, 60))
    given["healthy_from"] = draw(st.integers(given["warning_from"] + 1, 100))
    return given


def test_what_a_preview_says_is_what_saving_gives(portfolio):
    """For every engagement, version upon version, whatever the rules."""
    seen = 1

    @quickly(max_examples=10, deadline=None, derandomize=True)
    @given(some_rules())
    def holds(given: dict[str, Any]) -> None:
        nonlocal seen
        rules = rules_with(**given)
        told = {
            one.engagement_id: (one.after, one.band_after, one.reason)
            for one in compare(rules, as_of=DAY, engagements=Engagement.objects.all())
        }
        assume(rules != scoring.in_force().rules)
        save(rules, seen=seen)
        seen += 1
        assert sum(readings.refresh(as_of=DAY)) == 7
        after = Standing.objects.values_list("pk", "health", "band", "reason")
        assert told == {key: (score, Band(band), why) for key, score, band, why in after}

    holds()
    assert seen > 8


def test_a_preview_compares_with_the_rules_in_force_where_a_score_is_not_up_to_date(portfolio):
    Task.objects.filter(engagement="ENG-1").update(status="Blocked")
    Engagement.objects.filter(pk="ENG-1").update(unassessed=True)
    same = list(compare(RULES, as_of=DAY, engagements=Engagement.objects.all()))
    assert [one.change for one in same if one.change] == []
    assert not any(one.turned for one in same)


def test_a_large_preview_is_the_workers_and_says_the_same(portfolio, staff):
    admin = staff.get(PAGE).wsgi_request.user
    rules = rules_with(**LATE)
    run = scoring_runs.ask(rules, seen=1, as_of=DAY, user=admin)
    address = f"{PREVIEW}/{run.pk}"
    waiting = staff.get(address).text
    assert "0 of 7 engagements scored with the proposed rules" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    before = everything()
    assert scoring_runs.perform_preview()
    assert {k: v for k, v in everything().items() if k is not ScoringPreview} == {
        k: v for k, v in before.items() if k is not ScoringPreview
    }
    done = staff.get(address, headers={"HX-Request": "true"}).text
    at_once = preview(rules, as_of=DAY, engagements=Engagement.objects.all())
    run.refresh_from_db()
    assert scoring_runs.outcome_of(run) == at_once
    assert f"Preview: {at_once.turned} of 7 engagements change band" in words(done)
    assert "Save version 2" in done
    assert not scoring_runs.perform_preview()


def test_only_the_newest_wish_for_a_preview_is_computed_and_others_see_none(portfolio, staff):
    admin = staff.get(PAGE).wsgi_request.user
    first = scoring_runs.ask(rules_with(**LATE), seen=1, as_of=DAY, user=admin)
    scoring_runs.ask(rules_with(healthy_from=90), seen=1, as_of=DAY, user=admin)
    assert "another preview was asked for" in staff.get(f"{PREVIEW}/{first.pk}").text
    assert signed_in("second", is_staff=True).get(f"{PREVIEW}/{first.pk}").status_code == 404


# Saving ──────────────────────────────────────────────────────────────────────


def test_saving_makes_a_version_scores_today_by_it_and_is_noted(portfolio, staff):
    answer = staff.post(SAVE, fields(**LATE, reason="Late work tells most"), follow=True)
    text = words(answer.text)
    assert "Version 2 is saved, and 7 engagements scored by it." in text
    assert "Version 2 is in force, saved by admin" in text
    row = ScoringRules.objects.get()
    assert (row.version, row.effective_on, row.saved_by.username) == (2, DAY, "admin")
    assert scoring.in_force() == Era(version=2, rules=rules_with(**LATE), since=DAY)
    assert set(Standing.objects.values_list("rules_version", flat=True)) == {2}
    entry = AuditEntry.objects.get(verb="scoring.saved")
    assert (entry.subject, entry.detail) == ("version 2", "Late work tells most")


def test_readings_of_earlier_days_stay_as_they_were(portfolio, staff):
    past = list(HealthReading.objects.filter(day__lt=DAY).order_by("pk").values())
    staff.post(SAVE, fields(**LATE, reason="Late work tells most"))
    readings.recompute(as_of=DAY)
    assert list(HealthReading.objects.filter(day__lt=DAY).order_by("pk").values()) == past
    assert set(HealthReading.objects.filter(day=DAY).values_list("rules_version", flat=True)) == {2}
    readings.recompute(as_of=DAY + timedelta(days=2))
    later = HealthReading.objects.filter(day__gt=DAY).values_list("rules_version", "rules_shift")
    assert set(later) == {(2, None)}


def test_days_that_had_no_reading_get_the_rules_that_counted_on_them(portfolio):
    save(rules_with(**LATE), day=DAY + timedelta(days=3))
    readings.recompute(["ENG-1"], as_of=DAY + timedelta(days=5))
    found = HealthReading.objects.filter(engagement="ENG-1", day__gte=DAY).order_by("day")
    assert list(found.values_list("rules_version", flat=True)) == [1, 1, 1, 2, 2, 2]
    shifts = list(found.values_list("rules_shift", flat=True))
    assert shifts[3] is not None
    assert [shift for at, shift in enumerate(shifts) if at != 3] == [None] * 5


def test_other_rules_alone_are_neither_a_fall_nor_a_change_over_days(portfolio, staff):
    before = {row.pk: row for row in Standing.objects.all()}
    told = set(HealthEvent.objects.values_list("pk", flat=True))
    staff.post(SAVE, fields(healthy_from=99, warning_from=98, reason="Nobody is on track"))
    staff.post(SAVE, fields(2, **LATE, reason="Late work tells most"))
    moved = 0
    for now in Standing.objects.all():
        then = before[now.pk]
        assert (now.delta_7d, now.delta_28d) == (then.delta_7d, then.delta_28d)
        moved += now.health != then.health
    assert moved >= 2
    fresh = HealthEvent.objects.exclude(pk__in=told)
    assert set(fresh.values_list("kind", flat=True)) == {"rules"}
    for event in fresh:
        assert event.reason.startswith("Scoring rules version 3 give ")
        assert event.day == DAY
    text = words(staff.get(f"/engagements/{fresh[0].engagement_id}").text)
    assert "Scoring rules changed" in text
    assert "Scoring rules version 3 count from 15 Oct." in text
    assert "Scoring rules, version 3" in text
    assert "count from 15 Oct" not in words(signed_in().get("/").text)


def test_what_the_records_did_on_the_day_of_a_change_is_still_told(portfolio):
    """A fall by the records counts in full, and what other rules took away stands beside it."""
    day = DAY + timedelta(days=1)
    Task.objects.filter(engagement="ENG-1").update(status="Blocked", completed_at=None)
    readings.recompute(["ENG-1"], as_of=day)
    alone = HealthEvent.objects.filter(engagement="ENG-1", day=day).order_by("kind")
    wanted = list(alone.values_list("kind", "score_before", "score_after"))
    change = Standing.objects.get(pk="ENG-1").delta_7d
    assert "drop" in {kind for kind, _, _ in wanted}
    save(rules_with(**LATE, contact_zero=9), day=day)
    readings.recompute(["ENG-1"], as_of=day)
    records = alone.exclude(kind="rules")
    assert list(records.values_list("kind", "score_before", "score_after")) == wanted
    assert Standing.objects.get(pk="ENG-1").delta_7d == change


def test_going_back_within_the_day_leaves_no_trace_in_the_readings(portfolio, staff):
    before = {row.pk: (row.health, row.inputs) for row in Standing.objects.all()}
    told = set(HealthEvent.objects.values_list("pk", flat=True))
    staff.post(SAVE, fields(healthy_from=99, warning_from=98, **LATE, reason="To try it"))
    assert HealthEvent.objects.filter(kind="rules").exists()
    form = staff.get(f"{PAGE}?from=1").text
    assert 'value="Back to version 1."' in form
    assert 'name="schedule_weight" value="24"' in form
    answer = staff.post(SAVE, fields(2, reason="Back to version 1."), follow=True)
    assert "Version 3 is saved" in answer.text
    assert scoring.in_force().rules == RULES
    assert {row.pk: (row.health, row.inputs) for row in Standing.objects.all()} == before
    assert set(HealthEvent.objects.values_list("pk", flat=True)) == told
    assert "Schedule, weight 4 % → 24 %" in words(answer.text)


def test_there_is_no_going_back_to_a_version_that_never_was(staff):
    for number in ("9", "999999999999", "0x2"):
        assert staff.get(f"{PAGE}?from={number}").status_code in (200, 404)
    assert staff.get(f"{PAGE}?from=9").status_code == 404


def test_a_band_is_taken_afresh_where_its_lines_are_others(db):
    """Hysteresis remembers a band only as long as the lines between the bands are the same."""
    lines = rules_with(warning_from=40)
    weights = rules_with(**LATE)
    facts = next(
        found
        for seed in range(400)
        if (found := some_facts(seed, 4, 3, RUNNING, True))
        and (score := assess(found).score) is not None
        and 50 <= score <= 52
        and not assess(found).caps
        and (assess(found, rules=lines).score or 0) > 40
    )
    last = Past(AS_OF - timedelta(days=1), 45, Band.CRITICAL)
    same = Eras().with_next(RULES, AS_OF)
    assert judge(facts, [AS_OF], last, same)[0].health.band is Band.CRITICAL
    other = Eras().with_next(lines, AS_OF)
    assert judge(facts, [AS_OF], last, other)[0].health.band is Band.WARNING
    assert weights.healthy_from == RULES.healthy_from


def test_two_who_save_at_once_cannot_overwrite_each_other(portfolio, staff):
    second = signed_in("second", is_staff=True)
    staff.post(SAVE, fields(**LATE, reason="Late work tells most"))
    answer = second.post(SAVE, fields(healthy_from=80, reason="Stricter, please"))
    assert answer.status_code == 409
    text = words(answer.text)
    assert "you looked at version 1, and version 2 has been saved by admin since" in text
    assert 'name="healthy_from" value="80"' in answer.text
    assert 'value="Stricter, please"' in answer.text
    assert ScoringRules.objects.count() == 1
    again = second.post(SAVE, fields(2, healthy_from=80, reason="Stricter, please"))
    assert again.status_code == 302
    assert scoring.in_force().rules.schedule.weight == RULES.schedule.weight


@pytest.mark.django_db(transaction=True)
def test_of_many_that_save_the_same_version_one_wins():
    def attempt(number: int) -> int:
        try:
            return save(rules_with(healthy_from=80 + number)).version
        except scoring.OutOfDate as error:
            return -error.version
        finally:
            close_old_connections()
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [-2, -2, -2, 2]
    assert ScoringRules.objects.count() == 1


def test_a_large_portfolio_is_scored_by_the_worker_and_the_page_says_so(portfolio, staff):
    save(rules_with(**LATE))
    text = words(staff.get(PAGE).text)
    assert "0 of 7 engagements are scored by version 2." in text
    page = words(staff.get("/engagements/ENG-1").text)
    assert "This score is by version 1 until the engagement is scored again." in page
    assert schedule.score_again()
    assert not schedule.score_again()
    assert "are scored by version" not in words(staff.get(PAGE).text)
    assert "until the engagement is scored again" not in words(staff.get("/engagements/ENG-1").text)


def test_what_is_too_large_for_a_page_is_left_to_the_worker(settings, staff):
    settings.TODAY = str(DAY)
    Engagement.objects.bulk_create(
        Engagement(engagement_id=f"BULK-{at:05d}", customer_name="Bulk", status="Active")
        for at in range(scoring_runs.AT_ONCE + 1)
    )
    answer = staff.post(PREVIEW, fields(**LATE))
    run = ScoringPreview.objects.get()
    assert (answer.status_code, answer.headers["location"]) == (302, f"{PREVIEW}/{run.pk}")
    assert (run.total, run.state) == (scoring_runs.AT_ONCE + 1, ScoringPreview.State.WAITING)
    saved = staff.post(SAVE, fields(**LATE, reason="Late work tells most"), follow=True)
    assert "The worker scores the portfolio by it now." in saved.text
    assert not HealthReading.objects.exists()
    assert {job.__name__ for job in JOBS} >= {"perform_preview", "score_again"}


def test_what_insights_say_of_a_score_is_out_of_date_under_other_rules(portfolio, staff):
    before = dict(Standing.objects.values_list("pk", "inputs"))
    staff.post(SAVE, fields(**LATE, reason="Late work tells most"))
    after = dict(Standing.objects.values_list("pk", "inputs"))
    assert not set(before.items()) & set(after.items())


# What computes with them ─────────────────────────────────────────────────────


def test_a_signal_without_weight_is_switched_off_and_not_missed(portfolio, staff):
    off = {"usage_weight": 0, "schedule_weight": 25, "flow_weight": 17}
    staff.post(SAVE, fields(**off, reason="Nobody uses notebooks"))
    text = words(staff.get("/engagements/ENG-2").text)
    assert "Switched off: the scoring rules give it no weight." in text
    assert "no notebook has run" not in text
    assert Standing.objects.get(pk="ENG-2").coverage == pytest.approx(0.94)


def test_lines_of_the_chart_and_the_dossier_follow_the_rules_in_force(portfolio, staff):
    staff.post(SAVE, fields(healthy_from=85, warning_from=65, reason="Stricter, please"))
    text = words(staff.get("/engagements/ENG-1").text)
    assert "On track from 85, Watch from 65" in text
    HealthReading.objects.filter(day=DAY).update(detail=None)
    row = Engagement.objects.get(pk="ENG-1")
    health = assemble(row, DAY).health
    assert health.band is assess_again(row, rules_with(healthy_from=85, warning_from=65)).band


def assess_again(row: Engagement, rules: Rules) -> Health:
    found = assemble(row, DAY)
    facts = Facts(
        engagement=found.engagement, tasks=found.tasks, notes=found.notes,
        findings=found.findings, usage=found.usage, as_of=DAY,
    )  # fmt: skip
    return assess(facts, rules=rules)


@quickly(max_examples=100, deadline=None, derandomize=True)
@given(some_rules(), st.integers(0, 2**32), st.integers(0, 8), st.integers(0, 6))
def test_points_add_up_under_any_valid_rules(given, seed, tasks, notes):
    rules = rules_with(**given)
    health = assess(some_facts(seed, tasks, notes, RUNNING, True), rules=rules)
    if health.score is None:
        return
    assert sum(signal.lost for signal in health.signals) == 100 - (health.raw_score or 0)
    assert sum(signal.earned for signal in health.signals) == health.raw_score
    assert all(s.earned == s.lost == 0 for s in health.signals if not s.weight)
    assert health.score <= (health.raw_score or 0)


@quickly(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(-40, 40)), min_size=2, max_size=9))
def test_changes_over_versions_leave_out_exactly_what_the_rules_did(steps):
    """A score that is today's less what the rules added since is what the records did."""
    past = [
        Past(DAY + timedelta(days=at), score, Band.WARNING, at, shift)
        for at, (score, shift) in enumerate(steps)
    ]
    alike = linked(past)
    for at, here in enumerate(past):
        added = sum(shift for _, shift in steps[at + 1 :])
        assert alike[here.day] == steps[at][0] + added


def test_a_change_that_cannot_be_compared_gives_no_difference():
    days = [DAY + timedelta(days=at) for at in range(3)]
    broken = [Past(days[0], 70, Band.WARNING, 1), Past(days[1], 60, Band.WARNING, 2, None)]
    alike = linked([*broken, Past(days[2], 61, Band.WARNING, 2)])
    assert alike == {days[0]: None, days[1]: 60, days[2]: 61}


def test_rules_survive_being_stored():
    rules = rules_with(**LATE, schedule_full=1.05)
    assert msgspec.convert(msgspec.to_builtins(rules), Rules) == rules
    assert rules.schedule == Scale(4, 1.05, 0.6)

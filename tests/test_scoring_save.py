"""Saving scoring rules: a version from that day on, and never a fall that the rules alone made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import close_old_connections, connection

from connectors import schedule
from engagements import readings, scoring, scoring_runs
from engagements.eras import Era, Eras, Past, judge
from engagements.health import Band, assess
from engagements.health_model import RULES
from engagements.models import (
    Engagement,
    HealthEvent,
    HealthReading,
    ScoringPreview,
    ScoringRules,
    Standing,
    Task,
)
from psinsights.jobs import JOBS
from psinsights.models import AuditEntry
from tests.factories import signed_in
from tests.scoring_parts import (
    DAY,
    LATE,
    PAGE,
    PREVIEW,
    SAVE,
    fields,
    portfolio,
    rules_with,
    save,
    staff,
    words,
)
from tests.test_health_properties import AS_OF, RUNNING, some_facts

__all__ = ["portfolio", "staff"]
pytestmark = pytest.mark.django_db


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

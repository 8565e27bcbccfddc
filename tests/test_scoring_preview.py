"""Other scoring rules tried on today's portfolio before they count."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import assume, given
from hypothesis import settings as quickly

from engagements import readings, scoring, scoring_runs
from engagements.health import Band
from engagements.health_model import RULES
from engagements.models import (
    Engagement,
    ScoringPreview,
    Standing,
    Task,
)
from engagements.scoring_preview import WORST_FIRST, compare, preview
from tests.factories import make_engagement, make_reading, signed_in
from tests.scoring_parts import (
    DAY,
    LATE,
    PAGE,
    PREVIEW,
    everything,
    fields,
    portfolio,
    rules_with,
    save,
    some_rules,
    staff,
    words,
)

__all__ = ["portfolio", "staff"]
pytestmark = pytest.mark.django_db


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

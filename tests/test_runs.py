"""Slow work is a row: claimed once, fenced, tried three times, never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from insights.models import Generation
from psinsights.lib.runs import ATTEMPTS, LeaseLost
from tests.factories import make_engagement

pytestmark = pytest.mark.django_db
State = Generation.State


@pytest.fixture
def waiting() -> Generation:
    return Generation.objects.create(
        engagement=make_engagement(), insight_type="health_summary", provider="huggingface"
    )


def expire(run: Generation) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Generation.objects.filter(pk=run.pk).update(lease_until=past)


def test_a_waiting_run_is_claimed_once(waiting):
    assert Generation.objects.claim() == waiting
    assert Generation.objects.claim() is None


def test_a_run_that_is_not_due_is_left(waiting):
    Generation.objects.update(run_at=timezone.now() + timedelta(minutes=1))
    assert Generation.objects.claim() is None


def test_a_silent_worker_loses_its_run_to_the_next(waiting):
    first = Generation.objects.claim()
    expire(first)
    second = Generation.objects.claim()
    assert (second.pk, second.fence, second.attempt) == (first.pk, first.fence + 1, 2)


def test_one_that_was_thought_dead_writes_nothing(waiting):
    zombie = Generation.objects.claim()
    expire(zombie)
    heir = Generation.objects.claim()
    with transaction.atomic(), pytest.raises(LeaseLost):
        zombie.holds()
    heir.refresh_from_db()
    assert heir.state == State.RUNNING


def test_a_beat_lengthens_the_lease_and_says_the_step(waiting):
    run = Generation.objects.claim()
    expire(run)
    run.beat("Reading 3 notes")
    run.refresh_from_db()
    assert run.lease_until > timezone.now()
    assert run.step == "Reading 3 notes"
    assert Generation.objects.claim() is None


def test_a_run_whose_workers_keep_dying_fails_with_a_sentence(waiting):
    for _ in range(ATTEMPTS):
        expire(Generation.objects.claim())
    assert Generation.objects.claim() is None
    waiting.refresh_from_db()
    assert waiting.state == State.FAILED
    assert waiting.error.endswith("Try again.")


def test_handing_back_waits_and_then_fails(waiting):
    for attempt in range(1, ATTEMPTS + 1):
        run = Generation.objects.claim()
        assert run.attempt == attempt
        run.hand_back(error="No answer.")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error) == (State.FAILED, "No answer.")


def test_only_one_run_of_a_kind_is_in_flight(waiting):
    from insights.generation import ask

    again = ask(waiting.engagement, waiting.insight_type, provider="huggingface")
    assert again.pk == waiting.pk


def test_a_cancelled_run_is_not_written_by_who_was_at_it(waiting):
    from insights.generation import cancel

    run = Generation.objects.claim()
    assert cancel(run)
    with pytest.raises(LeaseLost):
        run.beat("Asking the model")
    assert not cancel(run)


def test_a_beat_keeps_the_length_the_run_was_claimed_for(waiting):
    run = Generation.objects.claim(lease=timedelta(seconds=3))
    run.beat("Asking the model")
    run.refresh_from_db()
    assert run.lease_until < timezone.now() + timedelta(seconds=4)

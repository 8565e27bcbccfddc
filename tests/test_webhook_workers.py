"""Deliveries of webhooks by two workers, and by one that dies: told and sent once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from psinsights.models import WebhookDelivery, WebhookEvent
from psinsights.webhooks.announce import announce
from psinsights.webhooks.deliver import KEEP, deliver, prune
from psinsights.webhooks.endpoints import endpoints
from psinsights.webhooks.events import ping
from psinsights.webhooks.work import SendWebhooks
from tests.llm.raw import Connection, RawServer, always
from tests.processes import manage
from tests.waiting import until
from tests.webhook_parts import (
    NOW,
    OK,
    SECRET,
    bodies,
    clock,
    make_risk,
    one,
    outcome,
    read,
    stand,
    told_to,
    watched,
)

__all__ = ["clock", "one", "told_to", "watched"]
pytestmark = pytest.mark.django_db


# Two workers, and one that dies ───────────────────────────────────────────────


def test_what_a_dead_worker_was_sending_is_sent_again_under_the_same_id(one, clock):
    with RawServer(always(OK)) as server:
        row = one(server.base_url)
        claimed = WebhookDelivery.objects.claim(clock(), lease=timedelta(seconds=60))
        assert (claimed.pk, claimed.attempts) == (row.pk, 1)
        assert deliver(clock=clock) == 0
        clock.pass_by(timedelta(seconds=61))
        assert deliver(clock=clock) == 1
    assert (outcome(row).state, row.attempts) == ("delivered", 2)


def test_a_worker_that_was_thought_dead_writes_nothing(one, clock):
    from psinsights.webhooks.deliver import settle
    from psinsights.webhooks.sending import Answer

    with RawServer(always(OK)) as server:
        row = one(server.base_url)
        slow = WebhookDelivery.objects.claim(clock(), lease=timedelta(seconds=60))
        clock.pass_by(timedelta(seconds=61))
        deliver(clock=clock)
        settle(slow, Answer(failure="No answer in time."), clock())
    assert outcome(row).state == "delivered"


def test_old_deliveries_are_forgotten(one, clock):
    one("https://hooks.example/")
    assert prune(now=NOW + KEEP - timedelta(hours=1)) == 0
    assert prune(now=NOW + KEEP + timedelta(hours=1)) == 2
    assert not WebhookEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_look_at_once_tell_a_change_once(watched, clock):
    stand("critical", 41)
    make_risk(watched)
    gate = threading.Barrier(2)

    def look() -> None:
        gate.wait(10)
        announce(now=clock())
        connection.close()

    both = [threading.Thread(target=look) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(30)
    assert sorted(body["type"] for body in bodies()) == ["health.band_changed", "risk.critical"]
    assert WebhookDelivery.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_send_at_once_send_each_delivery_once(told_to, clock):
    with RawServer(always(OK)) as server:
        told_to(server.base_url)
        for _ in range(12):
            ping(endpoints(), now=clock.now)

        def send() -> None:
            deliver(clock=clock)
            connection.close()

        both = [threading.Thread(target=send) for _ in range(2)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join(60)
        assert not WebhookDelivery.objects.exclude(state="delivered").exists()
        assert len({read(request)[0]["webhook-id"] for request in server.requests}) == 12
        assert len(server.requests) == 12


@pytest.mark.django_db(transaction=True)
def test_the_worker_sends_beside_its_other_jobs(one):
    with RawServer(Connection.hang) as server:
        row = one(server.base_url)
        WebhookDelivery.objects.update(next_at=timezone.now())
        job = SendWebhooks()
        assert job()
        until(lambda: server.requests, what="the request")
        assert job()  # it is under way, and this turn is over
        assert outcome(row).state == "sending"
    until(lambda: not job(), what="the end")
    assert outcome(row).error == "The connection was closed before an answer."


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_sending_and_writing_it_down_sends_it_again(one):
    asked = threading.Event()

    def hold_the_first(connection: Connection) -> None:
        if asked.is_set():
            return connection.send(OK)
        asked.set()
        return connection.hang()

    with RawServer(hold_the_first) as server:
        row = one(server.base_url)
        given = {"WEBHOOK_URLS": server.base_url, "WEBHOOK_SECRET": SECRET}
        worker = manage("work", **given)
        assert asked.wait(60)
        worker.kill()
        worker.communicate()
        assert outcome(row).state == "sending"
        WebhookDelivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        manage("work", "--once", **given).communicate(timeout=60)
    assert (outcome(row).state, row.attempts) == ("delivered", 2)
    assert len({read(request)[0]["webhook-id"] for request in server.requests}) == 1
    assert len(server.requests) == 2

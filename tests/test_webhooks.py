"""Webhooks: each change told once, signed, to real servers on loopback that behave and misbehave."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.utils import timezone

from engagements.models import Standing
from insights.register import Risk
from psinsights.models import Watched, WebhookDelivery, WebhookEvent
from psinsights.webhooks import signing
from psinsights.webhooks.announce import announce
from psinsights.webhooks.deliver import BACK_OFF, KEEP, deliver, prune
from psinsights.webhooks.endpoints import endpoints, key_of, problem_of, shown
from psinsights.webhooks.events import ping
from psinsights.webhooks.work import SendWebhooks
from tests.exports import engagement, load, task, write
from tests.factories import DAY, days, make_engagement, make_event
from tests.llm.raw import Connection, RawServer, always, http, in_turn
from tests.processes import manage
from tests.waiting import until

pytestmark = pytest.mark.django_db
KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
OLD = "an-older-secret-of-forty-letters-or-so-1"
NOW = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)
OK = http(200, b"thanks")
State = WebhookDelivery.State


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, wait: timedelta) -> None:
        self.now += wait


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def told_to(settings):
    """Send to these addresses from now on."""

    def point(*urls: str) -> None:
        settings.WEBHOOK_URLS, settings.WEBHOOK_SECRET = list(urls), SECRET

    return point


@pytest.fixture
def one(told_to, clock):
    """A delivery that waits for ``url``."""

    def waiting(url: str) -> WebhookDelivery:
        told_to(url)
        return ping(endpoints(), now=clock.now).deliveries.get()

    return waiting


def read(request: bytes) -> tuple[dict[str, str], bytes]:
    """The headers and the body of a request as it came over the wire."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")[1:]
    return {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}, body


def outcome(row: WebhookDelivery) -> WebhookDelivery:
    row.refresh_from_db()
    return row


# What is told ─────────────────────────────────────────────────────────────────


@pytest.fixture
def watched(told_to, clock):
    """Watching has begun, over one engagement that is on track."""
    told_to("https://hooks.example/psi")
    row = make_engagement(
        engagement_id="ENG-1",
        customer_name="Halden Freight",
        standing={"health": 64, "band": "warning"},
    )
    announce(now=clock())
    return row


def stand(band: str, score: int, **given: Any) -> None:
    Standing.objects.filter(pk="ENG-1").update(band=band, health=score, **given)


def bodies() -> list[dict[str, Any]]:
    return [json.loads(event.body) for event in WebhookEvent.objects.order_by("pk")]


def test_the_first_look_tells_nothing_however_much_has_happened(told_to, clock):
    row = make_engagement(standing={"health": 30, "band": "critical"})
    make_event(row, kind="worse", day=DAY, band_after="critical")
    make_risk(row)
    told_to("https://hooks.example/psi")
    assert [announce(now=clock()), announce(now=clock())] == [0, 0]


def test_a_band_that_changed_is_told_once_with_before_after_and_why(watched, clock, settings):
    settings.BASE_URL = "https://insights.example"
    stand("critical", 41, reason="M-03 is 12 days late.")
    make_event(
        watched, day=DAY, kind="worse", score_before=62, score_after=41,
        band_before="warning", band_after="critical", reason="From Watch to Critical.",
    )  # fmt: skip
    assert [announce(now=clock()), announce(now=clock())] == [1, 0]
    [body] = bodies()
    assert body["type"] == "health.band_changed"
    assert body["data"] == {
        "engagement_id": "ENG-1",
        "customer_name": "Halden Freight",
        "occurred_on": "2026-11-19",
        "direction": "worse",
        "before": {"score": 62, "band": "warning"},
        "after": {"score": 41, "band": "critical"},
        "sentence": "From Watch to Critical.",
        "reason": "M-03 is 12 days late.",
        "url": "https://insights.example/engagements/ENG-1",
    }


def test_a_change_and_its_way_back_are_two_events(watched, clock):
    stand("critical", 41)
    announce(now=clock())
    stand("warning", 60)
    clock.pass_by(timedelta(seconds=10))
    announce(now=clock())
    assert [body["data"]["direction"] for body in bodies()] == ["worse", "better"]
    assert bodies()[1]["data"]["sentence"] == "Health went from Critical to Watch."


def test_not_scored_is_no_change_and_what_comes_after_it_is_compared_with_before(watched, clock):
    stand("unknown", 0)
    assert announce(now=clock()) == 0
    stand("healthy", 80)
    announce(now=clock())
    assert bodies()[0]["data"]["before"]["band"] == "warning"


def test_an_engagement_that_is_new_starts_silent(watched, clock):
    row = make_engagement(standing={"health": 20, "band": "critical"})
    make_event(row, kind="worse", day=days(-1), band_after="critical")
    assert announce(now=clock()) == 0


@pytest.mark.parametrize(
    "given",
    [{"as_of": days(-3)}, {"rules_version": 2}],
    ids=["data of an earlier day", "other rules"],
)
def test_what_does_not_compare_is_remembered_and_not_told(watched, clock, given):
    stand("critical", 41, **given)
    assert [announce(now=clock()), announce(now=clock())] == [0, 0]


def test_another_customer_under_the_same_id_is_no_change(watched, clock):
    watched.customer_name, watched.start_date = "Pellworth Foods", days(-5)
    watched.save()
    stand("critical", 41)
    assert [announce(now=clock()), announce(now=clock())] == [0, 0]


def test_without_an_address_nothing_is_watched_and_later_nothing_is_made_up_for(
    watched, clock, told_to
):
    told_to()
    announce(now=clock())
    assert not Watched.objects.exists()
    stand("critical", 41)
    told_to("https://hooks.example/psi")
    assert [announce(now=clock()), announce(now=clock())] == [0, 0]


def test_each_endpoint_has_a_delivery_of_the_same_event(watched, clock, told_to):
    told_to("https://hooks.example/psi", "https://other.example/?key=canary-of-a-query")
    stand("critical", 41)
    announce(now=clock())
    event = WebhookEvent.objects.get()
    assert event.deliveries.count() == 2
    assert "canary" not in repr(list(WebhookDelivery.objects.values()))


def make_risk(engagement: Any, **given: Any) -> Risk:
    values = {
        "category": "stakeholder", "reason": "escalation", "title": "The sponsor has escalated.",
        "severity": 4, "likelihood": 0.9, "exposure": 14.4, "level": "critical",
        "first_seen_on": DAY, "last_seen_on": DAY,
        "claim": {"evidence": [{"source": "N-37", "quote": "escalated", "start": 0, "end": 9}]},
    }  # fmt: skip
    return Risk.objects.create(engagement=engagement, **values | given)


def test_a_new_critical_risk_is_told_once_with_its_quote(watched, clock):
    risk = make_risk(watched)
    assert [announce(now=clock()), announce(now=clock())] == [1, 0]
    [body] = bodies()
    assert body["type"] == "risk.critical"
    assert body["data"]["risk_id"] == risk.pk
    assert body["data"]["quote"] == {"record": "N-37", "text": "escalated"}
    assert body["data"]["exposure"] == 14.4
    assert body["data"]["url"] is None


def test_a_high_risk_is_told_when_it_becomes_critical_and_again_when_it_comes_back(watched, clock):
    risk = make_risk(watched, exposure=9, level="high")
    assert announce(now=clock()) == 0
    for status, exposure, told in (("open", 13, 1), ("resolved", 13, 0), ("open", 13, 1)):
        Risk.objects.filter(pk=risk.pk).update(status=status, exposure=exposure)
        clock.pass_by(timedelta(seconds=10))
        assert announce(now=clock()) == told


def test_a_risk_of_an_engagement_that_went_is_told_to_nobody(watched, clock):
    make_risk(watched)
    watched.delete()
    assert announce(now=clock()) == 0


# What is sent ─────────────────────────────────────────────────────────────────


def test_a_request_carries_the_headers_and_the_signature_of_the_standard(one, clock):
    with RawServer(always(OK)) as server:
        row = one(server.base_url + "?key=1")
        assert deliver(clock=clock) == 1
    headers, body = read(server.requests[0])
    assert server.requests[0].startswith(b"POST /v1?key=1 HTTP/1.1\r\n")
    assert headers["webhook-id"] == json.loads(body)["id"] == row.event.event_id
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert headers["content-type"] == "application/json"
    row = outcome(row)
    assert (row.state, row.status_code, row.response, row.attempts) == (
        "delivered",
        200,
        "thanks",
        1,
    )


def test_the_signature_is_the_one_the_standard_publishes():
    found = signing.signature(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_a_secret_is_replaced_both_sign(one, clock, settings):
    with RawServer(always(OK)) as server:
        one(server.base_url)
        settings.WEBHOOK_SECRET_PREVIOUS = OLD
        deliver(clock=clock)
    headers, body = read(server.requests[0])
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digests = [
        base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        for key in (KEY, OLD.encode())
    ]
    assert headers["webhook-signature"] == " ".join(f"v1,{digest}" for digest in digests)


def test_the_snippet_of_the_document_takes_what_is_sent_and_nothing_else(one, settings):
    from django.conf import settings as given

    text = (given.BASE_DIR / "docs" / "webhooks.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("```")[0], names)  # our own document
    with RawServer(always(OK)) as server:
        one(server.base_url)
        WebhookDelivery.objects.update(next_at=NOW - timedelta(days=3000))
        deliver()
    headers, body = read(server.requests[0])
    assert names["is_genuine"](headers, body, SECRET)
    assert not names["is_genuine"](headers, body + b" ", SECRET)
    assert not names["is_genuine"](headers, body, OLD)
    assert not names["is_genuine"](headers | {"webhook-timestamp": "1614265330"}, body, SECRET)


def test_a_failure_is_tried_again_later_each_time_and_then_given_up(one, clock):
    with RawServer(always(http(500, b"broken"))) as server:
        row = one(server.base_url)
        for attempt, wait in enumerate(BACK_OFF, 1):
            assert deliver(clock=clock) == 1
            row = outcome(row)
            assert (row.state, row.attempts, row.next_at) == ("waiting", attempt, clock() + wait)
            assert deliver(clock=clock) == 0
            clock.pass_by(wait)
        assert deliver(clock=clock) == 1
        clock.pass_by(timedelta(days=2))
        assert deliver(clock=clock) == 0
    row = outcome(row)
    assert row.state == "failed"
    assert row.error == "It answered 500. Given up after 6 attempts."
    ids = {read(request)[0]["webhook-id"] for request in server.requests}
    stamps = [read(request)[0]["webhook-timestamp"] for request in server.requests]
    assert len(ids) == 1
    assert len(set(stamps)) == 6


def test_what_failed_first_is_delivered_when_the_endpoint_is_well_again(one, clock):
    with RawServer(in_turn(http(503), OK)) as server:
        row = one(server.base_url)
        deliver(clock=clock)
        clock.pass_by(BACK_OFF[0])
        deliver(clock=clock)
    assert (outcome(row).state, row.attempts) == ("delivered", 2)


def test_gone_is_given_up_at_once(one, clock):
    with RawServer(always(http(410))) as server:
        row = one(server.base_url)
        deliver(clock=clock)
    assert outcome(row).state == "failed"
    assert "Take the address out of WEBHOOK_URLS." in row.error


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ("7200", timedelta(hours=2)),
        ("Thu, 19 Nov 2026 10:30:00 GMT", timedelta(hours=1)),
        ("99999999999999999999", timedelta(days=1)),
        ("soon", BACK_OFF[0]),
        ("1", BACK_OFF[0]),
    ],
)
def test_an_endpoint_that_asks_for_time_gets_it(one, clock, asked, waits):
    with RawServer(always(http(429, retry_after=asked))) as server:
        row = one(server.base_url)
        deliver(clock=clock)
    assert outcome(row).next_at == NOW + waits


class Tls(RawServer):
    """A server with TLS, by a certificate of its own that nobody vouches for."""

    def __init__(self, script: Any, certificate: Path) -> None:
        super().__init__(script)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._listening = context.wrap_socket(self._listening, server_side=True)

    @property
    def base_url(self) -> str:
        return super().base_url.replace("http://127.0.0.1", "https://localhost")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A certificate of localhost with its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "localhost")])
    alternative = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    begun = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    signed = (
        begun.not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(alternative, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    text = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    path.write_bytes(text + signed.public_bytes(pem))
    return path


def test_a_certificate_that_somebody_vouches_for_is_taken(one, clock, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Tls(always(OK), certificate) as server:
        row = one(server.base_url)
        deliver(clock=clock)
    assert (outcome(row).state, row.response) == ("delivered", "thanks")
    assert read(server.requests[0])[0]["host"] == server_host(row)


def server_host(row: WebhookDelivery) -> str:
    return row.shown.removeprefix("https://").split("/")[0]


def test_a_certificate_that_nobody_vouches_for_gets_no_event(one, clock, certificate):
    with Tls(always(OK), certificate) as server:
        row = one(server.base_url)
        deliver(clock=clock)
    assert outcome(row).error.startswith("The secure connection failed")
    assert server.requests == []


def test_an_endpoint_that_never_ends_its_handshake_ends_at_the_deadline(one, clock):
    with RawServer(Connection.hang) as server:
        row = one(server.base_url.replace("http://", "https://"))
        deliver(clock=clock, seconds=0.3)
        assert server.left.wait(10)
    assert outcome(row).error == "No answer within 0.3 s."


def test_a_redirect_is_not_followed(one, clock):
    with RawServer(always(OK)) as other:
        away = http(302, location=other.base_url)
        with RawServer(always(away)) as server:
            row = one(server.base_url)
            deliver(clock=clock)
    assert other.requests == []
    assert "a redirect, and none is followed" in outcome(row).error


def test_a_refused_connection_is_told_in_words(one, clock):
    with RawServer(always(OK)) as server:
        url = server.base_url
    row = one(url)
    deliver(clock=clock)
    assert outcome(row).error == "The connection was refused: nobody listens there."


def test_a_host_without_an_address_is_told_in_words(one, clock):
    row = one(f"https://{'a' * 70}.invalid/")
    deliver(clock=clock)
    assert outcome(row).error == "The name of the host was not found."


def drip(connection: Connection) -> None:
    connection.drip(b"H")


def drip_an_answer(connection: Connection) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    connection.drip(b".")


def test_an_answer_that_drips_ends_at_the_deadline(one, clock):
    with RawServer(drip) as server:
        row = one(server.base_url)
        deliver(clock=clock, seconds=0.3)
        assert server.left.wait(10)
    assert outcome(row).error == "No answer within 0.3 s."


def test_a_silent_endpoint_ends_at_the_deadline(one, clock):
    with RawServer(Connection.hang) as server:
        row = one(server.base_url)
        deliver(clock=clock, seconds=0.3)
    assert outcome(row).state == "waiting"


def test_a_status_counts_though_its_body_never_ends(one, clock):
    with RawServer(drip_an_answer) as server:
        row = one(server.base_url)
        deliver(clock=clock, seconds=0.3)
    assert outcome(row).state == "delivered"


def test_a_huge_answer_is_read_to_four_kilobytes(one, clock):
    with RawServer(always(http(200, b"x" * 5_000_000))) as server:
        row = one(server.base_url)
        deliver(clock=clock)
    assert outcome(row).state == "delivered"
    assert len(row.response) == 4000


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\x01garbage\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200,
    ],
)
def test_garbage_is_a_failed_attempt(one, clock, answer):
    with RawServer(always(answer)) as server:
        row = one(server.base_url)
        deliver(clock=clock)
    assert outcome(row).state == "waiting"
    assert row.error == "What came back is no HTTP answer."


def test_letters_no_database_takes_are_replaced_in_what_is_kept(one, clock):
    with RawServer(always(http(200, b"a\x00\xff"))) as server:
        row = one(server.base_url)
        deliver(clock=clock)
    assert outcome(row).response == "a\ufffd\ufffd"


def test_a_reset_is_told_in_words(one, clock):
    with RawServer(Connection.reset) as server:
        row = one(server.base_url)
        deliver(clock=clock)
    assert outcome(row).error == "The connection was closed before an answer."


def test_an_endpoint_that_is_away_rests_and_the_others_are_served(told_to, clock):
    with RawServer(always(OK)) as away:
        dead = away.base_url
    with RawServer(always(OK)) as server:
        well = server.base_url
        told_to(dead, well)
        for _ in range(5):
            ping(endpoints(), now=clock.now)
        assert deliver(clock=clock) == 6
    states = WebhookDelivery.objects.filter(endpoint=key_of(well))
    assert set(states.values_list("state", flat=True)) == {"delivered"}
    resting = WebhookDelivery.objects.filter(endpoint=key_of(dead))
    assert set(resting.values_list("state", "next_at")) == {("waiting", NOW + BACK_OFF[0])}
    assert sum(resting.values_list("attempts", flat=True)) == 1


def test_an_event_that_is_refused_holds_up_no_other(told_to, clock):
    with RawServer(in_turn(http(400), OK)) as server:
        told_to(server.base_url)
        rows = [ping(endpoints(), now=clock.now) for _ in range(3)]
        assert deliver(clock=clock) == 3
    states = WebhookDelivery.objects.order_by("pk").values_list("state", flat=True)
    assert [*states] == ["waiting", "delivered", "delivered"]
    assert len(rows) == 3


def test_what_waits_for_an_address_that_was_taken_out_is_given_up(one, told_to, clock):
    row = one("https://hooks.example/")
    told_to()
    assert deliver(clock=clock) == 0
    assert outcome(row).error == "The endpoint is no longer in WEBHOOK_URLS."


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


# Through a load ───────────────────────────────────────────────────────────────


def one_late_task(count: int) -> dict[str, list[dict[str, Any]]]:
    """An engagement of ten tasks, so many of which are long overdue."""
    return {
        "engagements": [engagement()],
        "tasks": [
            task(n, end_date="2026-09-01" if n < count else "2026-12-20", status="In Progress")
            for n in range(10)
        ],
    }


def test_a_load_that_turns_a_band_makes_one_delivery(settings, told_to, clock):
    settings.TODAY = "2026-11-19"
    write(settings.GENERATED_DIR, **one_late_task(0))
    load(settings.GENERATED_DIR)
    before = Standing.objects.get()
    told_to("https://hooks.example/psi")
    announce(now=clock())
    write(settings.GENERATED_DIR, **one_late_task(10))
    for _ in range(2):
        load(settings.GENERATED_DIR)
        announce(now=clock())
    after = Standing.objects.get()
    assert (before.band, WebhookDelivery.objects.count()) == ("healthy", 1)
    data = bodies()[0]["data"]
    assert data["direction"] == "worse"
    assert data["before"]["band"] == "healthy"
    assert data["after"] == {"score": after.health, "band": after.band}
    assert data["occurred_on"] == "2026-11-19"


# Addresses and secrets ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example", "https://hooks.example:8443/a/b?c=d", "http://127.0.0.1:9/",
        "http://127.8.9.1/", "http://[::1]:9/x", "http://localhost/x", "https://10.0.0.1/in",
    ],
)  # fmt: skip
def test_https_and_this_machine_may_be_sent_to(url):
    assert problem_of(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/", "http://localhost.example/", "http://127.0.0.1.example/",
        "http://0.0.0.0/", "http://2130706433/", "http://169.254.169.254/", "http://[::ffff:10.0.0.1]/",
        "ftp://hooks.example/", "file:///etc/passwd", "hooks.example/in", "https://", "https:///x",
        "https://me:secret@hooks.example/", "https://@hooks.example/", "https://hooks.example/#x",
        "https://hooks.example:99999999/", "https://[::1", "https://hooks.example/a b",
        "https://hooks.example/\r\nx: y", "https://höoks.example/", "",
    ],
)  # fmt: skip
def test_nothing_else_may_be_sent_to(url):
    assert problem_of(url) != ""


def test_an_address_is_shown_without_what_may_be_secret():
    url = "https://hooks.example/services/T0123/averylongpartofapath?token=canary"
    assert shown(url) == "https://hooks.example/services/T0123/aver…?…"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"WEBHOOK_URLS": ["https://a.example/", "http://b.example/?key=canary"]},
            "Address 2 of WEBHOOK_URLS begins with http://, which is for this machine alone.",
        ),
        ({"WEBHOOK_SECRET": ""}, "WEBHOOK_SECRET has fewer than 32 characters."),
        ({"WEBHOOK_SECRET": "canary"}, "WEBHOOK_SECRET has fewer than 32 characters."),
        ({"WEBHOOK_SECRET": "whsec_" + "%" * 40}, "WEBHOOK_SECRET is no base64 after whsec_."),
        ({"WEBHOOK_SECRET": "whsec_" + "A" * 28}, "WEBHOOK_SECRET holds fewer than 24 bytes."),
        (
            {"WEBHOOK_SECRET_PREVIOUS": "canary"},
            "WEBHOOK_SECRET_PREVIOUS has fewer than 32 characters.",
        ),
    ],
)
def test_what_cannot_be_used_stops_the_start_with_a_sentence(settings, told_to, given, sentence):
    told_to("https://a.example/")
    for name, value in given.items():
        setattr(settings, name, value)
    with pytest.raises(SystemCheckError) as told:
        call_command("check")
    assert sentence in str(told.value)
    assert "canary" not in str(told.value)


def test_what_is_set_up_well_passes(told_to):
    told_to("https://a.example/", "http://127.0.0.1:9/x")
    call_command("check")

"""Deliveries of webhooks: signed, tried again, and given up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from psinsights.models import WebhookDelivery
from psinsights.webhooks import signing
from psinsights.webhooks.deliver import BACK_OFF, deliver
from psinsights.webhooks.endpoints import endpoints, key_of
from psinsights.webhooks.events import ping
from tests.llm.raw import Connection, RawServer, always, http, in_turn
from tests.webhook_parts import KEY, NOW, OK, OLD, SECRET, clock, one, outcome, read, told_to

__all__ = ["clock", "one", "told_to"]
pytestmark = pytest.mark.django_db


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

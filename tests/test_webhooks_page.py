"""The page of webhooks: for staff, with every delivery, a test and sending again, and no secret."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.utils import timezone

from psinsights.heartbeat import beat
from psinsights.lib.audit import AuditEntry
from psinsights.models import WebhookDelivery, WebhookEvent
from psinsights.webhooks.endpoints import endpoints
from psinsights.webhooks.events import ping
from tests.factories import make_engagement, signed_in
from tests.test_query_counts import MOST_HTML, MOST_QUERIES, cost

pytestmark = pytest.mark.django_db
PAGE = "/settings/webhooks"
SECRET = "whsec_" + base64.b64encode(b"canary-of-the-secret-canary-0123").decode()
URL = "https://hooks.example/in?key=canary-of-the-query"


@pytest.fixture
def staff():
    return signed_in("admin", is_staff=True)


@pytest.fixture
def set_up(settings):
    settings.WEBHOOK_URLS, settings.WEBHOOK_SECRET = [URL], SECRET
    settings.WEBHOOK_SECRET_PREVIOUS = "canary-of-the-secret-before-0123456789"


def a_delivery(**given) -> WebhookDelivery:
    row = ping(endpoints(), now=timezone.now()).deliveries.get()
    WebhookDelivery.objects.filter(pk=row.pk).update(**given)
    return row


def test_without_an_endpoint_the_page_says_how_to_set_it_up(staff):
    text = staff.get(PAGE).text
    assert "Nobody is told" in text
    assert "WEBHOOK_URLS" in text
    assert "Send a test" not in text


def test_nobody_but_staff_sees_or_sends_anything(set_up):
    row = a_delivery(state="failed")
    other = signed_in()
    assert other.get(PAGE).status_code == 403
    assert other.get(f"{PAGE}/{row.pk}").status_code == 403
    assert other.post(f"{PAGE}/test").status_code == 403
    assert other.post(f"{PAGE}/failed").status_code == 403
    assert other.post(f"{PAGE}/{row.pk}/send").status_code == 403
    assert WebhookEvent.objects.count() == 1
    assert PAGE not in other.get("/settings/tokens").text


def test_a_secret_is_never_shown(staff, set_up):
    row = a_delivery(last_at=timezone.now(), response="thanks", attempts=1)
    for path in (PAGE, f"{PAGE}/{row.pk}", "/settings/dependencies", "/settings", "/settings/log"):
        text = staff.get(path).text
        assert "canary" not in text
        assert SECRET not in text
    assert "https://hooks.example/in?…" in staff.get(PAGE).text
    assert "v1,…" in staff.get(f"{PAGE}/{row.pk}").text


def test_a_test_goes_to_each_endpoint_once_until_it_is_sent(staff, set_up):
    told = staff.post(f"{PAGE}/test", follow=True)
    assert "A test for 1 endpoint waits for the worker." in told.text
    assert "A test is on its way already." in staff.post(f"{PAGE}/test", follow=True).text
    assert list(WebhookEvent.objects.values_list("kind", flat=True)) == ["ping"]
    assert AuditEntry.objects.filter(verb="webhook.tested").count() == 1


def test_a_test_without_an_endpoint_says_what_is_missing(staff):
    assert "Set WEBHOOK_URLS" in staff.post(f"{PAGE}/test", follow=True).text


@pytest.mark.parametrize("state", ["failed", "delivered", "waiting"])
def test_a_delivery_is_sent_again_with_all_its_attempts(staff, set_up, state):
    row = a_delivery(state=state, attempts=6, next_at=timezone.now() + timedelta(hours=8))
    told = staff.post(f"{PAGE}/{row.pk}/send", follow=True)
    assert told.redirect_chain == [(f"{PAGE}/{row.pk}", 302)]
    row.refresh_from_db()
    assert (row.state, row.attempts, row.is_put_off) == ("waiting", 0, False)
    assert AuditEntry.objects.get(verb="webhook.sent_again").user.username == "admin"


def test_all_that_failed_is_sent_again_at_once(staff, set_up):
    rows = [a_delivery(state=state, attempts=6) for state in ("failed", "failed", "delivered")]
    WebhookDelivery.objects.filter(pk=rows[1].pk).update(endpoint="one that was taken out")
    assert "Send all failed again" not in staff.get(PAGE).text
    assert "Send all failed again" in staff.get(f"{PAGE}?state=failed").text
    told = staff.post(f"{PAGE}/failed", follow=True).text
    assert "1 delivery will be sent again by the worker." in told
    states = WebhookDelivery.objects.order_by("pk").values_list("state", flat=True)
    assert [*states] == ["waiting", "failed", "delivered"]
    assert "Nothing failed that could" in staff.post(f"{PAGE}/failed", follow=True).text


def test_what_is_being_sent_is_not_sent_again(staff, set_up):
    row = a_delivery(state="sending", attempts=1)
    assert "It is being sent just now." in staff.post(f"{PAGE}/{row.pk}/send", follow=True).text
    row.refresh_from_db()
    assert row.state == "sending"


def test_a_delivery_shows_what_was_sent_and_what_came_back(staff, set_up):
    row = a_delivery(
        state="failed", attempts=6, last_at=timezone.now(), status_code=500, duration_ms=12,
        response="<script>alert(1)</script>", error="It answered 500. Given up after 6 attempts.",
    )  # fmt: skip
    text = staff.get(f"{PAGE}/{row.pk}").text
    for shown in (row.event.event_id, "6 of 6", "after 12 ms", "Given up after 6 attempts."):
        assert shown in text
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text


def test_a_delivery_that_is_not_there_says_so(staff):
    assert staff.get(f"{PAGE}/999").status_code == 404
    assert staff.post(f"{PAGE}/999/send").status_code == 404


def test_the_list_is_narrowed_by_state(staff, set_up):
    a_delivery(state="delivered")
    a_delivery(state="failed", error="It answered 418.")
    text = staff.get(f"{PAGE}?state=failed").text
    assert "It answered 418." in text
    assert text.count(f'href="{PAGE}/') == 1
    assert "None in this state" in staff.get(f"{PAGE}?state=sending").text
    assert "There is no such state." in staff.get(f"{PAGE}?state=%00").text


def test_what_waits_without_a_worker_says_so(staff, set_up):
    a_delivery()
    assert "No worker has run yet" in staff.get(PAGE).text
    beat()
    assert "No worker" not in staff.get(PAGE).text


def test_the_page_asks_again_while_something_is_on_its_way(staff, set_up):
    beat()
    row = a_delivery()
    assert 'hx-trigger="every 3s"' in staff.get(PAGE).text
    WebhookDelivery.objects.filter(pk=row.pk).update(state="delivered", attempts=1)
    part = staff.get(PAGE, headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<section class="card" id="deliveries"')
    assert "every 3s" not in part


def test_the_page_costs_the_same_for_few_and_for_many_and_stays_light(staff, set_up, settings):
    make_engagement()
    settings.WEBHOOK_URLS = [URL, "https://other.example/" + "a-long-path/" * 20]
    for _ in range(2):
        ping(endpoints(), now=timezone.now())
    few = cost(staff, PAGE)
    for _ in range(60):
        ping(endpoints(), now=timezone.now())
    WebhookDelivery.objects.update(response="x" * 4000, error="e" * 300, last_at=timezone.now())
    assert cost(staff, PAGE) == few <= MOST_QUERIES
    assert len(staff.get(f"{PAGE}?size=40").content) <= MOST_HTML
    one = WebhookDelivery.objects.first()
    assert cost(staff, f"{PAGE}/{one.pk}") <= MOST_QUERIES

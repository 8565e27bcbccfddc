"""Ending the weekly mail and asking for it; its settings, and the worker that sends it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.core.checks import run_checks
from django.core.management import CommandError
from django.test import Client

from insights.briefing import sending
from insights.briefing.subscribing import token_of
from insights.models import BriefingSubscription
from psinsights.lib.audit import AuditEntry
from psinsights.lib.environment import Environment
from tests.briefing_mail import BASE, halden, ines, of_that_day, post, run
from tests.factories import (
    signed_in,
)

__all__ = ["halden", "ines", "of_that_day", "post"]
pytestmark = pytest.mark.django_db


# Ending it ───────────────────────────────────────────────────────────────────


def stop_of(mail) -> str:
    return urlsplit(mail["List-Unsubscribe"].strip(" <>")).path


def test_one_click_without_cookies_ends_it(post, halden, ines):
    run()
    mail = post.arrived[0]
    assert mail["List-Unsubscribe"].strip().startswith(f"<{BASE}/briefing/unsubscribe/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    client = Client(enforce_csrf_checks=True)
    answer = client.post(stop_of(mail), {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.cookies) == (200, {})
    assert not BriefingSubscription.objects.get().is_on
    assert AuditEntry.objects.get(verb="briefing.unsubscribed").user == ines


def test_a_scanner_that_follows_the_link_changes_nothing(post, halden, ines):
    run()
    for method in ("get", "head", "options"):
        getattr(Client(), method)(stop_of(post.arrived[0]))
    assert BriefingSubscription.objects.get().is_on
    assert "End the weekly briefing?" in Client().get(stop_of(post.arrived[0])).text


def test_the_button_of_the_page_ends_it_with_the_token_of_the_page(ines):
    path = f"/briefing/unsubscribe/{token_of(ines)}"
    client = Client(enforce_csrf_checks=True)
    assert client.post(path).status_code == 403
    assert BriefingSubscription.objects.get().is_on
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(path).text)[1]
    answer = client.post(path, {"csrfmiddlewaretoken": token}, follow=True)
    assert "The weekly briefing is off" in answer.text
    assert "Subscribe again" not in answer.text
    assert not BriefingSubscription.objects.get().is_on


def test_who_is_signed_in_can_subscribe_again_there(ines):
    path = f"/briefing/unsubscribe/{token_of(ines)}"
    client = signed_in("ines")
    client.post(path, {"List-Unsubscribe": "One-Click"})
    assert "Subscribe again" in client.get(path).text
    assert client.post("/settings/briefing", {"on": "on", "scope": "all"}).status_code == 302
    assert BriefingSubscription.objects.get().is_on
    assert "Subscribe again" not in signed_in("omar").get(path).text


@pytest.mark.parametrize("forged", ["1", "1:abc", "x:y", ":", "1:" + "a" * 500])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_forged_link_is_not_found(ines, forged, method):
    answer = getattr(Client(), method)(
        f"/briefing/unsubscribe/{forged}", {"List-Unsubscribe": "One-Click"}
    )
    assert answer.status_code == 404
    assert "Sign in and switch it off" in answer.text
    assert BriefingSubscription.objects.get().is_on


def test_a_link_of_somebody_who_is_gone_is_not_found(ines):
    path = f"/briefing/unsubscribe/{token_of(ines)}"
    ines.delete()
    assert Client().post(path, {"List-Unsubscribe": "One-Click"}).status_code == 404


def test_a_link_tells_nothing_to_others(ines):
    answer = Client().get(f"/briefing/unsubscribe/{token_of(ines)}")
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "ines" not in answer.text


def test_without_https_there_is_a_link_and_no_one_click(post, halden, ines, settings):
    settings.BASE_URL = "http://127.0.0.1:8000"
    run()
    assert post.arrived[0]["List-Unsubscribe"]
    assert post.arrived[0]["List-Unsubscribe-Post"] is None


# Asking for it ───────────────────────────────────────────────────────────────


def test_it_is_off_until_somebody_asks_for_it():
    text = signed_in("ines", email="ines@example.org").get("/settings").text
    assert re.search(r'<input type="checkbox" name="on">', text)
    assert "Sent to ines@example.org." in text


def test_a_person_subscribes_with_an_address_where_they_had_none():
    client = signed_in("ines")
    answer = client.post(
        "/settings/briefing",
        {"on": "on", "scope": "mine", "email": "ines@example.org"},
        follow=True,
    )
    assert "The weekly briefing is sent to ines@example.org." in answer.text
    kept = BriefingSubscription.objects.select_related("user").get()
    assert (kept.is_on, kept.scope, kept.user.email) == (True, "mine", "ines@example.org")
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"account.email", "briefing.subscribed"} <= verbs
    assert not AuditEntry.objects.filter(detail__contains="@").exists()


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("", "Say which address the briefing is sent to."),
        ("ines", "That is no e-mail address"),
        ("ines@example.org\nBcc: x@y.z", "That is no e-mail address"),
    ],
)
def test_a_wish_without_an_address_is_refused_with_a_sentence(email, sentence):
    answer = signed_in("ines").post(
        "/settings/briefing", {"on": "on", "scope": "mine", "email": email}
    )
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not BriefingSubscription.objects.exists()


def test_an_address_that_is_known_is_not_changed_here():
    client = signed_in("ines", email="ines@example.org")
    client.post("/settings/briefing", {"on": "on", "scope": "all", "email": "other@example.org"})
    assert get_user_model().objects.get(username="ines").email == "ines@example.org"


def test_a_viewer_may_ask_for_it_and_end_it():
    client = signed_in("vera", role="viewer", email="vera@example.org")
    assert client.post("/settings/briefing", {"on": "on", "scope": "all"}).status_code == 302
    assert BriefingSubscription.objects.get().is_on
    client.post("/settings/briefing", {"scope": "all"})
    assert not BriefingSubscription.objects.get().is_on


def test_how_the_last_mails_fared_is_shown(post, halden, ines):
    post.refused.add("ines@example.org")
    with pytest.raises(CommandError):
        run()
    text = signed_in("ines").get("/settings/briefing").text
    assert "The mail server refused the address (550). The next run tries again." in text


# Settings and the worker ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"BASE_URL": ""}, "insights.E003"),
        ({"BASE_URL": "insights.example"}, "insights.E002"),
        ({"BASE_URL": "https://u:p@insights.example"}, "insights.E002"),
        ({"BRIEFING_FROM": "PS Insights <ps-insights@localhost>"}, "insights.E004"),
        ({"BRIEFING_FROM": "nobody"}, "insights.E004"),
    ],
)
def test_mail_without_a_base_or_a_sender_is_an_error(post, settings, given, said):
    for name, value in given.items():
        setattr(settings, name, value)
    assert said in {problem.id for problem in run_checks()}
    with pytest.raises(CommandError):
        run()


@pytest.mark.parametrize(
    "given",
    ["smtps://u:canary@h", "smtp+tls://", "h:25", "foo+bar://h", "smtp://u:canary@h:port"],
)
def test_an_address_of_no_mail_server_is_refused_without_its_password(monkeypatch, given):
    monkeypatch.setenv("EMAIL_URL", given)
    environment = Environment()
    assert environment.mail("EMAIL_URL", "consolemail://")["EMAIL_BACKEND"].endswith(
        "console.EmailBackend"
    )
    (problem,) = environment.problems
    assert (problem.name, problem.message) == ("EMAIL_URL", "is not the URL of a mail server")
    assert "canary" not in repr(problem)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            "smtp+tls://in%40es:p%2Fw@mail.example",
            ("mail.example", 587, "in@es", "p/w", True, None),
        ),
        ("smtp+ssl://mail.example", ("mail.example", 465, None, None, None, True)),
        ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, None, None, None, None)),
    ],
)
def test_an_address_says_host_port_login_and_tls(monkeypatch, given, expected):
    monkeypatch.setenv("EMAIL_URL", given)
    said = Environment().mail("EMAIL_URL", "consolemail://")
    names = (
        "EMAIL_HOST",
        "EMAIL_PORT",
        "EMAIL_HOST_USER",
        "EMAIL_HOST_PASSWORD",
        "EMAIL_USE_TLS",
        "EMAIL_USE_SSL",
    )
    assert tuple(said.get(name) for name in names) == expected


def test_the_worker_sends_on_its_day_from_its_hour(post, halden, ines, settings):
    thursday = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
    assert not sending.send_due(thursday)  # no day is set
    settings.BRIEFING_DAY, settings.BRIEFING_HOUR = "thu", 7
    assert not sending.send_due(thursday)
    assert not sending.send_due(thursday + timedelta(days=1, hours=2))
    assert sending.send_due(thursday + timedelta(hours=1))
    assert not sending.send_due(thursday + timedelta(hours=2))
    assert len(post.arrived) == 1

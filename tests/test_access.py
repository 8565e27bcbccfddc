"""Closed by default: who gets in, what demo mode opens, and what every answer carries."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.factories import make_engagement, signed_in

pytestmark = pytest.mark.django_db
OPEN = {"/login", "/api/health", "/api/openapi.json"}
EXAMPLES = {"int": "1", "str": "health_summary", "path": "ENG-1", "slug": "a"}
PARAMETER = re.compile(r"<(?:(\w+):)?\w+>")
POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'",
    "img-src": "'self' data:", "font-src": "'self'", "connect-src": "'self'",
    "form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'",
}  # fmt: skip


def addresses(resolver: URLResolver | None = None, start: str = "/") -> Iterator[str]:
    """Every address of the URLconf, with an example for each parameter."""
    for entry in (resolver or get_resolver()).url_patterns:
        text = start + PARAMETER.sub(lambda m: EXAMPLES[m[1] or "str"], str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from addresses(entry, text)
        elif isinstance(entry, URLPattern):
            yield text.replace("^", "none-such")


ALL = sorted(set(addresses()))
BY_SECRET = ("/shared/", "/welcome/", "/briefing/unsubscribe/")  # open to whoever has the link
SHARED = [address for address in ALL if address.startswith(BY_SECRET)]
PAGES = [a for a in ALL if not a.startswith("/api/") and a not in OPEN and a not in SHARED]
API = [address for address in ALL if address.startswith("/api/") and address not in OPEN]


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ines(db):
    return get_user_model().objects.create_user("ines", password="a-long-pass-phrase")


def sign_in(client, password="a-long-pass-phrase", **more):
    return client.post("/login", {"username": "ines", "password": password, **more})


# Without a login ─────────────────────────────────────────────────────────────


def test_the_walk_over_the_addresses_finds_them_all():
    assert {"/", "/settings", "/metrics", "/metrics.csv", "/engagements/ENG-1"} <= set(PAGES)
    assert {"/api/dashboard", "/api/insights/generate", "/api/data/regenerate"} <= set(API)


@pytest.mark.parametrize("address", [a for a in PAGES if a != "/logout"])
def test_a_page_asks_for_a_login(address):
    for method in ("get", "post"):
        answer = getattr(Client(), method)(address)
        if answer.status_code == 404:
            assert address == "/ENG-1"  # an address that holds nothing is nobody's secret
            continue
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login?next=/")


@pytest.mark.parametrize("address", [a for a in API if "none-such" not in a])
def test_the_api_answers_nobody_with_401_or_405(address):
    for method in ("get", "post"):
        answer = getattr(Client(), method)(address, content_type="application/json")
        assert answer.status_code in (401, 405)
        assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("address", SHARED)
def test_a_shared_link_that_is_not_known_is_not_found(address):
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize("address", sorted(OPEN))
def test_login_health_and_the_description_are_open(address):
    assert Client().get(address).status_code == 200


# Signing in ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "place",
    [
        "//evil.example", "https://evil.example/", "http:evil.example", "javascript:alert(1)",
        "/\\evil.example", "\\\\evil.example", "///evil.example", "https:///evil.example",
        " //evil.example", "http://testserver@evil.example/",
    ],
)  # fmt: skip
def test_signing_in_leads_to_no_other_site(ines, place):
    assert sign_in(Client(), next=place)["Location"] == "/"


def test_signing_in_leads_back_to_the_page_that_was_asked_for(ines):
    client = Client()
    asked = client.get("/metrics?days=7")["Location"]
    assert asked == "/login?next=/metrics%3Fdays%3D7"
    assert sign_in(client, next="/metrics?days=7")["Location"] == "/metrics?days=7"


def test_a_session_of_before_is_not_kept_after_signing_in(ines):
    client = Client()
    client.get("/login")
    session = client.session
    session["planted"] = "yes"
    session.save()
    before = session.session_key
    sign_in(client)
    assert client.session.session_key != before


def test_five_wrong_passwords_lock_the_account_even_for_the_right_one(ines):
    client = Client()
    for _ in range(5):
        last = sign_in(client, password="wrong")
    assert last.status_code == 429
    assert sign_in(client).status_code == 429
    assert "_auth_user_id" not in client.session


def test_a_lock_is_of_one_account_and_address(ines):
    client = Client()
    for _ in range(5):
        sign_in(client, password="wrong")
    assert sign_in(Client(REMOTE_ADDR="10.1.1.1")).status_code == 302


def test_a_wrong_name_is_told_as_a_wrong_password_is(ines):
    wrong_password = sign_in(Client(), password="wrong")
    wrong_name = Client().post("/login", {"username": "nobody", "password": "wrong"})
    sentence = "User name or password is wrong."
    assert sentence in wrong_password.text
    assert sentence in wrong_name.text


# Forged requests ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("address", [*PAGES, "/login"])
def test_every_unsafe_request_needs_the_token_of_the_page(address):
    client = Client(enforce_csrf_checks=True)
    client.force_login(get_user_model().objects.create(username="omar", is_staff=True))
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(address).status_code == 403, method


@pytest.mark.parametrize("address", API)
def test_a_session_alone_changes_nothing_over_the_api(address):
    client = Client(enforce_csrf_checks=True)
    client.force_login(get_user_model().objects.create(username="omar", is_staff=True))
    answer = client.post(address, "{}", content_type="application/json")
    assert answer.status_code in (403, 404, 405)


# Demo mode ───────────────────────────────────────────────────────────────────


@pytest.fixture
def demo(settings):
    settings.DEBUG = settings.DEMO = True
    settings.ALLOWED_HOSTS = ["*"]  # so that the door itself is tried, not Django's list


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:9", "[::1]:8000"])
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1"])
def test_demo_mode_opens_on_this_machine_and_says_so(demo, host, peer):
    answer = Client(REMOTE_ADDR=peer, headers={"host": host}).get("/settings")
    assert answer.status_code == 200
    assert "<b>Demo mode.</b> Anyone on this computer" in answer.text


@pytest.mark.parametrize(
    "given",
    [
        {"headers": {"host": "insights.example"}},
        {"headers": {"host": "127.0.0.1.evil.example"}},
        {"headers": {"host": "localhost.evil.example:80"}},
        {"headers": {"host": "[2001:db8::1]:8000"}},
        {"headers": {"host": "0.0.0.0:8000"}},
        {"REMOTE_ADDR": "10.0.0.7"},
        {"REMOTE_ADDR": "::ffff:10.0.0.7"},
        {"REMOTE_ADDR": ""},
        {"headers": {"X-Forwarded-For": "10.0.0.7"}},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"X-Forwarded-Host": "insights.example"}},
        {"headers": {"X-Real-IP": "127.0.0.1"}},
        {"headers": {"Forwarded": "for=127.0.0.1"}},
        {"headers": {"Via": "1.1 proxy"}},
    ],
)
def test_demo_mode_stays_shut_for_everybody_else(demo, given):
    here = {"REMOTE_ADDR": "127.0.0.1"} | {k: v for k, v in given.items() if k != "headers"}
    headers = {"host": "127.0.0.1"} | given.get("headers", {})
    answer = Client(**here, headers=headers).get("/settings")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login")


def test_demo_mode_needs_debug(settings):
    settings.DEMO, settings.DEBUG = True, False
    assert Client(headers={"host": "127.0.0.1"}).get("/settings").status_code == 302


def test_nobody_can_sign_in_as_the_demo_person(demo, settings):
    Client(headers={"host": "127.0.0.1"}).get("/settings")
    settings.DEMO = False
    for password in ("", "demo", "!"):
        answer = Client().post("/login", {"username": "demo", "password": password})
        assert answer.status_code == 200
        assert "_auth_user_id" not in answer.wsgi_request.session


def test_demo_mode_keeps_the_check_against_forged_requests(demo):
    client = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})
    assert client.post("/settings/load").status_code == 403


# What every answer carries ───────────────────────────────────────────────────


@pytest.fixture
def omar():
    make_engagement(engagement_id="ENG-1")
    return signed_in("omar", is_staff=True)


@pytest.mark.parametrize("address", [*ALL, "/none/such", "/engagements/none-such"])
def test_every_answer_has_the_headers_and_is_not_kept(omar, address):
    answer = omar.get(address)
    answer.close()  # a file that nobody reads
    assert answer.status_code < 500
    policy = dict(
        part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";")
    )
    assert policy == POLICY
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Request-ID"]


@pytest.mark.parametrize("address", [a for a in PAGES if not a.endswith(".csv")])
def test_no_page_has_anything_inline(omar, address):
    answer = omar.get(address)
    text = answer.getvalue().decode("utf-8", "replace") if answer.streaming else answer.text
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:", text)


def test_no_page_asks_another_site_for_anything(omar):
    for address in (
        "/",
        "/engagements",
        "/engagements/ENG-1",
        "/insights",
        "/metrics",
        "/settings",
    ):
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', omar.get(address).text)


def test_a_request_id_of_a_proxy_is_kept_only_when_it_is_harmless(omar):
    assert omar.get("/", headers={"X-Request-ID": "abc-123"})["X-Request-ID"] == "abc-123"
    hostile = omar.get("/", headers={"X-Request-ID": "x" * 100 + "<script>"})["X-Request-ID"]
    assert "<" not in hostile


def test_a_host_nobody_named_is_refused(ines):
    assert Client(headers={"host": "evil.example"}).get("/login").status_code == 400


# With https ──────────────────────────────────────────────────────────────────


PRODUCTION = """
import django
from django.conf import settings
settings.STORAGES["staticfiles"]["BACKEND"] = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
)
django.setup()
from django.contrib.auth import get_user_model
from django.test import Client
get_user_model().objects.create_user("ines", password="a-long-pass-phrase")
client = Client(headers={"host": "insights.example"})
print("plain", client.get("/login").status_code, client.get("/login")["Location"])
client.get("/login", secure=True)
answer = client.post("/login", {"username": "ines", "password": "a-long-pass-phrase"}, secure=True)
print("hsts", answer["Strict-Transport-Security"])
for name in ("sessionid", "csrftoken"):
    cookie = client.cookies[name]
    print(name, bool(cookie["secure"]), bool(cookie["httponly"]), cookie["samesite"])
spoofed = client.get("/login", headers={"X-Forwarded-Proto": "https"})
print("spoofed", spoofed.status_code)
"""


def test_https_means_secure_cookies_hsts_and_a_redirect(own_database):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "psinsights.settings",
        "DEBUG": "false",
        "DEMO": "false",
        "HTTPS": "true",
        "SECRET_KEY": "x" * 50,
        "ALLOWED_HOSTS": "insights.example",
        "DATABASE_URL": f"sqlite:///{own_database}",
    }
    done = subprocess.run(
        [sys.executable, "-c", PRODUCTION], cwd=django_settings.BASE_DIR, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "plain 301 https://insights.example/login",
        "hsts max-age=31536000; includeSubDomains; preload",
        "sessionid True True Lax",
        "csrftoken True False Lax",
        "spoofed 301",
    ], done.stderr[-2000:]

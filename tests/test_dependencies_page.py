"""The page of dependencies: services as they were last seen, and the packages that run here."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from connectors.models import Load, OutboxEntry
from insights.models import BriefingDelivery, ProviderState
from psinsights.heartbeat import SILENT_AFTER, WorkerBeat, beat
from psinsights.packages import PURPOSE, brought_along, packages, plain
from psinsights.webhooks.endpoints import endpoints
from psinsights.webhooks.events import ping
from tests.factories import DAY, signed_in
from tests.test_query_counts import MOST_HTML, MOST_QUERIES, cost

PAGE = "/settings/dependencies"
ROOT = Path(django_settings.BASE_DIR)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DECLARED = [re.split(r"[<>=\[!~ ]", line)[0] for line in PROJECT["dependencies"]]
IMPORTED = {
    "django-environ": "environ", "django-axes": "axes", "django-csp": "csp",
    "python-json-logger": "pythonjsonlogger", "databricks-sql-connector": "databricks.sql",
    "databricks-sdk": "databricks.sdk", "django-template-partials": "template_partials",
}  # fmt: skip
ROOMS = ("psinsights", "engagements", "connectors", "insights", "metrics")

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return signed_in("admin", is_staff=True)


def row_of(text: str, name: str) -> str:
    """What the page says of one service or package."""
    rows = re.findall(r"<tr>.*?</tr>", text, re.DOTALL)
    [found] = [row for row in rows if re.search(rf">{re.escape(name)}<", row)]
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


# Packages ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", DECLARED)
def test_each_declared_package_is_listed_with_its_version_licence_and_purpose(staff, name):
    told = row_of(staff.get(PAGE).text, name)
    assert metadata.version(name) in told
    assert PURPOSE[plain(name)] in told.replace("&#x27;", "'")
    [package] = [one for one in packages() if one.name == name]
    assert package.licence not in ("", "Not stated")


def test_what_is_optional_says_for_what(staff):
    assert "Optional, extra postgres" in row_of(staff.get(PAGE).text, "psycopg")
    assert {one.extra for one in packages()} == {"", "postgres"}


def test_no_package_has_a_purpose_that_is_not_declared():
    assert set(PURPOSE) == {plain(one.name) for one in packages()}


@pytest.mark.parametrize("name", DECLARED)
def test_each_declared_package_is_used(name):
    module = re.escape(IMPORTED.get(name, name.replace("-", "_")))
    used = re.compile(rf"""(?m)^\s*(?:from|import) {module}\b|["']{module}\b""")
    assert used.search(our_code())


@cache
def our_code() -> str:
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return "\n".join(path.read_text("utf-8") for path in files if path.name != "packages.py")


def test_what_comes_along_is_counted_from_the_lock_file_s_packages():
    pinned = set(re.findall(r"(?m)^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text()))
    assert 20 < brought_along() <= len({plain(name) for name in pinned}) - len(DECLARED)


def test_python_and_django_say_until_when_they_are_cared_for(staff):
    text = staff.get(PAGE).text
    assert "April 2028" in text
    assert "is the end of its security support" in text


# Services ─────────────────────────────────────────────────────────────────────


def test_a_worker_that_never_ran_is_told(staff):
    told = row_of(staff.get(PAGE).text, "Worker")
    assert "Never seen" in told
    assert "Start manage.py up" in told


def test_a_worker_that_works_is_told(staff):
    beat()
    assert "Works" in row_of(staff.get(PAGE).text, "Worker")


def test_a_worker_that_stopped_is_told_with_when_it_was_seen_last(staff):
    beat()
    WorkerBeat.objects.update(at=timezone.now() - SILENT_AFTER - timedelta(minutes=2))
    told = row_of(staff.get(PAGE).text, "Worker")
    assert "Silent" in told
    assert "5 min ago" in told


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_a_worker_leaves_its_beat(staff):
    from tests.processes import manage

    manage("work", "--once").communicate(timeout=60)
    assert "Works" in row_of(staff.get(PAGE).text, "Worker")


def test_the_beat_is_one_of_the_worker_s_jobs():
    from psinsights.jobs import JOBS

    assert "beat" in [job.__name__ for job in JOBS]


def test_a_source_says_when_it_was_loaded_and_why_it_failed(staff):
    assert "Never loaded" in row_of(staff.get(PAGE).text, "Data source: JSON files")
    now = timezone.now()
    Load.objects.create(state="done", finished_at=now - timedelta(hours=1), source="x")
    assert "Loaded" in row_of(staff.get(PAGE).text, "Data source: JSON files")
    Load.objects.create(state="failed", finished_at=now, error="engagements.json is broken.")
    told = row_of(staff.get(PAGE).text, "Data source: JSON files")
    assert "The newest load failed" in told
    assert "engagements.json is broken." in told


def test_a_model_that_is_left_alone_says_so(staff, settings):
    settings.AI_PROVIDER, settings.HF_TOKEN = "huggingface", "hf_canary"
    assert "Not asked yet" in staff.get(PAGE).text
    state = {"failures": 3, "last_at": timezone.now(), "last_ok": False}
    ProviderState.objects.create(
        provider="huggingface", open_until=timezone.now() + timedelta(minutes=1), **state
    )
    text = staff.get(PAGE).text
    assert "Left alone after 3 failures" in text
    assert "canary" not in text


def test_rows_that_the_source_refused_are_told(staff):
    OutboxEntry.objects.create(table="ps_ai_metrics", key="M-1", payload={}, state="parked")
    assert "Refused 1 row" in row_of(staff.get(PAGE).text, "Writing back to the source")


def test_webhooks_that_failed_are_told(staff, settings):
    settings.WEBHOOK_URLS = ["https://hooks.example/in?key=canary"]
    assert "Nothing was sent yet" in row_of(staff.get(PAGE).text, "Webhooks")
    ping(endpoints(), now=timezone.now()).deliveries.update(state="failed")
    told = row_of(staff.get(PAGE).text, "Webhooks")
    assert "1 delivery failed" in told
    assert "canary" not in told


def test_a_mail_that_was_not_taken_is_told(staff, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert "Not used yet" in row_of(staff.get(PAGE).text, "Mail server")
    given = {"week": DAY, "first": DAY, "last": DAY, "claimed_at": timezone.now()}
    person = get_user_model().objects.get(username="admin")
    BriefingDelivery.objects.create(user=person, state="failed", error="It refused.", **given)
    told = row_of(staff.get(PAGE).text, "Mail server")
    assert "The last mail failed" in told
    assert "It refused." in told


def test_somebody_who_is_no_staff_sees_states_and_no_internals(settings):
    settings.WEBHOOK_URLS = ["https://hooks.example/in"]
    Load.objects.create(state="failed", finished_at=timezone.now(), error="/srv/data is broken.")
    text = signed_in().get(PAGE).text
    assert "The newest load failed" in text
    for hidden in (
        "SQLite",
        "PostgreSQL",
        "hooks.example",
        "/srv/data",
        metadata.version("django"),
    ):
        assert hidden not in text
    assert "msgspec" not in text


def test_the_page_asks_nothing_of_the_network_and_costs_little(staff, settings):
    settings.AI_PROVIDER, settings.HF_TOKEN = "huggingface", "hf_canary"
    settings.WEBHOOK_URLS = ["https://hooks.example/in"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    Load.objects.create(state="failed", finished_at=timezone.now(), error="It is broken.")
    assert cost(staff, PAGE) <= MOST_QUERIES
    assert len(staff.get(PAGE).content) <= MOST_HTML

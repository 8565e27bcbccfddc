"""The run and audit log: who did what, and what was loaded and generated, narrowed and paged."""

from __future__ import annotations

import pytest
from django.test import Client

from connectors.models import Load
from insights.models import Generation
from psinsights.models import AuditEntry
from tests.factories import make_engagement

pytestmark = pytest.mark.django_db
LOG = "/settings/log"


@pytest.fixture
def staff(client: Client, manager) -> Client:
    client.force_login(manager)
    return client


def test_the_audit_log_comes_first(staff, manager):
    AuditEntry.objects.create(user=manager, verb="token.created", subject="1", detail="Nightly")
    text = staff.get(LOG).text
    assert "token.created" in text
    assert "Nightly" in text


@pytest.mark.parametrize("words", ["token", "TOKEN created", "manager", "sub-7"])
def test_the_audit_log_is_found_by_what_on_what_and_who(staff, manager, words):
    AuditEntry.objects.create(user=manager, verb="token.created", subject="sub-7")
    AuditEntry.objects.create(user=None, verb="load", subject="x")
    text = staff.get(LOG, {"q": words}).text
    assert "token.created" in text
    assert ">load<" not in text


def test_loads_and_generations_are_narrowed_by_state(staff):
    row = make_engagement(customer_name="Halden")
    for state in ("done", "failed"):
        error = "The file is gone." if state == "failed" else ""
        Load.objects.create(source=f"src-{state}", state=state, error=error)
        Generation.objects.create(engagement=row, insight_type="risk_detection", state=state)
    loads = staff.get(LOG, {"log": "loads", "state": "failed"}).text
    assert "The file is gone." in loads
    assert "src-done" not in loads
    assert staff.get(LOG, {"log": "generations"}).text.count(">Halden<") == 2
    assert staff.get(LOG, {"log": "generations", "state": "done"}).text.count(">Halden<") == 1


@pytest.mark.parametrize("asked", [{"log": "none-such"}, {"log": "loads", "state": "odd"}])
def test_what_is_not_understood_is_said(staff, asked):
    answer = staff.get(LOG, asked)
    assert answer.status_code == 422
    assert "is not one of the available choices" in answer.text


def test_words_that_match_nothing_lead_back(staff, manager):
    AuditEntry.objects.create(user=manager, verb="load")
    text = staff.get(LOG, {"q": "nothing-like-it"}).text
    assert "Nothing matches" in text
    assert 'href="?log=audit"' in text


def test_pages_keep_what_was_asked(staff, manager):
    AuditEntry.objects.bulk_create(AuditEntry(user=manager, verb=f"v{n}") for n in range(120))
    assert "?log=audit&amp;q=v&amp;page=2" in staff.get(LOG, {"q": "v"}).text


def test_a_fragment_is_the_rows_alone(staff):
    text = staff.get(LOG, headers={"HX-Request": "true"}).text
    assert text.lstrip().startswith('<div id="entries">')
    assert "<html" not in text


@pytest.mark.parametrize("key", ["audit", "loads", "generations"])
def test_cost_does_not_grow_with_rows(staff, manager, django_assert_max_num_queries, key):
    rows = [make_engagement() for _ in range(12)]
    AuditEntry.objects.bulk_create(AuditEntry(user=manager, verb="load") for _ in range(40))
    Load.objects.bulk_create(Load(state="done") for _ in range(40))
    for row in rows:
        Generation.objects.create(engagement=row, insight_type="risk_detection", state="done")
    staff.get(LOG)  # the first visit of a day is counted
    with django_assert_max_num_queries(8):
        staff.get(LOG, {"log": key})

"""Addresses that nobody meant: an answer that says so, never an error of ours."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import make_engagement, make_note, signed_in

pytestmark = pytest.mark.django_db
HUGE = "1" + "0" * 23
ODD = [
    "abc",
    HUGE,
    "-1",
    "0",
    "1.5",
    "½",
    "٣",
    "%00",
    "%FF",
    "1" * 5000,
    "x" * 60_000,
    "'; --",
    "{{7*7}}",
]
LIST = [
    "page",
    "size",
    "q",
    "status",
    "health",
    "phase",
    "type",
    "owner",
    "ends",
    "after",
    "before",
    "view",
    "sort",
]
ONE = ["at", "entries", "tasks", "timeline"]


@pytest.fixture
def client():
    make_note(make_engagement(engagement_id="ENG-1"), note_id="N-1")
    return signed_in()


@pytest.mark.parametrize("value", ODD, ids=lambda value: value[:12])
def test_the_list_answers_any_value_of_any_parameter(client, value):
    for name in LIST:
        answer = client.get(f"/engagements?{name}={value}")
        assert answer.status_code == 200, name
        assert len(answer.content) < 60_000, name


@pytest.mark.parametrize("value", ODD, ids=lambda value: value[:12])
def test_an_engagement_answers_any_value_of_any_parameter(client, value):
    for name in ONE:
        answer = client.get(f"/engagements/ENG-1?{name}={value}")
        assert answer.status_code == 200, name
        assert len(answer.content) < 60_000, name


@pytest.mark.parametrize(
    "key", [HUGE, "9" * 100_000, "%00", "a%00b", "..%2F..%2Fetc", "%FF", "ENG-1/", "<script>"]
)
def test_an_id_that_is_none_is_not_found(client, key):
    answer = client.get(f"/engagements/{key}")
    assert answer.status_code == 404
    assert len(answer.content) < 5_000


@pytest.mark.parametrize(
    "path", ["/nowhere", "/engagements/", "/a/b/c", "/%00", "/" + "x" * 60_000]
)
def test_an_address_that_holds_nothing_has_the_products_page(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Page not found" in answer.text or "There is no engagement" in answer.text


@pytest.mark.parametrize("path", ["/", "/engagements", "/engagements/ENG-1"])
def test_pages_are_read_and_not_posted_to(client, path):
    assert client.post(path).status_code == 405


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(st.sampled_from(LIST), st.text(max_size=300), max_size=6),
    st.dictionaries(st.sampled_from(ONE), st.text(max_size=300), max_size=4),
)
def test_any_combination_is_answered(client, of_list, of_one):
    assert client.get("/engagements", of_list).status_code == 200
    assert client.get("/engagements/ENG-1", of_one).status_code == 200


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80))
def test_any_text_as_an_id_is_found_or_not(client, key):
    answer = client.get(f"/engagements/{quote(key, safe='')}")
    assert answer.status_code in (200, 404, 405)  # 405: an address below, which takes a post alone

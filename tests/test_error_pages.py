"""What went wrong is said in a sentence, with what to do, by a page that needs no database."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from psinsights import views
from psinsights.lib import logs
from tests.factories import make_engagement, signed_in


@pytest.fixture
def request_of():
    return lambda path="/": RequestFactory().get(path)


@pytest.mark.parametrize(
    ("view", "status", "words"),
    [
        (views.bad_request, 400, "could not be understood"),
        (views.forbidden, 403, "You don’t have access"),
        (views.not_found, 404, "Page not found"),
    ],
)
def test_each_page_says_what_happened_without_a_database(request_of, view, status, words):
    answer = view(request_of(), Exception("secret text"))
    assert answer.status_code == status
    assert words in answer.text
    assert "secret text" not in answer.text


def test_an_error_of_ours_gives_a_reference_and_no_trace(request_of):
    token = logs.request_id.set("7f3c-19e2")
    try:
        answer = views.broken(request_of())
    finally:
        logs.request_id.reset(token)
    assert answer.status_code == 500
    assert "ref 7f3c-19e2" in answer.text
    assert "Traceback" not in answer.text


def test_an_error_of_ours_below_api_is_json(request_of):
    answer = views.broken(request_of("/api/dashboard"))
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_a_stranger_is_asked_to_sign_in_and_comes_back():
    answer = Client().get("/engagements?q=halden")
    assert answer.status_code == 302
    assert answer["Location"] == "/login?next=/engagements%3Fq%3Dhalden"


@pytest.mark.django_db
def test_a_stranger_learns_of_no_engagement():
    make_engagement(engagement_id="ENG-1", customer_name="Halden Freight")
    for key in ("ENG-1", "ENG-2"):
        answer = Client().get(f"/engagements/{key}")
        assert answer.status_code == 302
        assert "Halden" not in answer.text


@pytest.mark.django_db
def test_htmx_of_a_stranger_is_sent_to_the_login_page():
    answer = Client().get("/engagements", headers={"HX-Request": "true"})
    assert answer["HX-Redirect"].startswith("/login")


@pytest.mark.django_db
def test_an_unknown_address_below_api_is_a_problem_in_json():
    answer = Client().get("/api/nonsense")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_a_database_that_is_gone_is_said_with_when_to_try_again():
    client = signed_in()
    client.raise_request_exception = False

    def gone(execute, sql, params, many, context):
        raise OperationalError("disk I/O error")

    with connection.execute_wrapper(gone):
        answer = client.get("/engagements")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "disk I/O" not in answer.text


@pytest.mark.django_db
def test_signing_out_takes_a_post_and_leads_to_the_login_page():
    client = signed_in()
    assert client.get("/logout").status_code == 405
    assert client.post("/logout")["Location"] == "/login"
    assert client.get("/").status_code == 302

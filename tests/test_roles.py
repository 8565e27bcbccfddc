"""Roles: what is not one's own is not there, in no list, file, search or count."""

from __future__ import annotations

import re
from itertools import product

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from engagements.membership import (
    role_of,
)
from engagements.models import Engagement
from insights.models import Generation, Insight
from psinsights.models import ApiToken
from tests.factories import (
    make_member,
)
from tests.role_parts import (
    HTMX,
    ID,
    METHODS,
    NO_OBJECT,
    OF_ENGAGEMENT,
    OPEN,
    PARAMETER,
    PERSONAL,
    PLAIN,
    ROUTES,
    SECRET,
    address,
    asked,
    coen,
    data_of_a_day,
    everything,
    keys_of,
    manager,
    mine,
    nothing_there,
    secret,
    sten,
    text_of,
    vera,
)

__all__ = ["coen", "data_of_a_day", "manager", "mine", "secret", "sten", "vera"]
pytestmark = pytest.mark.django_db


# Somebody else's engagement ──────────────────────────────────────────────────


def test_the_walk_knows_what_every_route_with_a_parameter_is_about():
    rest = {
        name
        for name, route in ROUTES.items()
        if "<" in route and name not in OF_ENGAGEMENT | OPEN | NO_OBJECT
    }
    of_staff = {name for name in rest if name.startswith("settings:")}
    assert rest - of_staff == {"engagements:remove-view"}
    assert len(OF_ENGAGEMENT) >= 16


MATRIX = [*product(METHODS, ({},)), *product(("get", "post"), (HTMX,))]


def test_an_engagement_of_others_is_not_there_for_a_consultant(secret, coen):
    before = everything()
    for name in sorted(OF_ENGAGEMENT):
        keys = keys_of(name, secret)
        there, nowhere = address(name, keys), address(name, nothing_there(keys))
        for method, headers in MATRIX:
            answer = asked(coen, method, there, headers=headers)
            absent = asked(coen, method, nowhere, headers=headers)
            # 405 is of the address alone: it says nothing about whether there is such an object.
            assert answer.status_code in (404, 405), (method, there, headers)
            assert answer.status_code == absent.status_code, (method, there, headers)
            assert SECRET not in text_of(answer)
    assert everything() == before


def test_the_same_addresses_find_it_for_a_manager(secret, manager):
    for name in sorted(OF_ENGAGEMENT - {"notes:edit"}):  # written elsewhere: nobody edits it here
        path = address(name, keys_of(name, secret))
        answers = [asked(manager, method, path).status_code for method in ("get", "post")]
        assert min(answers) < 400, (path, answers)


def test_nothing_is_there_for_a_login_without_a_role(secret, sten):
    for name in sorted(OF_ENGAGEMENT):
        path = address(name, keys_of(name, secret))
        for method, headers in MATRIX:
            answer = asked(sten, method, path, headers=headers)
            assert answer.status_code in (404, 405), (method, path)
            assert SECRET not in text_of(answer)


def test_making_one_over_the_api_needs_to_see_it(secret, coen):
    body = f'{{"engagement_id": "{ID}", "insight_type": "health_summary"}}'
    answer = coen.post("/api/insights/generate", body, content_type="application/json")
    assert answer.status_code == 404


def test_making_one_from_the_form_needs_to_see_it(secret, coen):
    before = Generation.objects.count()
    given = {"engagement_id": ID, "insight_type": "health_summary"}
    assert coen.post("/insights", given).status_code == 404
    assert Generation.objects.count() == before


def test_many_are_made_of_ones_own_alone(secret, coen, mine):
    coen.post("/insights/bulk", {"scope": "active", "type": "health_summary"})
    made = Generation.objects.filter(bulk__requested_by__username="coen")
    assert set(made.values_list("engagement", flat=True)) == {mine.pk}


# Lists, searches, files, counts ──────────────────────────────────────────────


LISTS = [
    "/", "/?scope=all", "/?scope=mine", "/engagements", "/engagements?q=zyxwin",
    "/engagements?view=critical", "/engagements?sort=-health", "/engagements.csv",
    "/engagements.xlsx", "/insights", f"/insights?engagement={ID}", "/insights?engagement=zyxwin",
    "/search?q=zyxwin", "/search?q=blocked", "/search?q=cut", "/search?q=ENG-ZYX",
    "/briefing", "/briefing?scope=all", "/briefing?scope=mine", "/settings",
    "/api/engagements", "/api/engagements?q=zyxwin", "/api/engagements?owner=TM-11",
    "/api/insights", f"/api/insights?engagement_id={ID}", "/api/dashboard", "/api/metrics",
]  # fmt: skip
SHOWS_IT = [
    "/", "/engagements", "/engagements.csv", "/engagements.xlsx", "/insights",
    "/search?q=zyxwin", "/search?q=blocked", "/briefing", "/api/engagements", "/api/insights",
    "/api/dashboard",
]  # fmt: skip


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_no_list_search_file_or_feed_names_what_is_not_ones_own(secret, coen, headers):
    for path in [*LISTS, *PLAIN.values()]:
        text = text_of(coen.get(path, headers=headers))
        told = text.replace("q=zyxwin", "").replace("zyxwin", "")  # the question is shown again
        for word in (SECRET, "Zoe Xu", "Zyxwin"):
            assert word not in told, path


def test_the_same_lists_name_it_to_a_manager(secret, manager):
    for path in SHOWS_IT:
        assert "Zyxwin" in text_of(manager.get(path)).replace("<mark>", "").replace(
            "</mark>", ""
        ), path


def test_counts_are_of_ones_own(secret, coen, manager):
    assert coen.get("/api/metrics").json()["total_engagements"] == 1
    assert coen.get("/api/metrics").json()["stored_insights"] == 0
    assert manager.get("/api/metrics").json()["total_engagements"] == 2
    assert coen.get("/api/dashboard").json()["engagements_total"] == 1
    assert coen.get("/api/engagements")["X-Total-Count"] == "1"
    assert coen.get("/api/insights")["X-Total-Count"] == "0"


def test_a_consultant_works_on_their_own(coen, mine):
    place = f"/engagements/{mine.pk}"
    assert coen.post(f"{place}/insights/health_summary").status_code == 302
    assert Insight.objects.get().requested_by == "coen"
    assert coen.post(f"{place}/notes/new", {"content": "All is well.", "draft": "d"}).status_code
    assert mine.notes.filter(content="All is well.").exists()
    assert coen.post(f"{place}/share", {"days": "1"}).status_code == 200
    assert mine.shares.count() == 1


@pytest.mark.parametrize("path", ["/metrics", "/metrics.csv", "/settings/quarantine",
                                  "/settings/quarantine.csv", "/settings/log"])  # fmt: skip
def test_what_is_of_everybody_is_not_for_consultants(coen, manager, path):
    assert coen.get(path).status_code == 403
    assert manager.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/settings/quarantine", "/settings/quarantine.csv",
                                  "/settings/log"])  # fmt: skip
def test_raw_rows_and_the_log_are_for_managers(vera, path):
    assert vera.get(path).status_code == 403
    assert vera.get("/metrics").status_code == 200


# Viewers ─────────────────────────────────────────────────────────────────────


def test_no_request_of_a_viewer_changes_anything(secret, vera):
    before = everything()
    for name, route in ROUTES.items():
        if name in PERSONAL | OPEN | NO_OBJECT | {"engagements:remove-view"}:
            continue
        keys = keys_of(name, secret) | {"address": "none-such", "name": "tasks", "token": "x"}
        path = PARAMETER.sub(lambda found, keys=keys: str(keys[found[1]]), route)
        for method in METHODS[2:]:
            answer = asked(vera, method, path)
            allowed = (405, 404) if path.startswith("/api/") else ()
            assert answer.status_code in (403, *allowed), (method, path)
    assert everything() == before


def test_a_viewer_is_told_why_and_by_the_api_too(secret, vera):
    sentence = "You may read everything here and change nothing."
    answer = vera.post(f"/engagements/{ID}/insights")
    assert answer.status_code == 403
    assert sentence in answer.text
    body = f'{{"engagement_id": "{ID}", "insight_type": "health_summary"}}'
    answer = vera.post("/api/insights/generate", body, content_type="application/json")
    assert (answer.status_code, sentence in answer.text) == (403, True)


def test_a_token_may_do_what_its_person_may(secret, vera, coen):
    def bearer(username: str) -> dict[str, str]:
        _, text = ApiToken.issue(get_user_model().objects.get(username=username), "program")
        return {"Authorization": f"Bearer {text}"}

    body = f'{{"engagement_id": "{ID}", "insight_type": "health_summary"}}'
    call = {"data": body, "content_type": "application/json"}
    theirs = Client()
    assert theirs.get(f"/api/engagements/{ID}", headers=bearer("vera")).status_code == 200
    path = "/api/insights/generate"
    assert theirs.post(path, **call, headers=bearer("vera")).status_code == 403
    assert theirs.get(f"/api/engagements/{ID}", headers=bearer("coen")).status_code == 404
    assert theirs.post(path, **call, headers=bearer("coen")).status_code == 404
    assert theirs.post("/api/data/regenerate", **call, headers=bearer("mara")).status_code in (
        403, 422,
    )  # fmt: skip


def test_a_viewer_sees_all_and_no_button_that_changes_something(secret, vera):
    for path in (
        "/",
        "/engagements",
        f"/engagements/{ID}",
        "/insights",
        f"/engagements/{ID}/share",
    ):
        text = vera.get(path).text
        assert SECRET in text, path
        posts = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"', text)
        posts += re.findall(r'hx-post="([^"]*)"', text)
        assert posts == [], path
    assert "Add note" not in vera.get(f"/engagements/{ID}").text
    assert vera.get(f"/engagements/{ID}/notes/new").status_code == 403


def test_a_manager_sees_the_buttons(secret, manager):
    text = manager.get(f"/engagements/{ID}").text
    for words in ("Generate all", "Add note", "Accept"):
        assert words in text


# No role ─────────────────────────────────────────────────────────────────────


def test_without_a_role_every_page_says_whom_to_ask(secret, sten):
    for name, path in PLAIN.items():
        if name in PERSONAL | OPEN or path.startswith("/api/"):
            continue
        answer = sten.get(path)
        assert answer.status_code == 403, path
        assert "<h1>No role yet</h1>" in answer.text
        assert SECRET not in answer.text


def test_without_a_role_the_api_says_whom_to_ask(secret, sten):
    for path in ("/api/engagements", "/api/insights", "/api/dashboard", "/api/metrics"):
        answer = sten.get(path)
        assert answer.status_code == 403
        assert answer.json()["detail"] == "You have no role yet. Ask an admin to give you one."


def test_without_a_role_one_signs_out_and_changes_the_password(sten):
    assert sten.get("/settings/password").status_code == 200
    assert sten.post("/logout").status_code == 302


def test_a_role_of_a_deactivated_login_counts_for_nothing():
    person = make_member(get_user_model().objects.create(username="pia", is_active=False))
    assert role_of(person) is None
    assert not Engagement.objects.visible_to(person).exists()

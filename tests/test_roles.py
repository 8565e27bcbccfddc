"""Who may see and do what: every address, by role, for an engagement that is somebody else's."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from typing import Any

import msgspec
import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from engagements import findings, ingest, search_index
from engagements.membership import (
    Assignment,
    Membership,
    Role,
    can_work,
    manages,
    role_of,
    sees_all,
)
from engagements.models import Engagement
from engagements.records import InsightType
from engagements.rows import engagement_record
from insights import bulk
from insights.generation import generate
from insights.models import Action, Generation, Insight, Risk
from psinsights.models import ApiToken
from tests.factories import (
    DAY,
    assess_rows,
    days,
    make_engagement,
    make_event,
    make_member,
    make_note,
    make_task,
    make_usage,
    moment,
    signed_in,
)

pytestmark = pytest.mark.django_db
SECRET, ID = "Zyxwin Holding", "ENG-ZYX"
MISSING = "ENG-NONE"
METHODS = ("get", "head", "post", "put", "patch", "delete")
HTMX = {"HX-Request": "true"}
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
# Open to everybody, most of them by a secret of their own.
OPEN = {"reports:shared", "welcome", "briefing:unsubscribe", "login", "api:openapi"}
# What belongs to the person alone: a viewer, too, changes their password.
PERSONAL = {
    *("logout", "settings:tokens", "settings:revoke-token", "settings:password"),
    "briefing:subscription",
}
NO_OBJECT = {"nowhere"}


# Addresses ───────────────────────────────────────────────────────────────────


def routes(
    resolver: URLResolver | None = None, start: str = "/", space: str = ""
) -> Iterator[tuple[str, str]]:
    """The name and the address of every route, with its parameters in angle brackets."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = start + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from routes(entry, route, inner)
        elif isinstance(entry, URLPattern):
            yield f"{space}{entry.name}", PARAMETER.sub(r"<\1>", route).replace("^", "none-such")


ROUTES = dict(routes())
# Of these routes an engagement, or what belongs to one, is the object.
OF_ENGAGEMENT = {
    name
    for name, route in ROUTES.items()
    if "<engagement_id>" in route or "<insight_id>" in route or "<run_id>" in route
} | {"insights:cancel", "insights:risk", "insights:action", "insights:bulk", "insights:bulk-verb"}
OF_ENGAGEMENT |= {"reports:revoke"}
PLAIN = {name: route for name, route in ROUTES.items() if "<" not in route}
VERBS = {"insights:bulk-verb": "cancel"}


@pytest.fixture(autouse=True)
def data_of_a_day(settings):
    settings.TODAY = DAY.isoformat()


def fill(row: Engagement) -> None:
    """A life for an engagement: a plan, notes, use, and every kind of insight in two versions."""
    make_task(row, name=f"Cut-over of {row.customer_name}", is_milestone=True, end_date=days(-9))
    for number in range(3):
        make_note(
            row,
            created_at=moment(days(-number - 1)),
            content=f"{row.customer_name} is blocked: we still have no access to production.",
        )
    make_usage(row)
    make_event(row)
    findings.reread([row.pk])
    assess_rows(row)
    generate(row, InsightType.HEALTH_SUMMARY)
    for kind in InsightType:
        generate(row, kind, force=True)


@pytest.fixture
def manager():
    return signed_in("mara")


_written: dict[type[models.Model], list[dict[str, Any]]] = {}
# People are each test's own, and the database keeps the sums by itself.
NOT_COPIED = {"Membership", "ReadingCount", "InsightCount"}


def written_models() -> Iterator[type[models.Model]]:
    for label in ("engagements", "insights", "psinsights"):
        for model in apps.get_app_config(label).get_models():
            if model.__name__ not in NOT_COPIED:
                yield model


def copy_of(model: type[models.Model], row: dict[str, Any], person: int) -> models.Model:
    """A row as it was written, by the person of this test."""
    of_people = {field.attname for field in model._meta.fields if field.related_model is User}
    return model(**{k: person if k in of_people and v else v for k, v in row.items()})


@pytest.fixture
def secret(manager):
    """Somebody else's engagement, with all that can belong to one; written once, then copied."""
    mara = User.objects.get(username="mara")
    if not _written:
        write_secret(manager, mara)
        _written.update({model: list(model.objects.values()) for model in written_models()})
    else:
        for model, rows in _written.items():
            model.objects.bulk_create(copy_of(model, row, mara.pk) for row in rows)
    list(search_index.refresh())
    return Engagement.objects.get(pk=ID)


def write_secret(manager: Client, mara: User) -> None:
    row = make_engagement(
        engagement_id=ID, customer_name=SECRET, owner_id="TM-11", owner_name="Zoe Xu"
    )
    fill(row)
    manager.post(f"/engagements/{ID}/share", {"days": "14"})
    bulk.start(
        Engagement.objects.filter(pk=ID),
        [InsightType.HEALTH_SUMMARY],
        user=mara,
        provider="embedded",
        description=f"For {SECRET}",
    )


@pytest.fixture
def mine():
    """An engagement of TM-1's team."""
    row = make_engagement(
        engagement_id="ENG-MINE",
        customer_name="Halden Freight",
        owner_id="TM-2",
        team_members=[{"id": "TM-1", "name": "Coen", "role": "Engineer"}],
    )
    make_note(row, content="Halden is blocked.")
    list(search_index.refresh())
    return row


@pytest.fixture
def coen(mine):
    """A consultant, who is TM-1."""
    return signed_in("coen", role="consultant", member="TM-1")


@pytest.fixture
def vera():
    return signed_in("vera", role="viewer")


@pytest.fixture
def sten():
    """Somebody without a role."""
    return signed_in("sten", role="")


def keys_of(name: str, row: Engagement) -> dict[str, Any]:
    """The parameters by which a route finds something of this engagement."""
    insight = Insight.objects.filter(engagement=row, is_current=True).first()
    pk = {
        "insights:cancel": lambda: Generation.objects.filter(engagement=row).first().pk,
        "insights:risk": lambda: Risk.objects.filter(engagement=row).first().pk,
        "insights:action": lambda: Action.objects.filter(engagement=row).first().pk,
        "insights:bulk": lambda: bulk.BulkGeneration.objects.get().pk,
        "insights:bulk-verb": lambda: bulk.BulkGeneration.objects.get().pk,
        "reports:revoke": lambda: row.shares.first().pk,
    }
    return {
        "engagement_id": row.pk,
        "insight_id": insight.pk,
        "kind": "health_summary",
        "note_id": row.notes.first().pk,
        "verb": VERBS.get(name, "accept"),
        "run_id": Generation.objects.filter(engagement=row).first().pk,
        "pk": pk[name]() if name in pk else 0,
    }


def address(name: str, keys: dict[str, Any]) -> str:
    return PARAMETER.sub(lambda found: str(keys[found[1]]), ROUTES[name])


def nothing_there(keys: dict[str, Any]) -> dict[str, Any]:
    """The same parameters with ids that nothing has."""
    ids = {"engagement_id": MISSING, "insight_id": "INS-NONE", "note_id": "N-NONE"}
    return keys | ids | {"run_id": 987654321, "pk": 987654321}


def asked(client: Client, method: str, path: str, **given: Any) -> Any:
    if path.startswith("/api/") and method not in ("get", "head"):
        given["content_type"] = "application/json"
    return getattr(client, method)(path, **given)


def everything() -> dict[str, list[Any]]:
    """Every row of ours, to see whether one has changed."""
    ours = ("engagements", "connectors", "insights", "psinsights", "auth")
    return {
        model._meta.label: sorted(map(repr, model._default_manager.values_list()))
        for label in ours
        for model in apps.get_app_config(label).get_models()
        if model._meta.label != "auth.Permission"
    }


def text_of(answer: Any) -> str:
    """What an answer says, be it streamed or a workbook."""
    body = answer.getvalue() if answer.streaming else answer.content
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            return " ".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return body.decode("utf-8", "replace")


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


# What nobody asked for ───────────────────────────────────────────────────────


MORE = {
    "role": "admin", "is_staff": "on", "is_superuser": "on", "member_id": "TM-11", "user": "1",
    "owner_id": "TM-1", "engagement_id": ID, "engagement": ID, "membership": "admin", "pk": "1",
}  # fmt: skip


def test_fields_nobody_asked_for_change_nobodys_role_and_no_engagement(secret, coen, mine):
    place = f"/engagements/{mine.pk}"
    coen.post(f"{place}/notes/new", {"content": "Mine.", "draft": "a"} | MORE)
    coen.post("/views", {"name": "Mine", "query": "?q=x", "is_shared": "on"} | MORE)
    coen.post("/settings/tokens", {"name": "program"} | MORE)
    coen.post(f"{place}/share", {"days": "1"} | MORE)
    coen.post(f"{place}/insights/health_summary", MORE)
    coen.post("/settings/password", MORE)
    coen.post("/settings/briefing", MORE)
    person = get_user_model().objects.get(username="coen")
    assert (person.is_staff, person.is_superuser) == (False, False)
    assert (person.membership.role, person.membership.member_id) == ("consultant", "TM-1")
    assert secret.notes.filter(content="Mine.").count() == 0
    assert secret.shares.count() == 1
    assert mine.notes.filter(content="Mine.").exists()
    assert ApiToken.objects.get().user == person
    assert Engagement.objects.get(pk=ID).owner_id == "TM-11"


def test_a_new_login_is_no_more_than_its_role(db):
    admin = signed_in("omar", is_staff=True)
    given = {"username": "pia", "role": "viewer", "member": "", "is_staff": "on"}
    admin.post("/settings/people", given | {"is_superuser": "on", "is_active": "", "password": "x"})
    pia = get_user_model().objects.get(username="pia")
    assert (pia.is_staff, pia.is_superuser, pia.is_active) == (False, False, True)
    assert not pia.has_usable_password()


# Whose is whose ──────────────────────────────────────────────────────────────


def seen_by(member: str, name: str = "") -> set[str]:
    person, _ = get_user_model().objects.get_or_create(username=f"of-{member}{name}")
    make_member(person, "consultant", member, name)
    return set(Engagement.objects.visible_to(person).values_list("pk", flat=True))


def test_an_id_that_begins_like_another_is_another():
    make_engagement(engagement_id="E1", owner_id="TM-1")
    make_engagement(engagement_id="E11", owner_id="TM-11")
    make_engagement(engagement_id="E2", team_members=[{"id": "TM-1", "name": "A"}])
    make_engagement(engagement_id="E12", team_members=[{"id": "TM-11", "name": "B"}])
    make_engagement(engagement_id="E3", team_members=[{"id": "x", "name": "TM-1"}])
    assert seen_by("TM-1") == {"E1", "E2"}
    assert seen_by("TM-11") == {"E11", "E12"}
    assert seen_by("TM") == set()
    assert seen_by("tm-1") == set()


def test_a_name_counts_only_where_there_is_no_id():
    make_engagement(engagement_id="E1", owner_name="Sarah  CHEN")
    make_engagement(engagement_id="E2", owner_name="Sarah Chen", owner_id="TM-7")
    assert seen_by("TM-1", "Sarah Chen") == {"E1"}
    assert seen_by("TM-1") == set()
    assert seen_by("", "Sarah Chen") == {"E1"}


def test_a_member_who_is_tied_to_nobody_sees_nothing_as_a_consultant():
    make_engagement()
    make_engagement(owner_name=" ", owner_id=None)
    assert seen_by("") == set()


def test_mine_is_empty_for_who_is_tied_to_nobody_and_all_is_not():
    make_engagement(engagement_id="E1", owner_id="TM-1")
    person = make_member(get_user_model().objects.create(username="mara"))
    assert not Engagement.objects.mine_of(person).exists()
    assert Engagement.objects.visible_to(person).count() == 1
    Membership.objects.filter(user=person).update(member_id="TM-1")
    person = get_user_model().objects.get(username="mara")
    assert Engagement.objects.mine_of(person).count() == 1


@pytest.mark.parametrize(
    ("role", "works", "all_of_it", "manager"),
    [
        ("viewer", False, True, False),
        ("consultant", True, False, False),
        ("manager", True, True, True),
        ("admin", True, True, True),
    ],
)
def test_what_a_role_may(role, works, all_of_it, manager):
    make_engagement()
    person = get_user_model().objects.create(username="pia", is_staff=role == "admin")
    make_member(person, role, "TM-404")
    assert (can_work(person), sees_all(person), manages(person)) == (works, all_of_it, manager)
    assert Engagement.objects.visible_to(person).count() == all_of_it
    assert Engagement.objects.workable_by(person).count() == (works and all_of_it)


def test_a_row_that_says_admin_makes_nobody_one():
    person = make_member(get_user_model().objects.create(username="pia"), "admin")
    assert role_of(person) == Role.MANAGER


def test_a_superuser_is_an_admin_without_a_row():
    assert role_of(get_user_model().objects.create_superuser("root")) == Role.ADMIN


# From before there were roles ────────────────────────────────────────────────


@pytest.fixture
def from_before():
    """The migration that brings an older installation up to roles."""
    return import_module("engagements.migrations.0007_give_roles")


def test_who_could_sign_in_before_there_were_roles_is_a_manager(from_before):
    people = get_user_model().objects
    people.create(username="ines")
    people.create(username="gone", is_active=False)
    people.create(username="omar", is_staff=True)
    from_before.give_roles(apps, None)
    assert list(Membership.objects.values_list("user__username", "role")) == [("ines", "manager")]


def test_engagements_from_before_there_were_roles_get_their_people(from_before):
    team = [{"id": "TM-1", "name": "A"}, {"id": "TM-2", "name": "B"}]
    given = {"customer_name": "Halden", "status": "Active"}
    Engagement.objects.create(engagement_id="E1", owner_id="TM-1", team_members=team, **given)
    Engagement.objects.create(engagement_id="E2", owner_name="Sarah Chen", **given)
    from_before.assign(apps, None)
    assert seen_by("TM-1", "Sarah Chen") == {"E1", "E2"}
    assert seen_by("TM-2") == {"E1"}


def test_a_load_moves_an_engagement_to_its_new_people():
    row = make_engagement(engagement_id="E1", owner_id="TM-1")
    assert seen_by("TM-1") == {"E1"}
    record = engagement_record(row)
    moved = msgspec.structs.replace(record, owner_id="TM-2")
    ingest.ENGAGEMENTS.write([(moved, "changed")], ["E1"])
    assert seen_by("TM-1") == set()
    assert seen_by("TM-2") == {"E1"}
    ingest.ENGAGEMENTS.remove(["E1"])
    assert not Assignment.objects.exists()

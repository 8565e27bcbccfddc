"""Roles: fields nobody asked for, whose an engagement is, and installations from before."""

from __future__ import annotations

from importlib import import_module

import msgspec
import pytest
from django.apps import apps
from django.contrib.auth import get_user_model

from engagements import ingest
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
from engagements.rows import engagement_record
from psinsights.models import ApiToken
from tests.factories import (
    make_engagement,
    make_member,
    signed_in,
)
from tests.role_parts import ID, coen, data_of_a_day, manager, mine, secret

__all__ = ["coen", "data_of_a_day", "manager", "mine", "secret"]
pytestmark = pytest.mark.django_db


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

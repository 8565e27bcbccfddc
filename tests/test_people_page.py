"""People: logins get a role and a link, change it, and end; an admin always remains."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from engagements.membership import Membership, Role, role_of
from engagements.models import TeamMember
from psinsights.models import ApiToken, AuditEntry
from tests.factories import make_engagement, make_member, signed_in

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-pass-phrase"
LINK = re.compile(r"http://testserver(/welcome/[^<\"]+)")


@pytest.fixture
def omar():
    """An admin who can sign in."""
    return get_user_model().objects.create_user("omar", password=PASSWORD, is_staff=True)


@pytest.fixture
def admin(omar):
    return signed_in("omar")


@pytest.fixture
def ines():
    return make_member(get_user_model().objects.create_user("ines", password=PASSWORD), "viewer")


@pytest.fixture
def sarah():
    make_engagement(customer_name="Halden Freight", owner_id="TM-1")
    return TeamMember.objects.create(id="TM-1", name="Sarah Chen")


def add(admin, **given):
    values = {"username": "pia", "name": "Pia Lund", "email": "", "role": "manager", "member": ""}
    return admin.post("/settings/people", values | given)


def fresh(person):
    return get_user_model().objects.select_related("membership").get(pk=person.pk)


def can_sign_in(username, password):
    answer = Client().post("/login", {"username": username, "password": password})
    return answer.status_code == 302


# The list ────────────────────────────────────────────────────────────────────


def test_the_list_shows_role_member_last_sign_in_and_live_tokens(admin, ines):
    Membership.objects.filter(user=ines).update(member_id="TM-1", member_name="Sarah Chen")
    ApiToken.issue(ines, "nightly")
    text = admin.get("/settings/people").text
    assert "<h1>People</h1>" in text
    row = text.split(">ines</a>")[1].split("</tr>")[0]
    for told in ("Viewer", "Sarah Chen", "TM-1", "never", '<td class="num lg">1</td>'):
        assert told in row


def test_the_list_says_who_has_no_role_yet(admin):
    get_user_model().objects.create_user("sten")
    assert "No role yet" in admin.get("/settings/people").text


@pytest.mark.parametrize("role", ["viewer", "consultant", "manager"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_people_are_for_admins_alone(role, method, ines):
    client = signed_in("pia", role=role)
    for address in ("/settings/people", f"/settings/people/{ines.pk}"):
        assert getattr(client, method)(address).status_code == 403
    assert client.post(f"/settings/people/{ines.pk}/deactivate").status_code == 403
    assert "/settings/people" not in client.get("/settings").text


def test_a_long_list_costs_no_more_queries_than_a_short_one(admin, django_assert_max_num_queries):
    people = get_user_model()
    people.objects.bulk_create(people(username=f"u{number}") for number in range(60))
    admin.get("/settings/people")
    with django_assert_max_num_queries(8):
        assert "Page 2" in admin.get("/settings/people").text


# Adding ──────────────────────────────────────────────────────────────────────


def test_a_new_login_gets_a_link_that_is_shown_once_and_works_once(admin):
    answer = add(admin)
    assert answer.status_code == 201
    link = LINK.search(answer.text)[1]
    assert not LINK.search(admin.get("/settings/people").text)
    guest = Client()
    page = guest.get(link, follow=True)
    assert "Choose a password" in page.text
    assert "<b>pia</b>" in page.text
    place = page.redirect_chain[-1][0]
    assert link.split("/")[-1] not in place
    done = guest.post(place, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert (done.status_code, done["Location"]) == (302, "/")
    assert guest.get("/engagements").status_code == 200
    assert can_sign_in("pia", PASSWORD)
    again = Client().get(link)
    assert again.status_code == 404
    assert "This link no longer works" in again.text


def test_a_new_login_has_its_name_and_role_and_no_password(admin):
    add(admin, name="Pia  Maria Lund", email="pia@example.com", role="viewer")
    pia = get_user_model().objects.get(username="pia")
    assert (pia.first_name, pia.last_name, pia.email) == ("Pia Maria", "Lund", "pia@example.com")
    assert role_of(pia) == Role.VIEWER
    assert not pia.has_usable_password()


def test_a_weak_password_is_refused_with_its_reason(admin):
    link = LINK.search(add(admin).text)[1]
    guest = Client()
    place = guest.get(link)["Location"]
    answer = guest.post(place, {"new_password1": "12345", "new_password2": "12345"})
    assert "too short" in answer.text
    assert not can_sign_in("pia", "12345")


def test_a_link_of_somebody_else_or_of_a_deactivated_login_opens_nothing(admin, ines):
    mine, link = f"/settings/people/{ines.pk}", LINK.search(add(admin).text)[1]
    token = link.split("/")[3]
    theirs = LINK.search(admin.post(f"{mine}/link").text)[1]
    assert Client().get(f"/welcome/{theirs.split('/')[2]}/{token}").status_code == 404
    assert Client().get(f"/welcome/OTk5OQ/{token}").status_code == 404
    admin.post(f"{mine}/deactivate")
    assert Client().get(theirs).status_code == 404


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"username": ""}, "Give the login a user name."),
        ({"username": "OMAR"}, "There is a login of this name already."),
        ({"username": "a b<"}, "Enter a valid username"),
        ({"email": "none"}, "Enter a valid email address."),
        ({"role": "king"}, "Choose one of the four roles."),
        ({"member": "TM-9"}, "Nobody has this id or name in the data."),
        ({"role": "consultant"}, "Say who it is: a consultant sees that person’s engagements."),
    ],
)
def test_what_is_wrong_with_a_new_login_is_said_where_it_is(admin, given, sentence):
    answer = add(admin, **given)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert get_user_model().objects.count() == 1


# Team members ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("typed", ["TM-1", "Sarah Chen", " sarah   chen "])
def test_a_member_is_found_by_id_and_by_name(admin, sarah, typed):
    add(admin, role="consultant", member=typed)
    tied = Membership.objects.get(user__username="pia")
    assert (tied.member_id, tied.member_name) == ("TM-1", "Sarah Chen")


def test_an_owner_of_an_engagement_is_a_member_though_no_file_lists_people(admin):
    make_engagement(owner_id="C-7", owner_name="Otto Brandt")
    add(admin, role="consultant", member="Otto Brandt")
    assert Membership.objects.get(user__username="pia").member_id == "C-7"


def test_an_owner_without_an_id_is_tied_by_name(admin):
    make_engagement(owner_name="Otto Brandt", customer_name="Halden Freight")
    add(admin, role="consultant", member="otto brandt")
    assert "Halden Freight" in signed_in("pia").get("/engagements").text


def test_two_people_of_one_name_are_told_apart_by_id(admin, sarah):
    TeamMember.objects.create(id="TM-2", name="Sarah Chen")
    assert "Type one of the ids TM-1, TM-2." in add(admin, member="Sarah Chen").text


# Changing ────────────────────────────────────────────────────────────────────


def test_a_role_counts_from_the_next_click(admin, ines, sarah):
    browser = signed_in("ines")
    assert "Halden Freight" in browser.get("/engagements").text
    answer = admin.post(
        f"/settings/people/{ines.pk}", {"role": "consultant", "member": "TM-1"}, follow=True
    )
    assert "ines is a consultant now." in answer.text
    assert role_of(fresh(ines)) == Role.CONSULTANT
    make_engagement(customer_name="Somebody Else")
    text = browser.get("/engagements").text
    assert "Halden Freight" in text
    assert "Somebody Else" not in text


def test_an_admin_may_do_what_staff_may_and_one_no_longer_may_not(admin, ines):
    browser, address = signed_in("ines"), f"/settings/people/{ines.pk}"
    admin.post(address, {"role": "admin", "member": ""})
    assert browser.get("/settings/people").status_code == 200
    admin.post(address, {"role": "manager", "member": ""})
    assert browser.get("/settings/people").status_code == 403
    assert not fresh(ines).is_staff


def test_a_session_goes_on_under_another_key_after_a_change_of_role(admin, ines):
    browser = signed_in("ines")
    before = browser.session.session_key
    browser.get("/")
    assert browser.session.session_key == before
    admin.post(f"/settings/people/{ines.pk}", {"role": "manager", "member": ""})
    assert browser.get("/").status_code == 200
    assert browser.session.session_key != before
    assert browser.get("/settings").status_code == 200


def test_every_change_is_in_the_log(admin, ines):
    add(admin)
    admin.post(f"/settings/people/{ines.pk}", {"role": "manager", "member": ""})
    admin.post(f"/settings/people/{ines.pk}/deactivate")
    admin.post(f"/settings/people/{ines.pk}/reactivate")
    told = list(AuditEntry.objects.order_by("pk").values_list("verb", "subject", "user__username"))
    assert told == [
        ("person.added", "pia", "omar"),
        ("person.link", "pia", "omar"),
        ("person.role", "ines", "omar"),
        ("person.deactivated", "ines", "omar"),
        ("person.reactivated", "ines", "omar"),
        ("person.link", "ines", "omar"),
    ]
    assert AuditEntry.objects.get(verb="person.role").detail == "from viewer to manager"


def test_a_link_is_nowhere_in_the_log(admin, ines):
    link = LINK.search(admin.post(f"/settings/people/{ines.pk}/link").text)[1]
    token = link.split("/")[-1]
    assert not AuditEntry.objects.filter(detail__contains=token).exists()
    assert token not in admin.get("/settings/log").text


# Ending ──────────────────────────────────────────────────────────────────────


def test_a_deactivated_login_has_no_session_no_token_and_no_password(admin, ines):
    browser = signed_in("ines")
    _, token = ApiToken.issue(ines, "nightly")
    bearer = {"Authorization": f"Bearer {token}"}
    assert Client().get("/api/engagements", headers=bearer).status_code == 200
    admin.post(f"/settings/people/{ines.pk}/deactivate")
    assert browser.get("/").status_code == 302
    assert Client().get("/api/engagements", headers=bearer).status_code == 401
    assert not can_sign_in("ines", PASSWORD)


def test_what_ended_does_not_come_back_with_the_login(admin, ines):
    browser = signed_in("ines")
    _, token = ApiToken.issue(ines, "nightly")
    admin.post(f"/settings/people/{ines.pk}/deactivate")
    answer = admin.post(f"/settings/people/{ines.pk}/reactivate")
    assert answer.status_code == 201
    assert LINK.search(answer.text)
    assert browser.get("/").status_code == 302
    bearer = {"Authorization": f"Bearer {token}"}
    assert Client().get("/api/engagements", headers=bearer).status_code == 401
    assert not can_sign_in("ines", PASSWORD)
    assert role_of(fresh(ines)) == Role.VIEWER


@pytest.mark.parametrize("role", ["viewer", "consultant", "manager"])
def test_the_last_admin_cannot_become_anything_else(admin, omar, sarah, role):
    answer = admin.post(f"/settings/people/{omar.pk}", {"role": role, "member": "TM-1"})
    assert answer.status_code == 422
    assert "omar is the last admin who can sign in." in answer.text
    assert role_of(fresh(omar)) == Role.ADMIN


def test_an_admin_who_has_not_chosen_a_password_yet_does_not_count(admin, omar):
    add(admin, role="admin")
    answer = admin.post(f"/settings/people/{omar.pk}", {"role": "manager", "member": ""})
    assert "last admin who can sign in" in answer.text


def test_the_last_admin_cannot_be_deactivated_by_one_without_a_password(omar):
    demo = signed_in("demo", is_staff=True)
    get_user_model().objects.filter(username="demo").update(password="!none")
    demo = signed_in("demo")
    answer = demo.post(f"/settings/people/{omar.pk}/deactivate")
    assert answer.status_code == 409
    assert "omar is the last admin who can sign in." in answer.text
    assert fresh(omar).is_active


def test_an_admin_beside_another_may_step_down_and_leaves_the_page(admin, omar, ines):
    get_user_model().objects.filter(pk=ines.pk).update(is_staff=True)
    answer = admin.post(f"/settings/people/{omar.pk}", {"role": "manager", "member": ""})
    assert answer["Location"] == "/settings"
    assert admin.get("/settings/people").status_code == 403


def test_nobody_deactivates_their_own_login(admin, omar, ines):
    get_user_model().objects.filter(pk=ines.pk).update(is_staff=True)
    answer = admin.post(f"/settings/people/{omar.pk}/deactivate")
    assert (answer.status_code, fresh(omar).is_active) == (409, True)
    assert "Nobody deactivates their own login." in answer.text


def test_a_superuser_who_becomes_a_manager_is_none_any_more(admin):
    root = get_user_model().objects.create_superuser("root", password=PASSWORD)
    admin.post(f"/settings/people/{root.pk}", {"role": "manager", "member": ""})
    assert role_of(fresh(root)) == Role.MANAGER


@pytest.mark.parametrize("verb", ["remove", "promote"])
def test_an_unknown_verb_and_an_unknown_login_are_not_found(admin, ines, verb):
    assert admin.post(f"/settings/people/{ines.pk}/{verb}").status_code == 404
    assert admin.post("/settings/people/999999/link").status_code == 404


# One's own password ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", ["viewer", "consultant", "manager", ""])
def test_everybody_changes_their_own_password_and_stays_signed_in(role):
    person = get_user_model().objects.create_user("pia", password=PASSWORD)
    browser, other = signed_in("pia", role=role), signed_in("pia", role=role)
    before = browser.session.session_key
    new = "another-long-phrase"
    answer = browser.post(
        "/settings/password",
        {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
    )
    assert answer["Location"] == "/settings#account"
    assert browser.session.session_key != before
    assert "_auth_user_id" in browser.session
    assert other.get("/settings/password").status_code == 302
    assert can_sign_in("pia", new)
    assert AuditEntry.objects.get(verb="password.changed").user == person


def test_the_old_password_is_asked_for(ines):
    new = "another-long-phrase"
    answer = signed_in("ines").post(
        "/settings/password", {"old_password": "x", "new_password1": new, "new_password2": new}
    )
    assert "Your old password was entered incorrectly" in answer.text
    assert can_sign_in("ines", PASSWORD)

"""Views of the list that people keep: their own, and those that others share."""

from __future__ import annotations

import pytest

from engagements.models import SavedView
from tests.factories import make_engagement, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ines():
    make_engagement(customer_name="Halden Freight")
    return signed_in("ines")


def save(client, **given):
    return client.post("/views", {"name": "Mine", "query": "?q=halden&sort=-name", **given})


def test_a_view_keeps_the_search_and_the_order(ines):
    answer = save(ines)
    assert answer["Location"] == "/engagements?q=halden&sort=-name"
    text = ines.get(answer["Location"]).text
    assert "The view “Mine” is kept." in text
    assert 'href="/engagements?q=halden&amp;sort=-name" aria-current="page"' in text


def test_a_view_is_ones_own_until_it_is_shared(ines):
    save(ines)
    save(ines, name="Ours", is_shared="on")
    text = signed_in("tobias").get("/engagements").text
    assert "Ours" in text
    assert "Mine</a>" not in text
    assert "Remove Ours" not in text


def test_a_name_is_taken_once_by_one_person(ines):
    save(ines)
    save(ines, query="?health=critical")
    assert "You have a view of this name already" in ines.get("/engagements").text
    save(signed_in("tobias"))
    assert SavedView.objects.count() == 2


@pytest.mark.parametrize(
    "query", ["?status=nonsense", "?q=" + "x" * 300, "?after=2026-12-01&before=2026-01-01"]
)
def test_a_list_that_is_not_understood_is_not_kept(ines, query):
    save(ines, query=query)
    assert not SavedView.objects.exists()


def test_what_the_list_does_not_know_and_the_page_are_not_kept(ines):
    save(ines, query="?q=halden&page=7&utm=x&next=//evil")
    assert SavedView.objects.get().query == "?q=halden"


@pytest.mark.parametrize("given", [{"name": ""}, {"name": "x" * 41}, {"name": "a\0b"}])
def test_a_name_that_cannot_be_is_refused_with_a_sentence(ines, given):
    assert save(ines, **given)["Location"] == "/engagements"
    assert not SavedView.objects.exists()


def test_a_view_is_removed_by_its_owner_alone(ines):
    save(ines, is_shared="on")
    view = SavedView.objects.get()
    assert signed_in("tobias").post(f"/views/{view.pk}/remove").status_code == 404
    assert ines.post(f"/views/{view.pk}/remove").status_code == 302
    assert not SavedView.objects.exists()


def test_views_are_changed_by_a_post_alone(ines):
    assert ines.get("/views").status_code == 405
    assert ines.get("/views/1/remove").status_code == 405
    assert ines.post(f"/views/{10**23}/remove").status_code in (404, 405)

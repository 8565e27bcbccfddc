"""Links to a report: shown once, redacted, closed by time or by hand, and quiet to everybody else."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from engagements.models import DeliveryNote, Engagement, Share, TeamMember
from insights.models import Action, Risk
from psinsights.lib.audit import AuditEntry
from tests.factories import DAY, make_engagement, make_note, make_task, signed_in
from tests.test_report import claim, make_insight

pytestmark = pytest.mark.django_db

SAID = "Zoë Müller (zoe.mueller@halden.example, +44 20 7946 0958) and KAMAL wait for the rules."
PEOPLE = ("Zoë", "Müller", "zoe.mueller@halden.example", "7946", "KAMAL", "Kamal", "Rhea", "Tobias")


@pytest.fixture(autouse=True)
def data_of_a_day(settings: Any) -> None:
    settings.TODAY = DAY.isoformat()


@pytest.fixture
def ines() -> Client:
    return signed_in("ines", first_name="Tobias", last_name="Ohm")


@pytest.fixture
def halden() -> Engagement:
    TeamMember.objects.create(id="tm-1", name="Rhea Varga")
    row = make_engagement(
        {"reason": "Kamal Shah has said nothing for 12 days."},
        customer_name="Halden Freight",
        owner_name="Zoë Müller",
        team_members=[{"id": "tm-2", "name": "Kamal Shah", "role": "Consultant"}],
    )
    make_task(row, name="Call Rhea Varga", owner_id="tm-1")
    make_note(row, note_id="N-14", content=SAID, author_id="tm-1")
    Risk.objects.create(
        engagement=row, category="x", reason="x", title="Rhea is overloaded", owner="tobias",
        severity=3, likelihood=1, exposure=12, level="critical", first_seen_on=DAY,
        last_seen_on=DAY, seen=["N-14"],
    )  # fmt: skip
    Action.objects.create(
        engagement=row, title="Ask Kamal", why="Tobias waits.", priority="P1", owner="tobias",
        due_on=DAY, rule="stated", proposed_on=DAY, owner_role="Sponsor",
    )  # fmt: skip
    make_insight(row, claim("Müller and Kamal wait", "N-14", SAID))
    return row


def create(client: Client, row: Engagement, days: str = "14") -> str:
    """The path of a new link."""
    html = client.post(f"/engagements/{row.pk}/share", {"days": days}).text
    return re.search(r'value="http://testserver(/shared/[\w-]{43})"', html)[1]


def test_a_link_opens_without_signing_in(halden, ines):
    answer = Client().get(create(ines, halden))
    assert answer.status_code == 200
    assert "Halden Freight" in answer.text
    assert "Names of people and contact details were taken out" in answer.text


def test_nobody_is_named_in_what_it_shows_or_keeps(halden, ines):
    html = Client().get(create(ines, halden)).text
    kept = json.dumps(Share.objects.get().snapshot, ensure_ascii=False)
    for name in PEOPLE:
        assert name not in html
        assert name not in kept
    assert "[person 1]" in html
    assert "[email 1]" in html
    assert "Sponsor" in html  # a role is nobody


def test_sources_are_named_but_not_linked(halden, ines):
    html = Client().get(create(ines, halden)).text
    assert '<span class="cite">N-14</span>' in html
    assert "/engagements" not in html
    assert not re.findall(r"<(form|input|select|textarea)\b", html)


def test_it_shows_the_moment_it_was_made(halden, ines):
    path = create(ines, halden)
    Engagement.objects.update(customer_name="Somebody Else")
    DeliveryNote.objects.all().delete()
    html = Client().get(path).text
    assert "Halden Freight" in html
    assert "Somebody Else" not in html
    assert "N-14" in html


def test_the_token_is_shown_once_and_kept_as_a_hash(halden, ines):
    token = create(ines, halden).rsplit("/", 1)[1]
    share = Share.objects.get()
    assert share.token_hash == Share.hash_of(token)
    assert token not in ines.get(f"/engagements/{halden.pk}/share").text
    told = list(AuditEntry.objects.values_list("subject", "detail"))
    assert token not in str(told) + json.dumps(share.snapshot)


def test_search_engines_caches_and_referrers_get_nothing(halden, ines):
    answer = Client().get(create(ines, halden))
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert not answer.cookies


def test_a_wrong_an_expired_and_a_revoked_link_are_answered_alike(halden, ines):
    expired, revoked = create(ines, halden), create(ines, halden)
    shares = list(Share.objects.order_by("pk"))
    Share.objects.filter(pk=shares[0].pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    ines.post(f"/shares/{shares[1].pk}/revoke")
    answers = [Client().get(path) for path in (expired, revoked, "/shared/" + "x" * 43)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert {answer["X-Robots-Tag"] for answer in answers} == {"noindex, nofollow, noarchive"}


@pytest.mark.parametrize("token", ["%00", "x" * 20_000, "%F0%9F%9A%80", "'--", "%ff"])
def test_no_token_breaks_it(token):
    assert Client().get(f"/shared/{token}").status_code == 404


@pytest.mark.parametrize("days", [1, 14, 90])
def test_it_opens_for_the_days_that_were_chosen(halden, ines, days):
    create(ines, halden, str(days))
    share = Share.objects.get()
    assert share.expires_at - share.created_at == timedelta(days=days)


@pytest.mark.parametrize("days", ["", "0", "7", "9999", "-1", "1e3", "x"])
def test_no_other_time_is_given(halden, ines, days):
    answer = ines.post(f"/engagements/{halden.pk}/share", {"days": days})
    assert answer.status_code == 422
    assert not Share.objects.exists()


def test_links_are_listed_and_can_be_revoked_once(halden, ines):
    path, page = create(ines, halden), f"/engagements/{halden.pk}/share"
    html = ines.get(page).text
    assert "Works until" in html
    closing = re.search(r'action="(/shares/\d+/revoke)"', html)[1]
    assert ines.post(closing)["Location"] == page
    ines.post(closing)
    assert "Revoked" in ines.get(page).text
    assert Client().get(path).status_code == 404
    assert AuditEntry.objects.filter(verb="share.revoke").count() == 1


def test_making_and_closing_are_audited(halden, ines):
    create(ines, halden, "90")
    share = Share.objects.get()
    ines.post(f"/shares/{share.pk}/revoke")
    told = list(AuditEntry.objects.order_by("pk").values_list("verb", "subject", "detail"))
    assert told == [
        ("share.create", f"share {share.pk}", f"{halden.pk}, 90 days"),
        ("share.revoke", f"share {share.pk}", halden.pk),
    ]


def test_a_link_goes_with_its_engagement(halden, ines):
    path = create(ines, halden)
    halden.delete()
    assert Client().get(path).status_code == 404


def test_a_stranger_makes_and_closes_nothing(halden, ines):
    create(ines, halden)
    nobody = Client()
    assert nobody.post(f"/engagements/{halden.pk}/share", {"days": "14"}).status_code == 302
    assert nobody.post(f"/shares/{Share.objects.get().pk}/revoke").status_code == 302
    assert ines.post("/engagements/NONE/share", {"days": "14"}).status_code == 404
    assert ines.post("/shares/999999/revoke").status_code == 404
    assert Share.objects.live().count() == 1
    assert ines.get(f"/shares/{Share.objects.get().pk}/revoke").status_code == 405


def test_opening_and_making_cost_few_queries(halden, ines):
    with CaptureQueriesContext(connection) as listing:
        ines.get(f"/engagements/{halden.pk}/share")
    path = create(ines, halden)
    with CaptureQueriesContext(connection) as queries:
        Client().get(path)
    assert (len(queries), len(listing) <= 8) == (1, True)


@pytest.mark.parametrize("payload", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_what_is_shared_is_never_markup(ines, payload):
    row = make_engagement({"reason": payload}, customer_name=payload, region=payload)
    make_task(row, name=payload)
    note = make_note(row, content=payload)
    make_insight(row, claim(payload, note.pk, payload))
    html = Client().get(create(ines, row)).text
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "&lt;" in html

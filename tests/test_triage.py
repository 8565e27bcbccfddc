"""Triage on the dashboard: what stands there, deciding in place, and the part of the portfolio."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from engagements.models import Assignment, SavedView, Standing
from insights import deciding
from insights.models import Decision, Insight, ProviderState
from tests.factories import (
    DAY,
    days,
    make_engagement,
    make_finding,
    make_note,
    signed_in,
)
from tests.triage_parts import QUOTE, client, engagement, make_action, make_risk, post, today

__all__ = ["client", "engagement", "today"]
pytestmark = pytest.mark.django_db


# What stands on the dashboard ────────────────────────────────────────────────


def test_an_open_high_risk_stands_there_with_its_words_and_two_answers(client, engagement):
    risk = make_risk(engagement)
    text = client.get("/").text
    for words in (risk.title, f"“{QUOTE}”", "Critical", "exposure 12 of 16", "Open since 16 Nov"):
        assert words in text
    assert f'action="/risks/{risk.pk}/accept"' in text
    assert f'href="/risks/{risk.pk}/dismiss"' in text
    assert '<b id="n-risks">1</b>' in text


@pytest.mark.parametrize(
    "given",
    [
        {"status": "dismissed"},
        {"status": "acknowledged"},
        {"status": "resolved"},
        {"exposure": 7.9},
    ],
)
def test_what_is_decided_or_slight_does_not_stand_there(client, engagement, given):
    risk = make_risk(engagement, **given)
    assert risk.title not in client.get("/").text


def test_risks_of_a_completed_engagement_do_not_stand_there(client):
    make_engagement()
    risk = make_risk(make_engagement(status="Completed"))
    assert risk.title not in client.get("/").text


def test_a_finding_that_no_risk_detection_read_can_be_made_a_risk(client):
    row = make_engagement(standing={"heaviest_finding": 16.0})
    make_finding(make_note(row, content=QUOTE), reason="renewal_risk")
    text = client.get("/").text
    assert "Renewal at stake" in text
    assert f'action="/engagements/{row.pk}/insights/risk_detection"' in text
    assert "In notes, not in the register yet" in text
    answer = client.post(
        f"/engagements/{row.pk}/insights/risk_detection",
        headers={"Referer": "http://testserver/?scope=all"},
    )
    assert answer["Location"] == "/?scope=all"
    assert f"Risks of {row.customer_name}: " in client.get("/?scope=all").text
    assert Insight.objects.filter(engagement=row, insight_type="risk_detection").exists()


def test_a_finding_that_the_register_knows_is_not_shown_twice(client):
    row = make_engagement(standing={"heaviest_finding": 16.0})
    risk = make_risk(row)
    note = row.notes.get()
    make_finding(note, reason="renewal_risk")
    text = client.get("/").text
    assert text.count(QUOTE) == 1
    assert risk.title in text


def test_a_dismissed_risk_comes_back_with_a_note_that_says_it_again(client, manager):
    row = make_engagement(standing={"heaviest_finding": 16.0})
    risk = make_risk(row)
    make_finding(row.notes.get(), reason="renewal_risk")
    deciding.decide_risk(risk, "dismiss", manager, day=DAY, reason="Agreed")
    assert QUOTE not in client.get("/").text
    newer = make_note(row, content="Still nobody owns the renewal.")
    make_finding(newer, reason="renewal_risk", noted_on=DAY)
    assert "Still nobody owns the renewal." in client.get("/").text


def test_a_risk_detection_that_is_up_to_date_has_the_last_word(client):
    row = make_engagement(standing={"heaviest_finding": 16.0, "inputs": "now"})
    make_finding(make_note(row, content=QUOTE))
    Insight.objects.create(
        engagement=row, insight_type="risk_detection", content="x", inputs="now",
        generated_at=timezone.now(),
    )  # fmt: skip
    assert QUOTE not in client.get("/").text
    Standing.objects.update(inputs="later")
    assert QUOTE in client.get("/").text


# Deciding ────────────────────────────────────────────────────────────────────


def test_accepting_gives_the_row_a_sentence_an_undo_and_the_number_that_is_left(client, engagement):
    risk, _ = make_risk(engagement), make_risk(engagement, reason="escalation", title="Another")
    answer = post(client, f"/risks/{risk.pk}/accept")
    assert f'id="risk-{risk.pk}"' in answer.text
    assert "Accepted: The renewal has no owner" in answer.text
    assert f'action="/risks/{risk.pk}/undo"' in answer.text
    assert '<div hx-swap-oob="innerHTML:#n-risks">1</div>' in answer.text
    again = post(client, f"/risks/{risk.pk}/undo")
    assert '<div hx-swap-oob="innerHTML:#n-risks">2</div>' in again.text
    assert "Taken back" in again.text


def test_an_accepted_risk_leads_to_the_action_that_answers_it(client, engagement):
    risk = make_risk(engagement)
    action = make_action(engagement, status="proposed", risk=risk)
    make_action(engagement, title="Already dismissed", status="dismissed", risk=risk)
    answer = post(client, f"/risks/{risk.pk}/accept")
    assert f'href="/engagements/{engagement.pk}#action-{action.pk}">Name an owner<' in answer.text
    assert "Already dismissed" not in answer.text


def test_the_number_that_is_left_is_of_the_part_that_is_looked_at(client, engagement):
    risk = make_risk(engagement)
    make_risk(make_engagement())
    Assignment.objects.create(engagement=engagement, member="TM-1")
    answer = post(client, f"/risks/{risk.pk}/accept", "/?scope=mine")
    assert '<div hx-swap-oob="innerHTML:#n-risks">0</div>' in answer.text


def test_dismissing_without_a_reason_is_refused_in_the_row(client, engagement):
    risk = make_risk(engagement)
    answer = post(client, f"/risks/{risk.pk}/dismiss")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "n-risks" not in answer.text
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("start", "place"),
    [("/?scope=all", "/?scope=all#risks"), ("/insights?type=risk_detection", None)],
)
def test_without_script_one_returns_to_the_page_with_a_sentence(client, engagement, start, place):
    risk = make_risk(engagement)
    referer = {"Referer": f"http://testserver{start}"}
    answer = client.post(f"/risks/{risk.pk}/dismiss", {"reason": "Agreed"}, headers=referer)
    assert answer["Location"] == (place or start)
    text = client.get(start).text
    assert "Dismissed: The renewal has no owner" in text
    assert f'href="/engagements/{engagement.pk}?whole=risk_detection#risk-{risk.pk}"' in text


def test_a_foreign_page_is_not_returned_to(client, engagement):
    risk = make_risk(engagement)
    foreign = {"Referer": "https://evil.example/insights"}
    answer = client.post(f"/risks/{risk.pk}/accept", headers=foreign)
    assert answer["Location"].startswith(f"/engagements/{engagement.pk}?")


def test_a_risk_is_given_an_owner_and_a_date_and_keeps_its_status(client, engagement):
    risk = make_risk(engagement)
    given = {"owner": "Mara Ilves", "due_on": "2026-11-30"}
    answer = post(client, f"/risks/{risk.pk}/assign", f"/engagements/{engagement.pk}", **given)
    risk.refresh_from_db()
    assert (risk.owner, str(risk.due_on), risk.status) == ("Mara Ilves", "2026-11-30", "open")
    assert "With Mara Ilves, due 30 Nov" in answer.text
    post(client, f"/risks/{risk.pk}/accept")
    assert "Mara Ilves, due 30 Nov" in post(client, f"/risks/{risk.pk}/mitigate").text


def test_an_owner_is_needed_and_a_date_is_a_date(client, engagement):
    risk = make_risk(engagement)
    assert post(client, f"/risks/{risk.pk}/assign", owner=" ").status_code == 422
    assert post(client, f"/risks/{risk.pk}/assign", owner="M", due_on="soon").status_code == 422
    risk.refresh_from_db()
    assert risk.owner == ""


def test_assigning_is_undone_like_any_decision(client, engagement):
    risk = make_risk(engagement, owner="Ines")
    post(client, f"/risks/{risk.pk}/assign", owner="Mara", due_on="2026-11-30")
    post(client, f"/risks/{risk.pk}/undo")
    risk.refresh_from_db()
    assert (risk.owner, risk.due_on) == ("Ines", None)


def test_a_due_action_is_done_in_its_place(client, engagement):
    action = make_action(engagement)
    make_action(engagement, title="Second")
    assert '<b id="n-actions">2</b>' in client.get("/").text
    answer = post(client, f"/actions/{action.pk}/done")
    assert f'<li class="lead" id="due-{action.pk}"' in answer.text
    assert '<div hx-swap-oob="innerHTML:#n-actions">1</div>' in answer.text
    action.refresh_from_db()
    assert action.done_on == DAY


@pytest.mark.parametrize(("due", "then"), [(-3, 7), (2, 9)])
def test_an_action_is_put_off_by_a_week_from_today_or_its_date(client, engagement, due, then):
    action = make_action(engagement, due_on=days(due))
    post(client, f"/actions/{action.pk}/later")
    action.refresh_from_db()
    assert action.due_on == days(then)
    assert action.status == "accepted"


def test_an_engagements_page_says_how_many_are_left_to_decide(client, engagement):
    action = make_action(engagement, status="proposed")
    make_action(engagement, status="proposed", title="Second")
    answer = post(client, f"/actions/{action.pk}/accept", f"/engagements/{engagement.pk}")
    assert "#n-proposed" in answer.text
    assert "1 proposed, 1 accepted" in answer.text


def test_what_is_done_cannot_be_put_off(client, engagement):
    action = make_action(engagement, status="done", done_on=DAY)
    answer = post(client, f"/actions/{action.pk}/later")
    assert answer.status_code == 422
    assert "not done can be put off" in answer.text


def test_a_viewer_is_shown_the_risk_and_no_button(engagement):
    make_risk(engagement)
    text = signed_in("vera", role="viewer").get("/").text
    assert "The renewal has no owner" in text
    assert "/accept" not in text


# The part of the portfolio ───────────────────────────────────────────────────


@pytest.fixture
def portfolio(engagement):
    """One engagement of TM-1 that is fine, and another's that is not."""
    Assignment.objects.create(engagement=engagement, member="TM-1")
    other = make_engagement(
        customer_name="Halden Freight", standing={"delta_7d": -11, "band": "critical", "health": 40}
    )
    make_risk(other)
    make_action(other)
    return other


def test_who_owns_engagements_sees_theirs_first_and_of_how_many(client, portfolio):
    text = client.get("/").text
    assert "1 of 2 open engagements, yours" in text
    assert "Nothing needs you today" in text
    assert "Halden Freight" not in text


def test_every_card_obeys_the_part(client, portfolio):
    text = client.get("/?scope=all").text
    assert "2 open engagements" in text
    for number in ("n-risks", "n-actions"):
        assert f'<b id="{number}">1</b>' in text
    assert text.count("Halden Freight") >= 3


def test_who_owns_none_sees_all_and_is_told_what_is_theirs(portfolio):
    client = signed_in("olga")
    assert "2 open engagements" in client.get("/").text
    text = client.get("/?scope=mine").text
    assert "You own no open engagement" in text
    assert 'href="?scope=all"' in text
    assert "Health dropped" not in text
    assert "Thursday 19 November" in text


def test_a_saved_view_is_a_part_and_its_lists_begin_where_it_ends(client, portfolio):
    view = SavedView.objects.create(
        owner=signed_in("olga").get("/").wsgi_request.user,
        name="Burning",
        query="?health=critical&sort=name",
        is_shared=True,
    )
    text = client.get(f"/?scope=view-{view.pk}").text
    assert "1 of 2 open engagements, in “Burning”" in text
    assert "Halden Freight" in text
    assert f'<option value="view-{view.pk}" selected>' in text
    assert 'href="/engagements?health=critical&amp;sort=week&amp;view=dropped"' in text


def test_another_persons_view_is_no_part(client, portfolio):
    view = SavedView.objects.create(
        owner=signed_in("olga").get("/").wsgi_request.user, name="Own", query="?health=critical"
    )
    text = client.get(f"/?scope=view-{view.pk}").text
    assert "That view is gone, or no longer shared" in text
    assert "2 open engagements" in text


@pytest.mark.parametrize("asked", ["nonsense", "view-", "view-x", "%00", "9" * 300])
def test_a_part_that_is_none_is_said_and_shows_all(client, portfolio, asked):
    answer = client.get(f"/?scope={asked}")
    assert answer.status_code == 200
    assert "This is" in answer.text
    assert "2 open engagements" in answer.text


def test_the_last_choice_is_remembered_and_stands_in_the_address(client, portfolio):
    client.get("/?scope=all")
    assert client.get("/")["Location"] == "/?scope=all"
    assert client.get("/?scope=mine").status_code == 200
    assert client.get("/")["Location"] == "/?scope=mine"


def test_a_chosen_view_that_is_gone_is_forgotten(client, portfolio):
    view = SavedView.objects.create(
        owner=client.get("/").wsgi_request.user, name="Own", query="?health=critical"
    )
    client.get(f"/?scope=view-{view.pk}")
    view.delete()
    text = client.get("/").text
    assert "1 of 2 open engagements, yours" in text
    assert "gone" not in text


# Who writes ──────────────────────────────────────────────────────────────────


def test_the_page_says_who_writes_insights(client, engagement):
    assert "Insights by the embedded engine" in client.get("/").text


def test_a_model_that_is_not_asked_is_said_with_why(client, engagement, settings):
    settings.AI_PROVIDER, settings.HF_MODEL = "huggingface", "acme/model"
    assert "Insights by acme/model" in client.get("/").text
    soon = timezone.now() + timedelta(minutes=1)
    ProviderState.objects.create(provider="huggingface", failures=3, open_until=soon)
    text = client.get("/").text
    assert "acme/model is not asked: It did not answer three times in a row." in text

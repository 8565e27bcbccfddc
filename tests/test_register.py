"""The life of findings: found again, worse, returned, resolved; decided, undone."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from django.utils import timezone

from insights import deciding
from insights.following import CLEARED, follow
from insights.models import Action, Decision, Insight, Risk
from insights.schema import ActionDetail, Claim, Evidence, Level, RiskDetail
from tests.dossiers import make_dossier
from tests.factories import DAY, make_engagement, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def engagement():
    return make_engagement()


def insight(engagement, kind: str) -> Insight:
    Insight.objects.filter(engagement=engagement, insight_type=kind).update(is_current=False)
    return Insight.objects.create(
        engagement=engagement, insight_type=kind, content="x", generated_at=timezone.now()
    )


def risk_claim(*sources: str, reason: str = "escalation", severity: int = 3) -> Claim:
    evidence = tuple(Evidence(source=s, quote="still no owner", start=0, end=14) for s in sources)
    return Claim(
        id="R1",
        text=f"Escalation: still no owner ({len(sources)} notes)",
        kind="risk",
        severity=Level.HIGH,
        evidence=evidence,
        risk=RiskDetail(category="stakeholder", reason=reason, severity=severity, likelihood=0.75),
    )


def action_claim(title: str = "Name an owner", *sources: str, rule: str = "escalation") -> Claim:
    return Claim(
        id="A1",
        text=title,
        kind="action",
        evidence=tuple(Evidence(source=s, quote="no owner", start=0, end=8) for s in sources),
        action=ActionDetail(
            why="Nobody owns it", priority="P1", owner_role="Delivery manager",
            due_on=DAY + timedelta(days=2), due_basis="P1", effort="S", done_when="An owner is named",
            rule=rule, answers="escalation",
        ),
    )  # fmt: skip


def seen(engagement, *claims: Claim, kind: str = "risk_detection", day: date = DAY) -> None:
    dossier = msgspec.structs.replace(make_dossier(), as_of=day)
    follow(insight(engagement, kind), dossier, claims)


def test_the_same_risk_found_again_is_the_same_row(engagement):
    seen(engagement, risk_claim("N1"))
    seen(engagement, risk_claim("N1", "N2"), day=DAY + timedelta(days=1))
    [risk] = Risk.objects.all()
    assert (risk.occurrences, risk.seen) == (2, ["N1", "N2"])
    assert risk.last_seen_on == DAY + timedelta(days=1)
    assert risk.first_seen_on == DAY


def test_another_reason_or_other_evidence_is_another_risk(engagement):
    seen(engagement, risk_claim("N1"), risk_claim("N1", reason="compliance"), risk_claim("N9"))
    assert Risk.objects.count() == 3


def test_a_risk_that_grew_is_marked_worse(engagement):
    seen(engagement, risk_claim("N1", severity=2))
    seen(engagement, risk_claim("N1", severity=4), day=DAY + timedelta(days=3))
    assert Risk.objects.get().worse_on == DAY + timedelta(days=3)


def test_a_risk_no_longer_found_resolves_by_itself_and_keeps_its_history(engagement):
    seen(engagement, risk_claim("N1"))
    seen(engagement)
    risk = Risk.objects.get()
    assert (risk.status, risk.resolution) == ("resolved", CLEARED)
    assert risk.first_seen_on == DAY


def test_one_that_cleared_by_itself_returns_when_found_again(engagement):
    for claims in ([risk_claim("N1")], [], [risk_claim("N1")]):
        seen(engagement, *claims)
    risk = Risk.objects.get()
    assert (risk.status, risk.returned_on) == ("open", DAY)


@pytest.mark.parametrize(("sources", "status"), [(["N1"], "dismissed"), (["N1", "N2"], "open")])
def test_a_dismissed_risk_returns_only_on_new_evidence(engagement, manager, sources, status):
    seen(engagement, risk_claim("N1"))
    deciding.decide_risk(Risk.objects.get(), "dismiss", manager, day=DAY, reason="Known")
    seen(engagement, risk_claim(*sources))
    assert Risk.objects.get().status == status


def test_dismissing_needs_a_reason(engagement, manager):
    seen(engagement, risk_claim("N1"))
    with pytest.raises(deciding.NotDecidable, match="why"):
        deciding.decide_risk(Risk.objects.get(), "dismiss", manager, day=DAY)
    assert not Decision.objects.exists()


def test_undo_brings_back_every_column(engagement, manager):
    seen(engagement, risk_claim("N1"))
    before = Risk.objects.values().get()
    risk = Risk.objects.get()
    deciding.decide_risk(risk, "accept", manager, day=DAY)
    deciding.decide_risk(risk, "resolve", manager, day=DAY)
    assert deciding.undo(risk, manager)
    assert Risk.objects.get().status == "acknowledged"
    assert deciding.undo(risk, manager)
    assert Risk.objects.values().get() == before
    assert not deciding.undo(risk, manager)


def test_at_most_five_actions_are_proposed(engagement):
    claims = [action_claim(f"Do {n}", f"N{n}", rule=f"rule{n}") for n in range(9)]
    seen(engagement, *claims, kind="action_recommendation")
    assert Action.objects.filter(status="proposed").count() == 5


def test_a_proposal_that_is_not_made_again_expires_and_an_accepted_one_stays(engagement, manager):
    seen(
        engagement,
        action_claim("Do one", "N1", rule="one"),
        action_claim("Do two", "N2", rule="two"),
        kind="action_recommendation",
    )
    deciding.decide_action(Action.objects.get(title="Do one"), "accept", manager, day=DAY)
    seen(engagement, kind="action_recommendation")
    assert dict(Action.objects.values_list("title", "status")) == {
        "Do one": "accepted",
        "Do two": "expired",
    }


def test_a_dismissed_action_is_not_proposed_again_for_the_same_records(engagement, manager):
    seen(engagement, action_claim("Do", "N1"), kind="action_recommendation")
    deciding.decide_action(Action.objects.get(), "dismiss", manager, day=DAY, reason="No")
    seen(engagement, action_claim("Do", "N1"), kind="action_recommendation")
    assert Action.objects.get().status == "dismissed"
    seen(engagement, action_claim("Do", "N1", "N2"), kind="action_recommendation")
    assert Action.objects.get().status == "proposed"


def test_an_action_knows_the_risk_it_answers(engagement):
    seen(engagement, risk_claim("N1"))
    seen(engagement, action_claim("Do", "N1"), kind="action_recommendation")
    assert Action.objects.get().risk == Risk.objects.get()


def test_deciding_in_the_page_without_script_comes_back_to_it(engagement):
    seen(engagement, risk_claim("N1"))
    client = signed_in()
    risk = Risk.objects.get()
    answer = client.post(f"/risks/{risk.pk}/accept")
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"/engagements/{engagement.pk}")
    assert Risk.objects.get().status == "acknowledged"


def test_deciding_with_htmx_gives_the_row_in_its_new_state(engagement):
    seen(engagement, action_claim("Name an owner", "N1"), kind="action_recommendation")
    client = signed_in()
    action = Action.objects.get()
    answer = client.post(f"/actions/{action.pk}/accept", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert f'id="action-{action.pk}"' in answer.text
    assert "Mark done" in answer.text
    assert "<html" not in answer.text


@pytest.mark.parametrize("verb", ["explode", "x" * 300, "dismiss"])
def test_an_unfit_verb_is_said_and_changes_nothing(engagement, verb):
    seen(engagement, risk_claim("N1"))
    risk = Risk.objects.get()
    answer = signed_in().post(f"/risks/{risk.pk}/{verb}", headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert Risk.objects.get().status == "open"


def test_a_foreign_next_is_not_followed(engagement):
    seen(engagement, risk_claim("N1"))
    answer = signed_in().post(
        f"/risks/{Risk.objects.get().pk}/accept", {"next": "//evil.example/x"}
    )
    assert answer["Location"].startswith("/engagements/")

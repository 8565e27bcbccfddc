"""Themes and recommended actions of the embedded engine."""

from __future__ import annotations

from datetime import date

import pytest

from engagements.records import (
    NoteRecord,
)
from insights.engine.compose_risks import matter
from insights.engine.compose_themes import trend
from insights.engine.passages import request
from insights.engine.playbook import PLAYBOOK, due, priority, working_days_after
from insights.engine.words import clause, lowered
from insights.reasons import CATEGORY_OF, REASONS, WORDS
from insights.schema import Dossier
from tests.dossiers import (
    ago,
    make_dossier,
    make_note,
    make_task,
)
from tests.engine_parts import ACTIONS, THEMES, draft, only, refused, texts, trouble

__all__ = ["trouble"]
# One worker makes what its tests share, not each of them.
pytestmark = pytest.mark.xdist_group("engine")


def theme_notes() -> list[NoteRecord]:
    """Two matters that keep coming back: slow billing loads lately, training sessions early on."""
    loads = [
        "The nightly billing load was slow again, five hours for the billing tables.",
        "Billing load tuning: partitioning the billing tables brought the load to four hours.",
        "Finance complains that the billing load is late for their morning report.",
        "The billing load ran three hours after the partitioning of the tables.",
    ]
    training = [
        "Training session for the analysts, twelve people attended the notebook training.",
        "Second training session on notebooks, good questions from the analysts.",
        "Analysts asked for another training on notebook scheduling.",
        "Training material for the analysts is on the wiki.",
    ]
    return [make_note(n, 3 + 3 * n, text) for n, text in enumerate(loads)] + [
        make_note(10 + n, 50 + 3 * n, text) for n, text in enumerate(training)
    ]


def test_themes_have_a_label_quotes_and_a_trend() -> None:
    dossier = make_dossier(theme_notes())
    made = draft(dossier, THEMES)
    assert refused(dossier) == []
    assert len(made.claims) >= 2
    for claim in made.claims:
        assert claim.theme
        assert claim.theme.notes >= 2
        assert 1 <= len(claim.evidence) <= 2
        assert claim.text.startswith(claim.theme.label)
    trends = {c.theme.trend for c in made.claims if c.theme and "illing" in c.theme.label}
    assert trends <= {"rising"}


def test_too_few_notes_make_no_themes_and_it_says_so() -> None:
    made = draft(make_dossier(theme_notes()[:4]), THEMES)
    assert made.claims == ()
    assert made.left_out[0] == "Too little to read for themes: 4 of the 5 notes needed."


@pytest.mark.parametrize(
    ("theme", "notes", "told"),
    [
        ([1, 2, 3], [1, 2, 3, 40, 50, 60], "rising"),
        ([40, 50, 60], [1, 2, 3, 40, 50, 60], "fading"),
        ([1, 60], [1, 2, 59, 60], "steady"),
        ([5, 5], [5, 5], "steady"),
    ],
)
def test_a_theme_rises_when_its_share_of_the_notes_grows(
    theme: list[int], notes: list[int], told: str
) -> None:
    assert (
        trend(
            [ago(d) for d in sorted(theme, reverse=True)],
            [ago(d) for d in sorted(notes, reverse=True)],
        )
        == told
    )


def test_there_are_at_most_five_actions_the_most_urgent_first(trouble: Dossier) -> None:
    actions = [c.action for c in draft(trouble, ACTIONS).claims]
    assert 3 <= len(actions) <= 5
    priorities = [a.priority for a in actions if a]
    assert priorities == sorted(priorities)


def test_an_action_says_why_who_when_and_when_it_is_done(trouble: Dossier) -> None:
    claim = next(
        c
        for c in draft(trouble, ACTIONS).claims
        if c.action and c.action.answers == "waiting_customer"
    )
    assert claim.text == "Get an owner and a date from the customer for network access"
    assert claim.action
    assert claim.action.why == only(trouble, "waiting_customer").text
    assert claim.action.owner_role == "Engagement lead"
    assert (claim.action.priority, claim.action.due_on) == ("P2", date(2026, 11, 27))
    assert claim.action.due_basis == "P2: within 5 working days"
    assert claim.action.rule == "playbook:waiting_customer"


def test_the_biggest_lever_tells_the_points_an_action_brings(trouble: Dossier) -> None:
    assert trouble.health.lever
    claim = next(c for c in draft(trouble, ACTIONS).claims if "T-3" in c.text)
    assert claim.action
    assert claim.action.expected_points == trouble.health.lever.points


def test_what_a_note_asks_for_becomes_an_action_with_its_own_date(trouble: Dossier) -> None:
    claim = next(
        c for c in draft(trouble, ACTIONS).claims if c.action and c.action.rule == "stated"
    )
    assert claim.text == "Schedule a workshop with the depot leads by 27 Nov 2026"
    assert claim.action
    assert (claim.action.due_on, claim.action.due_basis) == (
        date(2026, 11, 27),
        "The note names 27 Nov 2026",
    )


def test_what_a_completed_task_covers_is_not_proposed_again() -> None:
    notes = [make_note(1, 3, "Next steps:\n- Schedule a security workshop with the depot leads")]
    asked = make_dossier(notes)
    done = make_dossier(
        notes, [make_task(1, "Security workshop with depot leads", "Completed", end_date=ago(1))]
    )
    assert texts(draft(asked, ACTIONS)) == ["Schedule a security workshop with the depot leads"]
    assert texts(draft(done, ACTIONS)) == []


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        (
            "Priya to schedule the workshop with IT by Friday.",
            "Schedule the workshop with IT by Friday",
        ),
        ("Action: send the schema notice to the carrier", "Send the schema notice to the carrier"),
        (
            "We need to agree the cut-over date with the sponsor",
            "Agree the cut-over date with the sponsor",
        ),
        ("TODO: review the access matrix with security", "Review the access matrix with security"),
        (
            "Please confirm the go-live window with finance",
            "Confirm the go-live window with finance",
        ),
        ("We need to be careful", ""),
        ("The workshop went well and everybody was happy", ""),
        ("Send", ""),
    ],
)
def test_an_explicit_request_is_read_with_its_verb_first(sentence: str, wanted: str) -> None:
    assert request(sentence) == wanted


@pytest.mark.parametrize(
    ("quote", "about"),
    [
        ("We are still waiting on the customer for network access.", "network access"),
        ("Waiting for Acme to provide the VPN credentials since Monday", "VPN credentials"),
        (
            "The client has not yet approved the data access request; go-live may slip",
            "data access request",
        ),
        ("Awaiting sign-off from the sponsor", "sign-off"),
        ("Access is still missing", ""),
        ("Waiting for feedback", ""),
    ],
)
def test_what_is_awaited_is_told_in_the_notes_words(quote: str, about: str) -> None:
    assert matter(quote) == about


def test_every_reason_has_words_a_category_and_a_play() -> None:
    reasons = {r for found in REASONS.values() for r in found}
    assert reasons == set(WORDS) == set(PLAYBOOK) == set(CATEGORY_OF)
    for play in PLAYBOOK.values():
        assert "{matter}" in play.about
        assert play.effort in "SML"
        assert play.title[0].isupper()
        assert not play.done_when.endswith(".")


@pytest.mark.parametrize(
    ("exposure", "capped", "level"),
    [
        (16, False, "P1"),
        (12, False, "P1"),
        (11, False, "P2"),
        (8, False, "P2"),
        (7.9, False, "P3"),
        (1, True, "P1"),
    ],
)
def test_priority_follows_exposure_or_a_cap(exposure: float, capped: bool, level: str) -> None:
    assert priority(exposure, capped=capped) == level


def test_due_dates_count_working_days() -> None:
    friday = date(2026, 11, 20)
    assert working_days_after(friday, 1) == date(2026, 11, 23)
    assert due("P1", friday)[0] == date(2026, 11, 24)
    assert due("P2", friday)[0] == date(2026, 11, 27)


def test_long_sentences_are_cut_where_they_can_stand() -> None:
    long = "- Also, the carrier extract changed its currency column in week 31, and we only saw it in the reconciliation that ran on Thursday"
    assert clause(long) == "the carrier extract changed its currency column in week 31"
    assert lowered("The load failed") == "the load failed"
    assert lowered("Priya left") == "Priya left"


def test_a_theme_is_named_by_the_phrase_its_notes_share() -> None:
    notes = [
        *(
            make_note(n, 60 - n, f"{said} external locations for bed census.")
            for n, said in enumerate(("We worked on", "Ines continues with", "Reviewed the"))
        ),
        *(
            make_note(10 + n, 20 - n, f"{said} the invoice totals of the ledger.")
            for n, said in enumerate(("Checked", "Nobody can explain", "Asked about"))
        ),
    ]
    labels = {c.theme.label for c in draft(make_dossier(notes), THEMES).claims if c.theme}
    assert "External locations for bed census" in labels


def test_what_was_asked_for_by_a_day_now_past_is_no_action() -> None:
    notes = [make_note(1, 9, "Action: Ines to write to the depot leads by 15 November.")]
    rules = {c.action.rule for c in draft(make_dossier(notes), ACTIONS).claims if c.action}
    assert "stated" not in rules

"""Scoring rules: how they are read and refused, kept, and what computes with them."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import settings as quickly
from hypothesis import strategies as st

from engagements.eras import Past, linked
from engagements.health import Band, Facts, Health, Scale, assess
from engagements.health_model import RULES, Rules
from engagements.models import (
    Engagement,
    HealthReading,
    ScoringRules,
    Standing,
)
from engagements.scoring_rules import Unchangeable
from insights.dossier import assemble
from tests.factories import signed_in
from tests.scoring_parts import (
    DAY,
    LATE,
    PAGE,
    PREVIEW,
    SAVE,
    fields,
    portfolio,
    rules_with,
    save,
    some_rules,
    staff,
    words,
)
from tests.test_health_properties import RUNNING, some_facts

__all__ = ["portfolio", "staff"]
pytestmark = pytest.mark.django_db


# Reading and refusing ────────────────────────────────────────────────────────


def test_everybody_may_read_the_rules_and_only_staff_may_change_them(portfolio):
    other = signed_in("consultant")
    text = words(other.get(PAGE).text)
    assert "Only staff may change them" in text
    assert "Version 1 is in force: it is what the product comes with" in text
    assert "At most 49 when the end date is past" in text
    assert "<input" not in other.get(PAGE).text.split('id="weights"')[1].split("</main>")[0]
    for address in (PREVIEW, SAVE):
        assert other.post(address, fields(**LATE, reason="I would like to")).status_code == 403
    assert other.get(f"{PREVIEW}/1").status_code == 403
    assert not ScoringRules.objects.exists()


def test_a_stranger_is_asked_to_sign_in(db):
    assert Client().get(PAGE).status_code == 302
    assert Client().post(SAVE, fields(**LATE)).status_code == 302


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"schedule_weight": 30}, "Schedule: no signal may weigh more than 25 %"),
        ({"schedule_weight": 23}, "The weights add up to 99 %, and must to exactly 100 %: add 1."),
        ({"effort_weight": 9}, "add up to 103 %, and must to exactly 100 %: take 3 away."),
        ({"usage_weight": -1}, "Notebook use: a weight is at least 0, which is off."),
        ({"flow_weight": "a lot"}, "Work in flow: write the weight as a whole number"),
        ({"flow_weight": "12.5"}, "Work in flow: write the weight as a whole number"),
        ({"flow_weight": ""}, "Work in flow: write the weight as a whole number"),
        ({"flow_weight": "9" * 5000}, "Work in flow: write the weight as a whole number"),
        ({"overdue_full": "soon"}, "Overdue work: write where all points are had as a number."),
        ({"overdue_zero": "inf"}, "Overdue work: write where no points are had as a number."),
        ({"overdue_zero": "nan"}, "Overdue work: write where no points are had as a number."),
        ({"overdue_zero": 400}, "Overdue work: no points must be between 0 and 365 (days"),
        ({"contact_full": 1.5}, "Contact: all points must be at a whole number (days"),
        (
            {"schedule_full": 0.5},
            "Schedule: all points must be had above the value that earns none",
        ),
        ({"overdue_full": 28}, "Overdue work: all points must be had below the value that earns"),
        ({"schedule_full": 0.601}, "Schedule: all points must be had above the value"),
        ({"usage_full": -80}, "You gave all at -80 and none at -60."),
        ({"warning_from": 75}, "You gave Watch from 75 and On track from 75."),
        ({"warning_from": 0}, "Watch must start above 0 and below On track"),
        ({"healthy_from": 101}, "On track at 100 at most"),
        ({"healthy_from": "x"}, "On track from: write a whole number, like 75."),
        ({"seen": ""}, "The form does not say which version you looked at"),
    ],
)
def test_bad_rules_are_refused_with_a_sentence_and_kept_in_the_form(staff, given, sentence):
    for address in (PREVIEW, SAVE):
        answer = staff.post(address, fields(reason="Because of it", **given))
        assert answer.status_code == 422
        assert sentence in words(answer.text)
    assert not ScoringRules.objects.exists()
    if "seen" not in given:
        value = str(next(iter(given.values())))
        assert f'value="{value}"' in answer.text


@pytest.mark.parametrize("reason", ["", "   ", "why", "x" * 301])
def test_a_version_needs_a_reason(staff, reason):
    answer = staff.post(SAVE, fields(**LATE, reason=reason))
    assert answer.status_code == 422
    assert "Say i" in answer.text
    assert not ScoringRules.objects.exists()


def test_rules_that_are_in_force_already_are_not_saved_again(staff):
    answer = staff.post(SAVE, fields(reason="Nothing new"))
    assert answer.status_code == 422
    assert "These rules are in force already, as version 1" in answer.text
    assert "there is nothing to save" in staff.post(PREVIEW, fields()).text


def test_a_version_is_never_changed(db):
    row = save(rules_with(**LATE))
    row.reason = "Another"
    with pytest.raises(Unchangeable):
        row.save()


def test_caps_follow_the_lines_they_hold_under():
    rules = rules_with(warning_from=40, healthy_from=80)
    ceilings = rules.overrun_ceiling, rules.late_milestones_ceiling, rules.old_blocker_ceiling
    assert ceilings == (39, 39, 79)
    assert (RULES.overrun_ceiling, RULES.old_blocker_ceiling) == (49, 74)


# What computes with them ─────────────────────────────────────────────────────


def test_a_signal_without_weight_is_switched_off_and_not_missed(portfolio, staff):
    off = {"usage_weight": 0, "schedule_weight": 25, "flow_weight": 17}
    staff.post(SAVE, fields(**off, reason="Nobody uses notebooks"))
    text = words(staff.get("/engagements/ENG-2").text)
    assert "Switched off: the scoring rules give it no weight." in text
    assert "no notebook has run" not in text
    assert Standing.objects.get(pk="ENG-2").coverage == pytest.approx(0.94)


def test_lines_of_the_chart_and_the_dossier_follow_the_rules_in_force(portfolio, staff):
    staff.post(SAVE, fields(healthy_from=85, warning_from=65, reason="Stricter, please"))
    text = words(staff.get("/engagements/ENG-1").text)
    assert "On track from 85, Watch from 65" in text
    HealthReading.objects.filter(day=DAY).update(detail=None)
    row = Engagement.objects.get(pk="ENG-1")
    health = assemble(row, DAY).health
    assert health.band is assess_again(row, rules_with(healthy_from=85, warning_from=65)).band


def assess_again(row: Engagement, rules: Rules) -> Health:
    found = assemble(row, DAY)
    facts = Facts(
        engagement=found.engagement, tasks=found.tasks, notes=found.notes,
        findings=found.findings, usage=found.usage, as_of=DAY,
    )  # fmt: skip
    return assess(facts, rules=rules)


@quickly(max_examples=100, deadline=None, derandomize=True)
@given(some_rules(), st.integers(0, 2**32), st.integers(0, 8), st.integers(0, 6))
def test_points_add_up_under_any_valid_rules(given, seed, tasks, notes):
    rules = rules_with(**given)
    health = assess(some_facts(seed, tasks, notes, RUNNING, True), rules=rules)
    if health.score is None:
        return
    assert sum(signal.lost for signal in health.signals) == 100 - (health.raw_score or 0)
    assert sum(signal.earned for signal in health.signals) == health.raw_score
    assert all(s.earned == s.lost == 0 for s in health.signals if not s.weight)
    assert health.score <= (health.raw_score or 0)


@quickly(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(-40, 40)), min_size=2, max_size=9))
def test_changes_over_versions_leave_out_exactly_what_the_rules_did(steps):
    """A score that is today's less what the rules added since is what the records did."""
    past = [
        Past(DAY + timedelta(days=at), score, Band.WARNING, at, shift)
        for at, (score, shift) in enumerate(steps)
    ]
    alike = linked(past)
    for at, here in enumerate(past):
        added = sum(shift for _, shift in steps[at + 1 :])
        assert alike[here.day] == steps[at][0] + added


def test_a_change_that_cannot_be_compared_gives_no_difference():
    days = [DAY + timedelta(days=at) for at in range(3)]
    broken = [Past(days[0], 70, Band.WARNING, 1), Past(days[1], 60, Band.WARNING, 2, None)]
    alike = linked([*broken, Past(days[2], 61, Band.WARNING, 2)])
    assert alike == {days[0]: None, days[1]: 60, days[2]: 61}


def test_rules_survive_being_stored():
    rules = rules_with(**LATE, schedule_full=1.05)
    assert msgspec.convert(msgspec.to_builtins(rules), Rules) == rules
    assert rules.schedule == Scale(4, 1.05, 0.6)

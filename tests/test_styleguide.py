"""The style guide shows every component, so that a component that cannot be drawn is noticed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from insights.models import Insight
from insights.register import Action, Risk
from psinsights.lib.runs import Run
from psinsights.styleguide import groups_of
from psinsights.templatetags.settings_parts import STATE_BADGE
from tests.factories import signed_in

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent / "templates"
EXTENDS = re.compile(r"{% extends ")


def fragments(folder: str) -> set[str]:
    """Templates of a folder that are parts of pages."""
    return {
        f"{folder}/{path.name}"
        for path in (ROOT / folder).glob("*.html")
        if not EXTENDS.search(path.read_text(encoding="utf-8"))
    }


@pytest.fixture
def guide(settings):
    settings.DEBUG = True
    return signed_in().get("/styleguide")


def test_there_is_no_style_guide_in_production():
    answer = signed_in().get("/styleguide")
    assert answer.status_code == 404
    assert "Page not found" in answer.text


def test_every_component_is_on_it(guide, settings):
    settings.DEBUG = False
    elsewhere = signed_in().get("/nowhere")  # the frame of error pages is a page of its own
    drawn = {template.name for template in [*guide.templates, *elsewhere.templates]}
    assert fragments("components") - drawn == set()


def test_every_part_of_an_insight_is_on_it(guide):
    drawn = {template.name for template in guide.templates}
    assert fragments("insights") - drawn == set()


@pytest.mark.parametrize(
    ("title", "states"),
    [
        ("Risk row", Risk.Status.values),
        ("Action row", Action.Status.values),
        ("Runs", [f"badge, {state}" for state in Run.State.values]),
        ("Insight of a kind", ["queued", "failed", "fell back", "out of date", "nothing made"]),
    ],
)
def test_a_component_stands_there_in_each_of_its_states(title, states):
    assert set(states) <= {one.state for one in dict(groups_of())[title]}


def test_runs_have_the_words_of_the_settings_page():
    words = {
        one.state: (one.context["word"], one.context["shade"])
        for one in dict(groups_of())["Runs"]
        if "word" in one.context
    }
    assert words == {f"badge, {state}": told for state, told in STATE_BADGE.items()}


@pytest.mark.parametrize(
    "word", ["Waiting for a worker", "Checking 8 claims", "The model gave no answer in 60 s.",
             "Written by the embedded engine", "Evidence changed", "Not scored", "On hold",
             "Set up PS Insights", "The newest load failed", "Say why", "1–25 of 400"],
)  # fmt: skip
def test_states_are_told_in_words(guide, word):
    assert word in guide.text


def test_all_icons_are_on_it_by_name(guide):
    sprite = (ROOT.parent / "static" / "icons.svg").read_text(encoding="utf-8")
    for name in re.findall(r'id="([\w-]+)"', sprite):
        assert f"icons.svg#{name}" in guide.text


def test_no_name_stands_twice(guide):
    names = re.findall(r'\sid="([^"]+)"', guide.text)
    assert sorted(names) == sorted(set(names))


def test_made_up_rows_are_not_kept(guide):
    assert guide.status_code == 200
    assert not any(kind.objects.exists() for kind in (Insight, Risk, Action))

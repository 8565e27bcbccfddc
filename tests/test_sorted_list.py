"""A list in the order of standings holds every engagement, whether it was assessed or not."""

from __future__ import annotations

import pytest

from engagements.models import Engagement, Standing
from tests.factories import make_engagement, signed_in

pytestmark = pytest.mark.django_db


def assessed(key: str, health: int | None) -> None:
    make_engagement(standing={"health": health}, engagement_id=key, unassessed=False)


def listed(sort: str = "health") -> list[str]:
    answer = signed_in().get(f"/api/engagements?sort={sort}")
    return [row["engagement_id"] for row in answer.json()]


def test_the_worst_come_first_and_what_has_no_score_last():
    for key, health in (("E-1", 80), ("E-2", None), ("E-3", 20), ("E-4", 20)):
        assessed(key, health)
    assert listed() == ["E-3", "E-4", "E-1", "E-2"]
    assert listed("-health") == ["E-1", "E-3", "E-4", "E-2"]


def test_an_engagement_that_waits_to_be_assessed_is_listed_last():
    assessed("E-1", 80)
    make_engagement(engagement_id="E-0")
    Standing.objects.filter(engagement="E-0").delete()
    assert listed() == ["E-1", "E-0"]
    assert "E-0" in signed_in().get("/engagements").text


def test_one_that_changed_since_keeps_its_place():
    assessed("E-1", 80)
    assessed("E-2", 20)
    Engagement.objects.filter(pk="E-1").update(unassessed=True)
    assert listed() == ["E-2", "E-1"]

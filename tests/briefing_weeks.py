"""What the tests of the weekly briefing share: engagements of a week."""

from __future__ import annotations

import re

import pytest

from tests.factories import (
    DAY,
    days,
    make_engagement,
    make_event,
    signed_in,
)

FIRST = days(-6)  # 13 Nov, a Friday; DAY is Thursday the 19th
MOST_QUERIES, MOST_HTML = 8, 60_000


@pytest.fixture(autouse=True)
def of_that_day(settings):
    settings.TODAY = DAY.isoformat()


@pytest.fixture
def halden():
    return make_engagement(
        engagement_id="ENG-H", customer_name="Halden Freight", owner_id="TM-1", health_score=90
    )


@pytest.fixture
def read():
    client = signed_in(member="TM-1")
    return lambda query="": client.get(f"/briefing{query}").text


def worse(engagement, day=None, **more):
    values = {"kind": "worse", "score_before": 83, "score_after": 55, "band_before": "healthy",
              "band_after": "warning", "reason": "Health went from 83 (On track) to 55 (Watch)."}  # fmt: skip
    return make_event(engagement, day=day or days(-2), **values | more)


def better(engagement, day=None):
    return make_event(
        engagement, day=day or days(-1), kind="better", score_before=70, score_after=79,
        band_before="warning", band_after="healthy", reason="Health went from 70 to 79.",
    )  # fmt: skip


def card(html: str, title: str) -> str:
    """The card of that title, "" where there is none."""
    cards = re.findall(r"<section class=\"card\".*?</section>", html, re.DOTALL)
    return next((one for one in cards if f">{title}</h2>" in one), "")

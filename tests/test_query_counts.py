"""What a page costs: at most eight queries, the same for few and for many, and light to send.

Counted as in demo mode: looking up the session of somebody who signed in is one more.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from engagements import findings
from engagements.models import Engagement, HealthReading, Standing
from engagements.records import InsightType
from insights.generation import generate
from insights.models import Insight
from tests.factories import (
    DAY,
    assess_rows,
    days,
    make_engagement,
    make_event,
    make_finding,
    make_note,
    make_reading,
    make_task,
    make_usage,
    moment,
    signed_in,
)

pytestmark = pytest.mark.django_db
MOST_QUERIES = 8
MOST_HTML = 60_000
FEW, MANY = 60, 2_000
PAGES = [
    "/",
    "/engagements",
    "/engagements?q=customer&sort=-week",
    "/engagements?view=dropped&page=2",
]


@pytest.fixture
def client():
    return signed_in()


def cost(client, path: str) -> int:
    """Queries of a page asked for again: the first time in a day also counts the visit."""
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return sum("django_session" not in query["sql"] for query in queries)


def fill(number: int) -> None:
    """So many engagements that need somebody in every way, written at once."""
    bands = ["critical", "warning", "healthy", "unknown"]
    start = Engagement.objects.count()
    rows = [
        Engagement(
            engagement_id=f"BULK-{at:05d}",
            customer_name=f"Customer number {at}",
            engagement_type=f"Type {at % 8}",
            owner_name=f"Owner {at % 40}",
            status="Active",
            start_date=days(-50),
            end_date=days(at % 90),
        )
        for at in range(start, start + number)
    ]
    Engagement.objects.bulk_create(rows)
    Standing.objects.bulk_create(
        Standing(
            engagement=row,
            as_of=DAY,
            health=None if at % 4 == 3 else at % 100,
            band=bands[at % 4],
            state="scored",
            delta_7d=-(at % 20),
            weekly=[50 + (at + week) % 40 for week in range(12)],
            reason="T-1 is 12 days past its date; full points up to 0 days, none from 28 days.",
            contradiction="Reported 90, records give 20." if at % 3 else "",
            phase=["Discovery", "Build", "Test"][at % 3],
            milestones_late=at % 2,
            next_milestone="Pilot cut-over",
            next_milestone_on=days(9),
            last_note_on=days(-3),
            open_findings=3,
            heaviest_finding=float(at % 17),
        )
        for at, row in enumerate(rows)
    )
    HealthReading.objects.bulk_create(
        HealthReading(
            engagement=row,
            day=days(-7 * week),
            score=50,
            band="warning",
            state="scored",
            coverage=1,
        )
        for row in rows
        for week in range(3)
    )


def test_pages_cost_the_same_for_few_and_for_many_and_stay_light(client):
    fill(FEW)
    few = {path: cost(client, path) for path in PAGES}
    fill(MANY - FEW)
    assert {path: cost(client, path) for path in PAGES} == few
    assert max(few.values()) <= MOST_QUERIES
    weights = {path: len(client.get(path).content) for path in [*PAGES, "/engagements?size=40"]}
    assert max(weights.values()) <= MOST_HTML, weights


@pytest.fixture
def full():
    """An engagement with a life: 30 tasks, 40 notes with findings, events, use and twelve weeks."""
    row = make_engagement(engagement_id="FULL", health_score=90)
    for number in range(30):
        make_task(
            row, task_id=f"T-{number}", is_milestone=number % 5 == 0, end_date=days(number - 15)
        )
    for number in range(40):
        note = make_note(
            row, created_at=moment(days(-number)), content="Access is still missing. " * 12
        )
        make_finding(note)
    for number in range(1, 9):
        make_event(row, day=days(-number * 3))
        make_usage(row, execution_date=days(-number), notebook_name=f"book_{number}")
    assess_rows(row)
    for week in range(1, 12):
        make_reading(row, days(-7 * week), score=70 - week)
    Standing.objects.filter(pk=row.pk).update(weekly=list(range(60, 72)))
    return row


@pytest.mark.parametrize("query", ["", "?timeline=notes&entries=2", "?tasks=all"])
def test_an_engagement_costs_no_more_than_eight_queries(client, full, query):
    make_engagement(engagement_id="BARE")
    few = cost(client, f"/engagements/BARE{query}")
    assert cost(client, f"/engagements/FULL{query}") == few <= MOST_QUERIES


def test_an_engagement_costs_no_more_when_its_rows_have_changed_since_its_insights(client, full):
    findings.reread(["FULL"])
    for kind in InsightType:
        generate(full, kind)
    Standing.objects.filter(pk="FULL").update(inputs="changed since")
    Insight.objects.update(inputs="as it was")
    assert "Out of date" in client.get("/engagements/FULL").text
    assert cost(client, "/engagements/FULL") <= MOST_QUERIES


def test_a_full_engagement_is_light(client, full):
    assert len(client.get("/engagements/FULL").content) <= MOST_HTML


def test_the_engagement_in_most_trouble_is_light_with_all_its_insights(client, settings):
    call_command("load_data", "--source", str(settings.FIXTURES_DIR), verbosity=0)
    row = Engagement.objects.active().order_by("-standing__open_findings", "pk")[0]
    for kind in InsightType:
        generate(row, kind)
    there = f"/engagements/{row.pk}"
    assert client.get(there).text.count("data-key=") > 20  # decisions that it offers
    pages = [there, f"{there}/report", f"{there}/share"]
    weights = {path: len(client.get(path).content) for path in pages}
    assert max(weights.values()) <= MOST_HTML, weights
    assert cost(client, there) <= MOST_QUERIES


def test_styles_and_scripts_are_light_and_our_own(client):
    make_engagement()
    text = client.get("/").text
    styles = re.findall(r'<link rel="stylesheet" href="/static/([^"]+)"', text)
    scripts = re.findall(r'<script[^>]* src="/static/([^"]+)"', text)
    assert len(styles) > 5
    assert len(scripts) >= 2
    assert packed(styles) <= 10_000
    assert packed(scripts) <= 25_000
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', text)


def packed(names: list[str]) -> int:
    """Bytes of all files together, each packed as the server sends it."""
    return sum(len(gzip.compress(Path(finders.find(name)).read_bytes())) for name in names)


@pytest.mark.parametrize("path", ["/", "/engagements", "/engagements/FULL", "/nowhere", "/login"])
def test_no_page_writes_a_style_or_a_script_of_its_own(client, full, path):
    text = client.get(path).text
    assert not re.findall(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]* src=)", text)

"""What people do is counted once per person, thing and day, cheaply, and rolled up by the day."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.models import OutboxEntry
from insights.models import Action, Insight
from metrics import activity, rollup
from metrics.activity import Kind
from metrics.models import Activity, Adoption, AiMetric
from tests.factories import DAY, make_engagement, make_member, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered():
    activity.forget()


@pytest.fixture
def ines():
    return get_user_model().objects.create(username="ines")


@pytest.fixture
def client(ines):
    return signed_in("ines")


def make_insight(engagement, **given):
    values = {
        "insight_type": "health_summary",
        "content": "Quiet.",
        "generated_at": timezone.now(),
        "provider": "embedded",
    }
    return Insight.objects.create(engagement=engagement, **values | given)


def acts():
    return sorted(Activity.objects.values_list("kind", "subject"))


# What counts ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/", "dashboard"),
        ("/engagements", "engagements:index"),
        ("/insights", "insights:index"),
        ("/metrics", "metrics:index"),
        ("/settings", "settings:index"),
    ],
)
def test_opening_a_page_is_a_visit(client, address, name):
    client.get(address)
    assert acts() == [("visit", name)]


def test_an_engagement_without_an_insight_is_visited_only(client):
    client.get(f"/engagements/{make_engagement().pk}")
    assert acts() == [("visit", "engagements:detail")]


def test_an_insight_on_the_page_is_viewed(client):
    engagement = make_engagement(engagement_id="ENG-7")
    make_insight(engagement)
    client.get("/engagements/ENG-7")
    assert acts() == [("insight_viewed", "ENG-7"), ("visit", "engagements:detail")]


def test_following_a_citation_opens_evidence(client):
    make_engagement(engagement_id="ENG-7")
    client.get("/engagements/ENG-7?at=N-14")
    assert ("evidence_opened", "N-14") in acts()


def test_deciding_asking_and_answering_are_counted(client):
    engagement = make_engagement(engagement_id="ENG-7")
    insight = make_insight(engagement, insight_id="INS-1")
    action = Action.objects.create(
        engagement=engagement, title="Call", priority="P1", due_on=DAY, proposed_on=DAY, rule="r"
    )
    client.post(f"/actions/{action.pk}/accept")
    client.post(f"/insights/{insight.pk}/feedback", {"useful": "yes"})
    client.post("/engagements/ENG-7/insights/health_summary")
    assert acts() == [
        ("action_taken", f"action:{action.pk}:accept"),
        ("feedback", "INS-1"),
        ("generated", "ENG-7"),
    ]


def test_what_fails_or_is_nowhere_is_not_counted(client):
    client.get("/engagements/none-such")
    client.get("/nowhere/at/all")
    client.post("/actions/999/accept")
    assert acts() == []


def test_nobody_is_counted_without_a_login():
    Client().get("/engagements")
    activity.record(AnonymousUser(), (Kind.VISIT, "dashboard"))
    assert acts() == []


def test_a_call_with_a_token_is_counted_for_its_owner(ines):
    from psinsights.models import ApiToken

    make_engagement(engagement_id="ENG-7")
    _, text = ApiToken.issue(make_member(ines), "script")
    body = json.dumps({"engagement_id": "ENG-7"})
    answer = Client().post(
        "/api/insights/generate",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )
    assert answer.status_code == 200
    assert Activity.objects.get().user == ines


# What it costs ───────────────────────────────────────────────────────────────


def asked(do):
    with CaptureQueriesContext(connection) as queries:
        do()
    return len(queries)


def test_a_new_thing_costs_one_insert_and_a_repeated_one_nothing(ines):
    activity.record(ines, (Kind.VISIT, "dashboard"))
    two = ((Kind.VISIT, "engagements:detail"), (Kind.INSIGHT_VIEWED, "ENG-7"))
    assert asked(lambda: activity.record(ines, *two)) == 1
    assert asked(lambda: activity.record(ines, *two)) == 0


def test_another_process_writes_no_second_row(ines):
    activity.record(ines, (Kind.VISIT, "dashboard"))
    activity.forget()
    activity.record(ines, (Kind.VISIT, "dashboard"), (Kind.VISIT, "metrics:index"))
    assert acts() == [("visit", "dashboard"), ("visit", "metrics:index")]


def test_the_next_day_counts_anew(ines, time_machine_to):
    activity.record(ines, (Kind.VISIT, "dashboard"))
    time_machine_to(timezone.now() + timedelta(days=1))
    activity.record(ines, (Kind.VISIT, "dashboard"))
    assert Activity.objects.count() == 2


@pytest.fixture
def time_machine_to():
    import time_machine

    travels = []

    def travel(when):
        travels.append(time_machine.travel(when, tick=False))
        travels[-1].start()

    yield travel
    for one in travels:
        one.stop()


def test_the_role_is_the_first_group(ines):
    ines.groups.add(Group.objects.create(name="PS Leader"), Group.objects.create(name="Consultant"))
    activity.record(ines, (Kind.VISIT, "dashboard"))
    assert Activity.objects.get().role == "Consultant"


def test_a_long_or_hostile_subject_is_cut_and_stored(client):
    make_engagement(engagement_id="ENG-7")
    client.get("/engagements/ENG-7", {"at": "\x00" + "x" * 5000})
    assert Activity.objects.get(kind="evidence_opened").subject == "x" * 200


def test_being_counted_never_waits_for_another_writer(own_database, tmp_path):
    """A real site on a database that somebody else is writing to."""
    environment = os.environ | {
        "DEBUG": "true",
        "SECRET_KEY": "x" * 50,
        "DATABASE_URL": f"sqlite:///{own_database}",
        "DATA_DIR": str(tmp_path),
    }
    told = subprocess.run(
        [sys.executable, "-c", LOCKED, str(own_database)],
        env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.stdout.split() == ["0", "1"], told.stderr[-2000:]
    assert "activity not recorded: OperationalError" in told.stderr


LOCKED = """
import os, sqlite3, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "psinsights.settings"
import django
django.setup()
from django.contrib.auth import get_user_model
from metrics import activity
from metrics.models import Activity
ines = get_user_model().objects.create(username="ines")
writer = sqlite3.connect(sys.argv[1], isolation_level=None)
writer.execute("BEGIN IMMEDIATE")
activity.record(ines, ("visit", "dashboard"))
print(Activity.objects.count())
writer.execute("COMMIT")
activity.record(ines, ("visit", "dashboard"))
print(Activity.objects.count())
"""


# The roll-up ─────────────────────────────────────────────────────────────────


def seen(user, kind, subject, role="Consultant", day=DAY):
    Activity.objects.create(user=user, kind=kind, subject=subject, role=role, day=day)


def test_a_day_becomes_a_row_per_role(ines):
    omar = get_user_model().objects.create(username="omar")
    seen(ines, "visit", "dashboard")
    seen(ines, "insight_viewed", "ENG-1")
    seen(ines, "action_taken", "action:1:accept")
    seen(omar, "visit", "dashboard")
    seen(omar, "visit", "dashboard", day=DAY - timedelta(days=1))
    assert rollup.roll(DAY) == 1
    row = Adoption.objects.get()
    assert (row.date, row.role, row.imported) == (DAY, "Consultant", False)
    assert (row.unique_users, row.total_insights_viewed, row.total_actions_taken) == (2, 1, 1)
    assert row.total_sessions is None


def test_rolling_up_again_changes_and_sends_nothing(ines):
    seen(ines, "visit", "dashboard")
    rollup.roll(DAY)
    entry = OutboxEntry.objects.get()
    assert rollup.roll(DAY) == 0
    entry.refresh_from_db()
    assert entry.version == 1
    assert entry.payload["unique_users"] == 1


def test_a_row_of_the_source_is_never_overwritten(ines):
    Adoption.objects.create(date=DAY, role="Consultant", unique_users=9, imported=True)
    seen(ines, "visit", "dashboard")
    assert rollup.roll(DAY) == 0
    assert Adoption.objects.get().unique_users == 9
    assert not OutboxEntry.objects.exists()


def test_insights_are_counted_by_the_role_of_who_asked(ines):
    ines.groups.add(Group.objects.create(name="Consultant"))
    engagement = make_engagement()
    moment = timezone.now().replace(year=DAY.year, month=DAY.month, day=DAY.day)
    make_insight(engagement, generated_at=moment, requested_by="ines")
    make_insight(engagement, generated_at=moment, requested_by="", insight_type="risk_detection")
    make_insight(engagement, generated_at=moment, imported=True, insight_type="theme_extraction")
    assert rollup.roll(DAY) == 2
    rows = AiMetric.objects.order_by("role").values_list(
        "role", "insight_type", "insights_generated"
    )
    assert list(rows) == [
        ("Consultant", "health_summary", 1),
        ("Not stated", "risk_detection", 1),
    ]
    assert set(AiMetric.objects.values_list("imported", "estimated_time_saved_minutes")) == {
        (False, None)
    }


def test_only_full_days_are_rolled_up_by_the_worker(ines):
    today = timezone.now().date()
    for back in (0, 1, 3, 30):
        seen(ines, "visit", "dashboard", day=today - timedelta(days=back))
    assert rollup.roll_due() == 2
    assert rollup.roll_due() == 0


@pytest.mark.django_db(transaction=True)
def test_rolled_up_rows_arrive_in_the_files_of_the_source(ines):
    seen(ines, "visit", "dashboard")
    rollup.roll(DAY)
    rows = json.loads((settings.GENERATED_DIR / "adoption_metrics.json").read_text())
    assert [(row["date"], row["role"], row["unique_users"]) for row in rows] == [
        (DAY.isoformat(), "Consultant", 1)
    ]


@pytest.mark.parametrize(
    ("role", "staff", "told"),
    [("viewer", False, "Viewer"), ("admin", False, "Manager"), ("", True, "Admin")],
)
def test_without_a_group_the_role_is_what_somebody_may_do(role, staff, told):
    visitor = signed_in("rosa", role=role, is_staff=staff)
    visitor.get("/engagements")
    text = " ".join(re.sub(r"<[^>]+>", " ", visitor.get("/metrics").text).split())
    assert Activity.objects.filter(user__username="rosa").values_list("role", flat=True)[0] == told
    assert re.search(rf"{told} 1 / 1 100 %", text)

"""What the pages are looked at with: nothing at all, and the committed portfolio with a life."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from connectors.as_of import portfolio_day
from connectors.freshness import glance
from connectors.imports.kept import check_upload
from connectors.models import OutboxEntry, QuarantinedRow
from connectors.notes import write_note
from engagements import scoring_runs
from engagements.health_model import RULES
from engagements.models import Engagement, Task
from engagements.records import InsightType
from engagements.saved_views import SavedView
from insights.briefing.subscribing import subscribe, token_of
from insights.deciding import decide_action, decide_risk
from insights.generation import generate
from insights.models import Action, BulkGeneration, Generation, Insight, Risk
from insights.reporting import report_of
from insights.sharing import revoke, share
from psinsights.models import ApiToken
from psinsights.people import link_for
from psinsights.webhooks.endpoints import endpoints
from psinsights.webhooks.events import ping
from psinsights.webhooks.models import WebhookDelivery, WebhookEvent
from tests.conftest import person
from tests.exports import task
from tests.factories import make_member

STAGES = ("empty", "full")
# Each shows a state of its own. Names are those of `{…}` in the addresses of pages.py.
CAST = {
    "rich": "ENG-0016",  # critical, reported as well, two versions of each insight
    "failed": "ENG-0023",  # its newest run failed, the version before stands
    "stale": "ENG-0020",  # a note came after its insights
    "fallback": "ENG-0013",  # a remote model did not answer
    "running": "ENG-0011",  # waiting for a worker, and at a step
    "bare": "ENG-0014",  # scored, without insights
    "thin": "ENG-0024",  # not started: no notes, no score
    "done": "ENG-0008",  # completed
    "held": "ENG-0015",  # on hold
}
WEBHOOKS = {
    "WEBHOOK_URLS": ["https://hooks.example.com/services/T0001/B0001/a-long-part-of-an-address"],
    "WEBHOOK_SECRET": "whsec_only-for-tests-only-for-tests-0000",
}
LONG = "Zuständigkeitsübergabevereinbarung" * 3  # a word without a place to break it


def set_up(stage: str) -> dict[str, str]:
    """People and rows of a stage; what the addresses of its pages are filled in with."""
    manager = person(
        "manager", first_name="Mara", last_name="Voss", is_staff=True, email="mara@example.com"
    )
    make_member(person("viewer", first_name="Vito"), "viewer")
    make_member(person("consultant", first_name="Coen"), "consultant")
    person("roleless")
    person("locked")
    for _ in range(settings.AXES_FAILURE_LIMIT):
        Client().post("/login", {"username": "locked", "password": "wrong"})
    return people(manager) | (full(manager) if stage == "full" else {})


def full(manager: User) -> dict[str, str]:
    call_command("load_data", "--source", str(settings.FIXTURES_DIR), verbosity=0)
    insights()
    running()
    return {
        **CAST,
        **decided(manager),
        **kept_aside(),
        **shared(manager),
        **bulk(manager),
        **imported(manager),
        **told(),
        "risk": Risk.objects.filter(status="open", engagement=one("rich")).first().pk,
        "action": Action.objects.filter(status="proposed").first().pk,
        "insight": Insight.objects.get(
            engagement=CAST["rich"], insight_type="risk_detection", is_current=True
        ).pk,
        "note": write_note(one("stale"), manager, f"The sponsor left. {LONG}").pk,
    }


def one(name: str) -> Engagement:
    return Engagement.objects.get(pk=CAST[name])


def insights() -> None:
    """Of every kind for every engagement under way, but for one of them."""
    for engagement in Engagement.objects.active().exclude(pk=CAST["bare"]):
        for kind in InsightType:
            generate(engagement, kind)
    for kind in InsightType:
        generate(one("rich"), kind, force=True)
    said = "Hugging Face gave no answer within 60 s, after 3 tries."
    Insight.objects.filter(engagement=CAST["fallback"]).update(fallback_reason=said)


def running() -> None:
    """Runs that no worker takes: one waits, one is at a step, one has failed."""
    states: dict[str, dict[str, Any]] = {
        "health_summary": {"state": "waiting"},
        "risk_detection": {
            "state": "running",
            "step": "Reading 19 notes and 21 tasks",
            "lease_until": timezone.now() + timedelta(hours=1),
        },
    }
    for kind, given in states.items():
        Generation.objects.create(
            engagement=one("running"), insight_type=kind, provider="huggingface", **given
        )
    Generation.objects.create(
        engagement=one("failed"),
        insight_type="theme_extraction",
        provider="huggingface",
        state="failed",
        error="The model gave no answer within 60 s, after 3 tries. Try again.",
    )


def decided(manager: User) -> dict[str, str]:
    """Risks and actions in each state that people can give them."""
    day = portfolio_day()
    actions = Action.objects.order_by("pk")
    for verb, action in zip(("accept", "start", "done", "dismiss"), actions, strict=False):
        decide_action(action, verb, manager, day=day, reason="Agreed with the sponsor")
    verbs = ("accept", "mitigate", "resolve", "dismiss")
    for verb, risk in zip(verbs, Risk.objects.order_by("-exposure", "pk"), strict=False):
        decide_risk(risk, verb, manager, day=day, reason="Agreed with the sponsor")
    SavedView.objects.create(owner=manager, name="Go-live this month", query="status=open")
    return {"view": str(SavedView.objects.get().pk)}


def kept_aside() -> dict[str, str]:
    """Rows that could not be taken or sent, with long values, and what customers may be called."""
    for at, reason in zip(range(30), itertools.cycle(("orphan", "missing", "wrong_type"))):
        QuarantinedRow.objects.create(
            table="ps_tasks",
            key=f"TASK-{at:04d}",
            position=at,
            field="engagement_id",
            reason=reason,
            message=f"There is no engagement ENG-{at:04d}-{LONG}.",
            raw=json.dumps({"task_id": f"TASK-{at:04d}", "name": LONG}),
            raw_hash=str(at),
        )
    OutboxEntry.objects.create(
        table="ps_delivery_notes", key="NOTE-1", payload={}, payload_hash="1", state="parked",
        attempts=5, error="The source refused the row: no such column “author”.",
    )  # fmt: skip
    Engagement.objects.filter(pk=CAST["held"]).update(customer_name=f"Société {LONG}")
    Task.objects.filter(pk=one("rich").tasks.order_by("pk").first().pk).update(name=LONG)
    return {}


def shared(manager: User) -> dict[str, str]:
    closed, _ = share(one("rich"), report_of(one("rich"), glance()), manager, 1)
    revoke(closed, manager)
    _, token = share(one("rich"), report_of(one("rich"), glance()), manager, 14)
    ApiToken.issue(manager, "Nightly export")
    return {"token": token}


def bulk(manager: User) -> dict[str, str]:
    """A run over many that is half-way, and stays there."""
    found = BulkGeneration.objects.create(
        requested_by=manager, description="All active engagements, all types", total=8
    )
    rows = itertools.product(("ENG-0001", "ENG-0003"), InsightType)
    for at, (key, kind) in enumerate(rows):
        Generation.objects.create(
            engagement_id=key,
            insight_type=kind,
            provider="huggingface",
            bulk=found,
            state="done" if at % 2 else "waiting",
        )
    return {"bulk": str(found.pk)}


def people(manager: User) -> dict[str, str]:
    """Logins of each role, links that end a mail, and one that begins a login."""
    viewer = User.objects.get(username="viewer")
    subscribe(viewer, "all")
    # Of somebody who never signs in: a link ends when its person does.
    *_, uid, key = link_for(manager, person("newcomer")).split("/")
    return {
        "person": str(viewer.pk),
        "uid": uid,
        "key": key,
        "unsubscribe": token_of(viewer),
    }


def imported(manager: User) -> dict[str, str]:
    """A file with good and bad rows that waits for somebody to confirm it, and other rules asked."""
    rows = [task(1, engagement_id=CAST["rich"]), task(2), task(3, progress_percent="lots")]
    content = json.dumps([*rows, *(task(at, engagement_id=LONG) for at in range(4, 20))])
    found = check_upload(content.encode(), "ps_tasks", f"{LONG}.json", manager)
    asked = scoring_runs.ask(RULES, seen=0, as_of=portfolio_day(), user=manager)
    return {"import": str(found.pk), "preview": str(asked.pk)}


def told() -> dict[str, str]:
    """A delivery in each of its states."""
    for state in WebhookDelivery.State.values:
        with override_settings(**WEBHOOKS):
            ping(endpoints(), now=timezone.now())
        WebhookDelivery.objects.filter(event=WebhookEvent.objects.latest("pk")).update(
            state=state, attempts=3, status_code=500, response=LONG, error="It answered 500."
        )
    return {"webhook": str(WebhookDelivery.objects.filter(state="failed").latest("pk").pk)}


def emptied() -> None:
    """A database as it was before anybody came: the test's, and never another."""
    assert "test" in str(connection.settings_dict["NAME"])
    call_command("flush", verbosity=0, interactive=False)

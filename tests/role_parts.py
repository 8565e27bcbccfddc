"""What the tests of roles share: every route, people of each role, and an engagement that is not theirs."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from engagements import findings, search_index
from engagements.models import Engagement
from engagements.records import InsightType
from insights import bulk
from insights.generation import generate
from insights.models import Action, Generation, Insight, Risk
from tests.factories import (
    DAY,
    assess_rows,
    days,
    make_engagement,
    make_event,
    make_note,
    make_task,
    make_usage,
    moment,
    signed_in,
)

SECRET, ID = "Zyxwin Holding", "ENG-ZYX"
MISSING = "ENG-NONE"
METHODS = ("get", "head", "post", "put", "patch", "delete")
HTMX = {"HX-Request": "true"}
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
# Open to everybody, most of them by a secret of their own.
OPEN = {"reports:shared", "welcome", "briefing:unsubscribe", "login", "api:openapi"}
# What belongs to the person alone: a viewer, too, changes their password.
PERSONAL = {
    *("logout", "settings:tokens", "settings:revoke-token", "settings:password"),
    "briefing:subscription",
}
NO_OBJECT = {"nowhere"}


def routes(
    resolver: URLResolver | None = None, start: str = "/", space: str = ""
) -> Iterator[tuple[str, str]]:
    """The name and the address of every route, with its parameters in angle brackets."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = start + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from routes(entry, route, inner)
        elif isinstance(entry, URLPattern):
            yield f"{space}{entry.name}", PARAMETER.sub(r"<\1>", route).replace("^", "none-such")


ROUTES = dict(routes())


# Of these routes an engagement, or what belongs to one, is the object.
OF_ENGAGEMENT = {
    name
    for name, route in ROUTES.items()
    if "<engagement_id>" in route or "<insight_id>" in route or "<run_id>" in route
} | {"insights:cancel", "insights:risk", "insights:action", "insights:bulk", "insights:bulk-verb"}


OF_ENGAGEMENT |= {"reports:revoke"}


PLAIN = {name: route for name, route in ROUTES.items() if "<" not in route}
VERBS = {"insights:bulk-verb": "cancel"}


@pytest.fixture(autouse=True)
def data_of_a_day(settings):
    settings.TODAY = DAY.isoformat()


def fill(row: Engagement) -> None:
    """A life for an engagement: a plan, notes, use, and every kind of insight in two versions."""
    make_task(row, name=f"Cut-over of {row.customer_name}", is_milestone=True, end_date=days(-9))
    for number in range(3):
        make_note(
            row,
            created_at=moment(days(-number - 1)),
            content=f"{row.customer_name} is blocked: we still have no access to production.",
        )
    make_usage(row)
    make_event(row)
    findings.reread([row.pk])
    assess_rows(row)
    generate(row, InsightType.HEALTH_SUMMARY)
    for kind in InsightType:
        generate(row, kind, force=True)


@pytest.fixture
def manager():
    return signed_in("mara")


_written: dict[type[models.Model], list[dict[str, Any]]] = {}


# People are each test's own, and the database keeps the sums by itself.
NOT_COPIED = {"Membership", "ReadingCount", "InsightCount"}


def written_models() -> Iterator[type[models.Model]]:
    for label in ("engagements", "insights", "psinsights"):
        for model in apps.get_app_config(label).get_models():
            if model.__name__ not in NOT_COPIED:
                yield model


def copy_of(model: type[models.Model], row: dict[str, Any], person: int) -> models.Model:
    """A row as it was written, by the person of this test."""
    of_people = {field.attname for field in model._meta.fields if field.related_model is User}
    return model(**{k: person if k in of_people and v else v for k, v in row.items()})


@pytest.fixture
def secret(manager):
    """Somebody else's engagement, with all that can belong to one; written once, then copied."""
    mara = User.objects.get(username="mara")
    if not _written:
        write_secret(manager, mara)
        _written.update({model: list(model.objects.values()) for model in written_models()})
    else:
        for model, rows in _written.items():
            model.objects.bulk_create(copy_of(model, row, mara.pk) for row in rows)
    list(search_index.refresh())
    return Engagement.objects.get(pk=ID)


def write_secret(manager: Client, mara: User) -> None:
    row = make_engagement(
        engagement_id=ID, customer_name=SECRET, owner_id="TM-11", owner_name="Zoe Xu"
    )
    fill(row)
    manager.post(f"/engagements/{ID}/share", {"days": "14"})
    bulk.start(
        Engagement.objects.filter(pk=ID),
        [InsightType.HEALTH_SUMMARY],
        user=mara,
        provider="embedded",
        description=f"For {SECRET}",
    )


@pytest.fixture
def mine():
    """An engagement of TM-1's team."""
    row = make_engagement(
        engagement_id="ENG-MINE",
        customer_name="Halden Freight",
        owner_id="TM-2",
        team_members=[{"id": "TM-1", "name": "Coen", "role": "Engineer"}],
    )
    make_note(row, content="Halden is blocked.")
    list(search_index.refresh())
    return row


@pytest.fixture
def coen(mine):
    """A consultant, who is TM-1."""
    return signed_in("coen", role="consultant", member="TM-1")


@pytest.fixture
def vera():
    return signed_in("vera", role="viewer")


@pytest.fixture
def sten():
    """Somebody without a role."""
    return signed_in("sten", role="")


def keys_of(name: str, row: Engagement) -> dict[str, Any]:
    """The parameters by which a route finds something of this engagement."""
    insight = Insight.objects.filter(engagement=row, is_current=True).first()
    pk = {
        "insights:cancel": lambda: Generation.objects.filter(engagement=row).first().pk,
        "insights:risk": lambda: Risk.objects.filter(engagement=row).first().pk,
        "insights:action": lambda: Action.objects.filter(engagement=row).first().pk,
        "insights:bulk": lambda: bulk.BulkGeneration.objects.get().pk,
        "insights:bulk-verb": lambda: bulk.BulkGeneration.objects.get().pk,
        "reports:revoke": lambda: row.shares.first().pk,
    }
    return {
        "engagement_id": row.pk,
        "insight_id": insight.pk,
        "kind": "health_summary",
        "note_id": row.notes.first().pk,
        "verb": VERBS.get(name, "accept"),
        "run_id": Generation.objects.filter(engagement=row).first().pk,
        "pk": pk[name]() if name in pk else 0,
    }


def address(name: str, keys: dict[str, Any]) -> str:
    return PARAMETER.sub(lambda found: str(keys[found[1]]), ROUTES[name])


def nothing_there(keys: dict[str, Any]) -> dict[str, Any]:
    """The same parameters with ids that nothing has."""
    ids = {"engagement_id": MISSING, "insight_id": "INS-NONE", "note_id": "N-NONE"}
    return keys | ids | {"run_id": 987654321, "pk": 987654321}


def asked(client: Client, method: str, path: str, **given: Any) -> Any:
    if path.startswith("/api/") and method not in ("get", "head"):
        given["content_type"] = "application/json"
    return getattr(client, method)(path, **given)


def everything() -> dict[str, list[Any]]:
    """Every row of ours, to see whether one has changed."""
    ours = ("engagements", "connectors", "insights", "psinsights", "auth")
    return {
        model._meta.label: sorted(map(repr, model._default_manager.values_list()))
        for label in ours
        for model in apps.get_app_config(label).get_models()
        if model._meta.label != "auth.Permission"
    }


def text_of(answer: Any) -> str:
    """What an answer says, be it streamed or a workbook."""
    body = answer.getvalue() if answer.streaming else answer.content
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            return " ".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return body.decode("utf-8", "replace")

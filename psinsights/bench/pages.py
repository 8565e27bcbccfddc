"""Pages and the API in one process: CPU beside the least that a view can do, queries, weight."""

from __future__ import annotations

import gzip
import re
import statistics
import time
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from engagements.models import Engagement
from insights.models import Insight
from psinsights.bench.bars import ADDRESSES, PAGES

ROUNDS = 15
FLOOR = "/bench-floor"
PASSWORD = "only-on-this-machine-and-gone-with-it"  # noqa: S105 - of a temporary database
PERSON = "bench"


def pages() -> dict[str, float]:
    """Milliseconds of CPU of each address, its queries, and the weight of pages and their files."""
    call_command("collectstatic", interactive=False, verbosity=0)
    client = signed_in()
    wanted = {name: (path_of(name), headers_of(name)) for name in ADDRESSES}
    took: dict[str, list[float]] = {name: [] for name in ["floor", *wanted]}
    for _ in range(ROUNDS):
        took["floor"].append(_cpu(client, FLOOR, {}))
        for name, (path, headers) in wanted.items():
            took[name].append(_cpu(client, path, headers))
    # The first rounds load templates and plans.
    costs = {name: statistics.median(found[3:]) for name, found in took.items()}
    queries = {f"queries.{name}": float(_queries(client, path_of(name))) for name in PAGES}
    html = max(len(client.get(path_of(name)).content) for name in PAGES) / 1000
    return costs | queries | {"html": html} | _files(client)


def signed_in() -> Client:
    """Somebody with a session, as most readers are."""
    model = get_user_model()
    person = model.objects.filter(username=PERSON).first()
    if person is None:
        person = model.objects.create_user(PERSON, password=PASSWORD, is_staff=True)
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(person, backend="psinsights.signing_in.MemberBackend")
    return client


def path_of(name: str) -> str:
    """The address behind a name of the table: with an id, and without what it is called by."""
    return name.removesuffix(" (fragment)").replace("{id}", _busiest())


def headers_of(name: str) -> dict[str, str]:
    return {"HX-Request": "true"} if name.endswith(" (fragment)") else {}


def _busiest() -> str:
    """An engagement that has everything: insights made here."""
    found = Insight.objects.current().exclude(inputs="").order_by("generated_at").first()
    return found.engagement_id if found else Engagement.objects.earliest("pk").pk


def _cpu(client: Client, path: str, headers: dict[str, str]) -> float:
    began = time.process_time()
    response = client.get(path, headers=headers)
    took = 1000 * (time.process_time() - began)
    if response.status_code != 200:
        raise RuntimeError(f"{path} answered {response.status_code}")
    return took


def _queries(client: Client, path: str) -> int:
    """What a page asks of the portfolio; reading the session is one more."""
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return sum("django_session" not in query["sql"] for query in queries)


def _files(client: Client) -> dict[str, float]:
    text = client.get("/").text
    kinds = {
        "css": r'<link rel="stylesheet" href="/static/([^"]+)"',
        "js": r'src="/static/([^"]+)"',
    }
    return {
        kind: sum(_packed(name) for name in re.findall(pattern, text)) / 1000
        for kind, pattern in kinds.items()
    }


def _packed(name: str) -> int:
    """Bytes as sent; the address holds a fingerprint, the file's own name does not."""
    found = finders.find(re.sub(r"\.[0-9a-f]{12}(\.\w+)$", r"\1", name))
    return len(gzip.compress(Path(str(found)).read_bytes())) if found else 0

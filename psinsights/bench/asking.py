"""What the server's measure needs of the database: a session, addresses, and runs that wait."""

from __future__ import annotations

import json
import os
from pathlib import Path

from django.conf import settings

from engagements.models import Engagement
from engagements.records import InsightType
from insights.generation import ask as ask_for
from psinsights.bench.bars import ADDRESSES
from psinsights.bench.pages import path_of, signed_in
from psinsights.bench.server import RUNS


def ask() -> dict[str, float]:
    """Runs of the remote model that wait for a worker.

    Nothing else waits: what a first load leaves to be read is a job of its own, on a core of its own.
    """
    Engagement.objects.update(unread=False, unassessed=False)
    kinds = list(InsightType)
    engagements = Engagement.objects.active().order_by("pk")[: RUNS // len(kinds)]
    runs = [ask_for(engagement, kind) for engagement in engagements for kind in kinds]
    return {"runs": len(runs)}


def visit() -> dict[str, float]:
    """Write down what a client needs: the cookie of a session, and the addresses to ask for."""
    client = signed_in()
    name = settings.SESSION_COOKIE_NAME
    given = {
        "cookie": f"{name}={client.cookies[name].value}",
        "paths": [path_of(one) for one in ADDRESSES if not one.endswith("(fragment)")],
    }
    Path(os.environ["BENCH_HOME"], "visit.json").write_text(json.dumps(given))
    return {}

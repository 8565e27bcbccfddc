"""Starting: what a check costs, and how long until the first page."""

from __future__ import annotations

import time

from psinsights.bench.home import Home, answered, children_cpu, free_port

TRIES = 3


def start(home: Home) -> dict[str, float]:
    """CPU seconds of ``manage.py check``, the best of some; seconds until ``up`` shows a page."""
    costs = []
    for _ in range(TRIES):
        before = children_cpu()
        home.manage("check")
        costs.append(children_cpu() - before)
    port = free_port()
    began = time.monotonic()
    with home.running(*home.command("up", "--port", str(port))) as process:
        answered(f"http://127.0.0.1:{port}/login", process)
        took = time.monotonic() - began
    return {"start.check": min(costs), "start.up": took}

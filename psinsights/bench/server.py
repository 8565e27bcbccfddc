"""The whole server under load: gunicorn with two workers of four threads, and a slow model."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from psinsights.bench.home import Home, answered, free_port

CLIENTS, BURST = 8, 64
SECONDS = 10
RUNS = 20  # of the remote model, in flight at once
MODEL_SECONDS = 180
FLOOR = "/bench-floor"


@dataclass
class Answers:
    """How long answers took, in seconds, and how many were no answers."""

    took: list[float] = field(default_factory=list)
    errors: int = 0

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.took, n=100)[98] if len(self.took) > 1 else 0.0


def server(home: Home, paths: Sequence[str], cookie: str) -> dict[str, float]:
    """The server's figures with and without remote runs in flight; ``home`` has data and a person."""
    with _slow_model() as model:
        remote = home.with_more(
            AI_PROVIDER="huggingface", HF_BASE_URL=f"http://127.0.0.1:{model.port}/v1",
            HF_TIMEOUT_SECONDS=str(2 * MODEL_SECONDS), AI_CONCURRENCY=str(RUNS),
        )  # fmt: skip
        with _gunicorn(remote) as port:
            closed_loop(port, paths, cookie, clients=2, seconds=2)
            floor = closed_loop(port, [FLOOR], cookie, clients=CLIENTS, seconds=SECONDS / 2)
            idle = closed_loop(port, paths, cookie, clients=CLIENTS, seconds=SECONDS)
            burst = once_each(port, paths, cookie, clients=BURST)
            calm = closed_loop(port, paths, cookie, clients=2, seconds=SECONDS)
            remote.measure("ask")
            with remote.running(*remote.command("work")):
                model.wait_for(RUNS)
                busy = closed_loop(port, paths, cookie, clients=2, seconds=SECONDS)
                in_flight = model.waiting
    return {
        "server.rate": len(idle.took) / SECONDS,
        "server.errors": idle.errors + calm.errors + busy.errors,
        "server.p99": idle.p99,
        "server.floor_p99": floor.p99,
        "server.burst_errors": burst.errors,
        "server.in_flight": in_flight,
        "server.p99_idle": calm.p99,
        "server.p99_busy": busy.p99,
    }


@contextmanager
def _gunicorn(home: Home) -> Iterator[int]:
    port = free_port()
    words = ("up", "--no-worker", "--port", str(port))
    with home.running(*home.command(*words)) as process:
        answered(f"http://127.0.0.1:{port}{FLOOR}", process)
        yield port


def closed_loop(
    port: int, paths: Sequence[str], cookie: str, *, clients: int, seconds: float
) -> Answers:
    """Each client asks for the next page when it has the one before."""
    found = Answers()
    until = time.monotonic() + seconds

    def client(number: int) -> None:
        at = number
        while time.monotonic() < until:
            ask(port, paths[at % len(paths)], cookie, found)
            at += 1

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(client, range(clients)))
    return found


def once_each(port: int, paths: Sequence[str], cookie: str, *, clients: int) -> Answers:
    """All clients at the same moment, one request each; then one more, which shows it recovered."""
    found = Answers()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda n: ask(port, paths[n % len(paths)], cookie, found), range(clients)))
    ask(port, paths[0], cookie, found)
    return found


def ask(port: int, path: str, cookie: str, found: Answers) -> None:
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={"Cookie": cookie})
        response = connection.getresponse()
        response.read()
        found.errors += response.status != 200
    except (OSError, http.client.HTTPException):
        found.errors += 1
    finally:
        connection.close()
    found.took.append(time.perf_counter() - began)


class _SlowModel(ThreadingHTTPServer):
    """A model that thinks for minutes and then refuses."""

    daemon_threads = True
    request_queue_size = 2 * RUNS

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _SlowAnswer)
        self.port = self.server_address[1]
        self.waiting = 0
        self.changed = threading.Condition()
        self.closing = threading.Event()

    def wait_for(self, number: int) -> None:
        """Until so many requests wait for an answer, or no more are coming."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting >= number, timeout=MODEL_SECONDS / 2)


class _SlowAnswer(BaseHTTPRequestHandler):
    server: _SlowModel

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.changed:
            self.server.waiting += 1
            self.server.changed.notify_all()
        self.server.closing.wait(MODEL_SECONDS)
        with self.server.changed:
            self.server.waiting -= 1
        if not self.server.closing.is_set():
            self.send_error(503)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the figures are the report."""


@contextmanager
def _slow_model() -> Iterator[_SlowModel]:
    model = _SlowModel()
    thread = threading.Thread(target=model.serve_forever, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        model.closing.set()
        model.shutdown()
        model.server_close()

"""Start the web server and the worker together, and restart either when it stops."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from types import FrameType
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

HOST = "127.0.0.1"
HEAD_START = 1.5  # seconds between the start of one process and the next
GRACE = 20  # seconds a process has to finish what it is at
PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG


def die_with_parent() -> None:
    """On Linux: when the supervisor is killed outright, its children are told to stop."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)


class Service:
    """A process that is kept running; it waits longer after each quick death."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name, self.command = name, command
        self.started = 0.0
        self.pause = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command, start_new_session=True, preexec_fn=die_with_parent
        )

    def has_stopped(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def restart(self) -> None:
        lived = time.monotonic() - self.started
        self.pause = 0.5 if lived > 30 else min(10.0, self.pause * 2 or 0.5)
        time.sleep(self.pause)
        self.start()

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()

    def wait(self) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Command(BaseCommand):
    help = "Serve PS Insights on this machine: web server and worker, each restarted if it stops."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", default=os.environ.get("PORT", "8000"), help="default 8000")
        parser.add_argument("--host", default=HOST, help="address to listen on")
        parser.add_argument("--workers", type=int, default=2, help="web processes")
        parser.add_argument("--threads", type=int, default=4, help="threads in each")
        parser.add_argument("--prepare", action="store_true", help="run prepare first")
        parser.add_argument("--no-worker", action="store_true", help="web only")

    def handle(self, *args: Any, **options: Any) -> None:
        port = self.checked_port(options["host"], options["port"])
        if options["prepare"]:
            call_command("prepare", stdout=self.stdout)
        services = [Service("web", web_command(options, port))]
        if not options["no_worker"]:
            services.append(Service("worker", [sys.executable, "manage.py", "work"]))
        self.stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.told_to_stop)
        self.stdout.write(f"PS Insights: http://{options['host']}:{port}  (Ctrl-C stops it)")
        self.stdout.flush()
        self.supervise(services)

    def checked_port(self, host: str, raw: str) -> int:
        if not (raw.isascii() and raw.isdigit() and 0 < int(raw) < 65536):
            raise CommandError(f"PORT is {raw!r}. Use a number from 1 to 65535, such as 8000.")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, int(raw)))
            except OSError as error:
                raise CommandError(
                    f"Port {raw} cannot be used ({error.strerror}). Stop what uses it, "
                    f"or choose another: make run PORT={int(raw) % 65535 + 1}"
                ) from error
        return int(raw)

    def told_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stop.set()

    def supervise(self, services: list[Service]) -> None:
        for service in services:
            service.start()
            # The page comes first: what starts at once shares the processor with it.
            self.stop.wait(HEAD_START)
        while not self.stop.wait(0.3):
            for service in services:
                if service.has_stopped() and not self.stop.is_set():
                    self.stderr.write(f"{service.name} stopped, starting it again")
                    service.restart()
        for service in services:
            service.stop()
        for service in services:
            service.wait()


def web_command(options: dict[str, Any], port: int) -> list[str]:
    """gunicorn with threads: a slow client holds a thread, never the house."""
    return [
        *(sys.executable, "-m", "gunicorn", "psinsights.wsgi:application"),
        *("--bind", f"{options['host']}:{port}", "--worker-class", "gthread"),
        *("--workers", str(options["workers"]), "--threads", str(options["threads"])),
        *("--timeout", "60", "--graceful-timeout", "15", "--max-requests", "20000"),
        *("--max-requests-jitter", "2000", "--preload", "--log-level", "warning"),
        # A search of 60 kB is answered, not cut off: the API says itself what is too long.
        *("--limit-request-line", "0", "--no-control-socket"),
    ]

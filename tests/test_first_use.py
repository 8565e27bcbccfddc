"""A type's first use by many threads at once, as the first requests of a server make it.

Each try runs in a process of its own: where this goes wrong, as it does with ``msgspec.convert``
itself, the process dies.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Types nobody has used before, nested as records and insights are.
TYPES = 60
PROGRAM = f"""
import sys, threading, types
sys.setswitchinterval(1e-6)
import msgspec
from psinsights.lib.typed import convert, decoder

module = types.ModuleType("shapes")
sys.modules["shapes"] = module
for n in range({TYPES}):
    exec(f'''
import datetime, msgspec
from typing import Annotated
class Inner{{n}}(msgspec.Struct):
    least: Annotated[int, msgspec.Meta(ge=0)]
    name: str | None = None
class Outer{{n}}(msgspec.Struct):
    one: Inner{{n}}
    many: tuple[Inner{{n}}, ...] = ()
    day: "datetime.date | None" = None
''', module.__dict__)

VALUE = {{"one": {{"least": 2}}, "many": [{{"least": 3}}], "day": "2026-01-31"}}
said = []

def use(kind, gate):
    gate.wait()
    USE
    said.append(str(found.day))

for n in range({TYPES}):
    gate = threading.Barrier(8)
    kind = getattr(module, f"Outer{{n}}")
    threads = [threading.Thread(target=use, args=(kind, gate)) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
print(len(said), set(said))
"""


def outcome(use: str) -> tuple[int, str]:
    program = PROGRAM.replace("USE", use)
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return ran.returncode, ran.stdout.strip()


EVERY_TIME = (0, f"{8 * TYPES} {{'2026-01-31'}}")


def test_values_are_converted_in_many_threads_at_once():
    assert outcome("found = convert(VALUE, kind)") == EVERY_TIME


def test_text_is_decoded_in_many_threads_at_once():
    assert outcome("found = decoder(kind).decode(msgspec.json.encode(VALUE))") == EVERY_TIME

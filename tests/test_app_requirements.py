"""What a Databricks App installs is what the lock file names, and the driver of PostgreSQL."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"(?m)^([a-z0-9._-]+==[^ ;\\]+)")


def _pins(name: str) -> set[str]:
    return set(PINNED.findall((ROOT / name).read_text(encoding="utf-8")))


def test_an_app_installs_the_versions_of_the_lock_file() -> None:
    more = _pins("requirements.txt") ^ _pins("requirements.lock")
    assert {pin.split("==")[0] for pin in more} == {"psycopg", "psycopg-binary"}


def test_everything_an_app_installs_has_its_hash() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    blocks = re.split(r"(?m)^(?=[a-z0-9])", text)[1:]
    assert len(blocks) > 50
    assert [block.split("\n")[0] for block in blocks if "--hash=sha256:" not in block] == []

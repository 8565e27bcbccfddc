"""A setting that cannot be used stops every start, with a sentence, what would do, and no secret."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

# One worker makes what its tests share, not each of them.
pytestmark = pytest.mark.xdist_group("system checks")

ROOT = Path(__file__).resolve().parent.parent
SECRET = "canary-Secret-0123456789-0123456789-0123456789-abc"
TOKEN = "hf_canaryToken0123456789"
PASSWORD = "canaryPassword"
GOOD = {
    "SECRET_KEY": SECRET,
    "DEBUG": "true",
    "DATABASE_URL": "sqlite:///:memory:",
    "HF_TOKEN": "",
    "HF_BASE_URL": "",
}
# Environments with several wrong values each, and what has to be said of every one of them.
WRONG: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "values that are not understood": (
        {
            "DEBUG": "maybe",
            "DATA_MODE": "oracle",
            "HF_TIMEOUT_SECONDS": "abc",
            "AI_CONCURRENCY": "0",
            "TODAY": "notadate",
            "LOG_LEVEL": "LOUD",
            "DATABASE_URL": "nonsense",
            "SECRET_KEY": "",
        },
        {
            "DEBUG is neither true nor false.": "Use true or false.",
            "DATA_MODE is not one of local, databricks.": "Use one of: local, databricks.",
            "HF_TIMEOUT_SECONDS is not a number.": "Use a number, such as 60.0.",
            "AI_CONCURRENCY is not between 1 and 64.": "Use a number, such as 4.",
            "TODAY is not a date.": "Use a date such as 2026-11-19.",
            "LOG_LEVEL is not one of DEBUG, INFO, WARNING, ERROR.": "Use one of: DEBUG",
            "DATABASE_URL is the URL of neither PostgreSQL nor SQLite.": "Use postgres://",
            "SECRET_KEY is empty.": "Run `make run` once",
        },
    ),
    "a login in two addresses, and a model in the clear": (
        {
            "DATABASE_URL": f"mysql://u:{PASSWORD}@db/x",
            "HF_BASE_URL": "http://model.example/v1",
            "HF_TOKEN": TOKEN,
            "HF_TIMEOUT_SECONDS": "nan",
        },
        {
            "DATABASE_URL is the URL of neither PostgreSQL nor SQLite.": "Use postgres://",
            "HF_BASE_URL is wrong. HF_BASE_URL begins with https://, or with http:// on this "
            "machine only.": "Set HF_TOKEN or HF_BASE_URL",
            "HF_TIMEOUT_SECONDS is not between 1 and 600.": "Use a number, such as 60.0.",
        },
    ),
    "demo mode for others, a model without a key": (
        {
            "DATABASE_URL": f"postgres://u:{PASSWORD}@db:99999999/x",
            "DEMO": "true",
            "ALLOWED_HOSTS": "127.0.0.1,insights.example",
            "AI_PROVIDER": "huggingface",
        },
        {
            "DATABASE_URL is not a database URL.": "Use postgres://",
            "Demo mode with ALLOWED_HOSTS beyond this machine: insights.example.": "Set DEMO=false",
            "AI_PROVIDER=huggingface cannot be used. Set HF_TOKEN": "Set HF_TOKEN or HF_BASE_URL",
        },
    ),
    "demo mode in production, half a warehouse": (
        {
            "DATABASE_URL": f"postgres://u:{PASSWORD}@db",
            "DEMO": "true",
            "DEBUG": "false",
            "AI_PROVIDER": "huggingface",
            "HF_BASE_URL": f"https://u:{PASSWORD}@model.example/v1",
            "DATA_MODE": "databricks",
            "DATABRICKS_TOKEN": f"dapi{PASSWORD}",
        },
        {
            "DATABASE_URL names no database.": "Use postgres://",
            "DEMO is on while DEBUG is off.": "Set DEMO=false",
            "HF_BASE_URL holds no login, query or fragment.": "Set HF_TOKEN or HF_BASE_URL",
            "DATABRICKS_HOST: It is not set.": "Give the workspace",
        },
    ),
}
EXPECTED = [(name, *pair) for name, (_, told) in WRONG.items() for pair in told.items()]
RIGHT = {
    "as make run writes it": {},
    "a model on this machine": {
        "AI_PROVIDER": "huggingface",
        "HF_BASE_URL": "http://127.0.0.1:9/v1",
    },
}


@dataclass(frozen=True)
class Told:
    """How ``manage.py check`` ended, and all that it said."""

    code: int
    text: str


def check(given: dict[str, str], *words: str) -> Told:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "manage.py", "check", *words],
        cwd=ROOT,
        env=inherited | GOOD | given,
        capture_output=True,
        text=True,
        check=False,
    )
    return Told(done.returncode, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def told() -> dict[str, Told]:
    """Every environment once."""
    cases = {name: given for name, (given, _) in WRONG.items()} | RIGHT
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(cases, pool.map(check, cases.values()), strict=True))


@pytest.mark.parametrize(("name", "sentence", "hint"), EXPECTED)
def test_each_wrong_value_is_an_error_that_says_what_would_do(told, name, sentence, hint):
    errors = told[name].text.split("ERRORS:")[1].split("WARNINGS:")[0]
    after = errors.split(sentence)[1].split("HINT: ")[1]
    assert after.startswith(hint)
    assert told[name].code != 0


@pytest.mark.parametrize("name", WRONG)
def test_nothing_secret_and_no_trace_is_shown(told, name):
    text = told[name].text
    assert not any(secret in text for secret in (SECRET, TOKEN, PASSWORD))
    assert "Traceback" not in text


@pytest.mark.parametrize("name", RIGHT)
def test_good_settings_pass(told, name):
    assert told[name].code == 0, told[name].text


def test_a_wildcard_host_fails_the_check_for_deployment():
    told = check({"DEBUG": "false", "ALLOWED_HOSTS": "*"}, "--deploy")
    assert told.code != 0
    assert "ALLOWED_HOSTS holds a wildcard." in told.text


def test_a_production_setting_passes_the_check_for_deployment():
    given = {"DEBUG": "false", "ALLOWED_HOSTS": "insights.example"}
    told = check(given, "--deploy", "--fail-level", "WARNING")
    assert told.code == 0, told.text


def test_a_command_that_would_serve_refuses_as_well():
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "manage.py", "up", "--no-worker"],
        cwd=ROOT,
        env=environment | GOOD | {"TODAY": "notadate"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode != 0
    assert "TODAY is not a date." in done.stderr

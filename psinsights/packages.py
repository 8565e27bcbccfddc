"""The packages this installation runs on: version, licence, purpose, and until when they are cared for.

What is declared comes from ``pyproject.toml``, or from the metadata of an installed wheel; what is
installed from the metadata of the packages. Nothing is looked up elsewhere.
"""

from __future__ import annotations

import platform
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import metadata
from pathlib import Path

import django
from django.conf import settings

NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")
EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")
SEPARATORS = re.compile(r"[-_.]+")
NOT_RUN = "dev"  # the extra of those who develop
LONGEST_LICENCE = 60

# Ends of security support: peps.python.org (PEP 664, 693, 719, 745), djangoproject.com/download.
SUPPORT = {
    "python": {
        (3, 11): date(2027, 10, 31),
        (3, 12): date(2028, 10, 31),
        (3, 13): date(2029, 10, 31),
        (3, 14): date(2030, 10, 31),
    },
    "django": {(5, 2): date(2028, 4, 30)},
}

PURPOSE = {
    "django": "Pages, database, sign-in: the framework of it all",
    "django-htmx": "Parts of pages instead of whole ones; brings htmx itself",
    "django-template-partials": "Named parts of templates",
    "django-environ": "Settings from the environment",
    "django-axes": "Locks a login after five wrong passwords",
    "django-csp": "Forbids foreign scripts and styles in the browser",
    "whitenoise": "Serves styles, scripts and fonts",
    "gunicorn": "The web server processes",
    "msgspec": "Checks and writes JSON: the API, records, insights",
    "tqdm": "Progress of commands",
    "python-json-logger": "Logs as JSON, a line each",
    "huggingface-hub": "Speaks to a model, where one is chosen",
    "databricks-sql-connector": "Reads and writes Delta tables through a SQL warehouse",
    "databricks-sdk": "Signs in to Databricks and runs its jobs",
    "openpyxl": "Excel files",
    "faker": "Names of the sample data",
    "numpy": "Vectors of the embedded engine",
    "wordllama": "Word vectors of the embedded engine, in its wheel",
    "safetensors": "Reads the word vectors",
    "tokenizers": "Cuts text into tokens for them",
    "vadersentiment": "A lexicon of tone, one of the signs that notes are read by",
    "psycopg": "The driver of PostgreSQL",
}


@dataclass(frozen=True, kw_only=True)
class Package:
    """A declared package as it is installed; ``extra`` names what it is optional for."""

    name: str
    version: str  # "" when it is not installed
    licence: str
    purpose: str
    extra: str = ""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Python or Django, and until when its makers repair it; None when we do not know."""

    name: str
    version: str
    until: date | None


def plain(name: str) -> str:
    """A package's name as PyPI compares it."""
    return SEPARATORS.sub("-", name).lower()


@cache
def declared() -> tuple[tuple[str, str], ...]:
    """What this product declares for running: name and the extra that asks for it, or ""."""
    path = Path(settings.BASE_DIR) / "pyproject.toml"
    if not path.is_file():
        return _of_the_wheel()
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    found = [(_name(line), "") for line in project["dependencies"]]
    for extra, lines in project.get("optional-dependencies", {}).items():
        if extra != NOT_RUN:
            found += [(_name(line), extra) for line in lines]
    return tuple(found)


def _of_the_wheel() -> tuple[tuple[str, str], ...]:
    try:
        lines = metadata.requires("psinsights") or []
    except metadata.PackageNotFoundError:
        return ()
    extras = [(line, EXTRA.search(line)) for line in lines]
    found = [(_name(line), match.group(1) if match else "") for line, match in extras]
    return tuple((name, extra) for name, extra in found if extra != NOT_RUN)


def _name(line: str) -> str:
    found = NAME.match(line)
    return found.group(1) if found else line


@cache
def packages() -> tuple[Package, ...]:
    """Every declared package, those that every installation has first."""
    return tuple(_package(name, extra) for name, extra in declared())


def _package(name: str, extra: str) -> Package:
    purpose = PURPOSE.get(plain(name), "")
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return Package(name=name, version="", licence="", purpose=purpose, extra=extra)
    return Package(
        name=name, version=found.version, licence=_licence(found), purpose=purpose, extra=extra
    )


def _licence(found: metadata.Distribution) -> str:
    """The licence as the package states it: an expression, a classifier, or its first line."""
    about = found.metadata
    if "License-Expression" in about:
        return about["License-Expression"]
    prefix = "License :: OSI Approved :: "
    classes = [line for line in about.get_all("Classifier") or [] if line.startswith(prefix)]
    if classes:
        return classes[0].removeprefix(prefix)
    if "License" not in about:
        return "Not stated"
    return (about["License"].strip().splitlines() or ["Not stated"])[0][:LONGEST_LICENCE]


@cache
def brought_along() -> int:
    """How many further packages the declared ones need and are installed."""
    ours = {plain(name) for name, _ in declared()}
    seen: set[str] = set()
    waiting = [(_name(line), _extras(line)) for line in _lines()]
    while waiting:
        name, extras = waiting.pop()
        if plain(name) in seen:
            continue
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # for another system, or an extra that is not installed
        seen.add(plain(name))
        waiting += [(_name(line), _extras(line)) for line in needs if _wanted(line, extras)]
    return len(seen - ours)


def _lines() -> Iterable[str]:
    path = Path(settings.BASE_DIR) / "pyproject.toml"
    if not path.is_file():
        return [name for name, _ in declared()]
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    return [str(line) for line in project["dependencies"]]


def _extras(line: str) -> frozenset[str]:
    found = NAME.match(line)
    named = (found.group(2) if found else "") or ""
    return frozenset(word.strip() for word in named.split(",") if word.strip())


def _wanted(line: str, extras: frozenset[str]) -> bool:
    asked = EXTRA.search(line)
    return asked is None or asked.group(1) in extras


def platforms() -> list[Platform]:
    """Python and Django with the end of their support."""
    python = platform.python_version()
    return [
        Platform(name="Python", version=python, until=_until("python", python)),
        Platform(
            name="Django",
            version=django.get_version(),
            until=_until("django", django.get_version()),
        ),
    ]


def _until(name: str, version: str) -> date | None:
    major, minor, *_ = version.split(".")
    return SUPPORT[name].get((int(major), int(minor)))

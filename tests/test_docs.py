"""The documents name what there is: every setting, command, address and reason, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import URLPattern, URLResolver, get_resolver

from connectors.tables import tables
from insights.reasons import REASONS
from metrics.models import Activity

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {"psinsights", "engagements", "connectors", "insights", "metrics"}
READ = re.compile(
    r'env\.(?:text|flag|words|choice|integer|decimal|database|day|mail)\(\s*"([A-Z][A-Z0-9_]+)"'
)
NAME = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|DEBUG|DEMO|HTTPS|TODAY|PORT)(?:=[^`]*)?`")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
# Settings of others, which the documents name.
OTHER = {"HF_HUB_OFFLINE", "DATABRICKS_APP_NAME"}


def documents() -> list[Path]:
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def text_of(*names: str) -> str:
    return "\n".join((ROOT / name).read_text(encoding="utf-8") for name in names)


def all_text() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in documents())


def settings_read() -> set[str]:
    """Names that the settings read from the environment, those of the warehouse included."""
    source = text_of("psinsights/settings.py")
    warehouse = re.findall(r'"(DATABRICKS_[A-Z_]+)"', source)
    return {*READ.findall(source), *warehouse, "PORT"}


def our_commands() -> list[str]:
    return sorted(name for name, app in get_commands().items() if app in ROOMS)


def addresses(resolver: URLResolver | None = None, start: str = "/") -> Iterator[str]:
    """Every address of the URLconf with its parameters as the documents write them."""
    for entry in (resolver or get_resolver()).url_patterns:
        text = start + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, text)
        elif isinstance(entry, URLPattern) and entry.name not in (None, "nowhere"):
            yield text


def test_the_settings_are_found_in_their_file():
    assert {"SECRET_KEY", "DATABASE_URL", "TODAY", "HF_TOKEN", "DATABRICKS_HOST"} <= settings_read()


@pytest.mark.parametrize("name", sorted(settings_read()))
def test_every_setting_is_described(name):
    assert f"`{name}`" in text_of("docs/settings.md")


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_no_document_names_a_setting_that_does_not_exist(path):
    named = set(NAME.findall(path.read_text(encoding="utf-8")))
    code = {name for name in named if name in text_of("psinsights/settings.py")}
    assert named - settings_read() - code - OTHER == set()


@pytest.mark.parametrize("name", our_commands())
def test_every_command_is_in_the_documents_and_has_a_help_sentence(name):
    assert re.search(rf"\b{name}\b", all_text())
    command = load_command_class(get_commands()[name], name)
    assert command.help.strip().endswith(".")


@pytest.mark.parametrize("address", sorted(addresses()))
def test_every_address_is_in_the_documents(address):
    written = {PARAMETER.sub(r"<\1>", address), PARAMETER.sub(r"{\1}", address)}
    written |= {text.replace("engagement_id", "id") for text in written}
    assert any(f"`{text}`" in all_text() for text in written), f"docs/addresses.md lacks {address}"


@pytest.mark.parametrize("code", [code for codes in REASONS.values() for code in codes])
def test_every_reason_code_is_explained(code):
    assert re.search(rf"`?\b{code}\b`?", text_of("docs/insights.md"))


@pytest.mark.parametrize("name", [table.name for table in tables()])
def test_every_table_is_in_the_documents(name):
    assert name in all_text()


@pytest.mark.parametrize("kind", Activity.Kind.values)
def test_every_kind_of_activity_is_described(kind):
    assert f"| `{kind}` |" in text_of("docs/metrics.md")


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_every_link_between_files_leads_somewhere(path):
    links = LINK.findall(path.read_text(encoding="utf-8"))
    missing = [link for link in links if not (path.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_every_manage_command_that_is_written_exists(path):
    known = {*get_commands(), "test"}
    written = re.findall(r"manage\.py ([a-z_]+)", path.read_text(encoding="utf-8"))
    assert set(written) - known == set()

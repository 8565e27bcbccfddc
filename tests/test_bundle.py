"""The bundle is what Databricks would accept: fields, enums, and names that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from databricks.bundles.apps import App
from databricks.bundles.jobs import Job
from databricks.bundles.schemas import Schema
from databricks.bundles.volumes import Volume

from tests.warehouse.runner import cells

ROOT = Path(__file__).resolve().parents[1]
KINDS: dict[str, Any] = {"jobs": Job, "schemas": Schema, "volumes": Volume, "apps": App}


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


BUNDLE = _read(ROOT / "databricks.yml")
FILES = [path for pattern in BUNDLE["include"] for path in sorted(ROOT.glob(pattern))]
RESOURCES = [
    (kind, key, body)
    for path in FILES
    for kind, resources in _read(path)["resources"].items()
    for key, body in resources.items()
]


def _of(kind: str) -> dict[str, Any]:
    return {key: body for found, key, body in RESOURCES if found == kind}


@pytest.mark.parametrize(("kind", "key", "body"), RESOURCES, ids=lambda value: str(value)[:20])
def test_every_resource_has_the_fields_databricks_knows(kind: str, key: str, body: Any) -> None:
    assert KINDS[kind].from_dict(body).as_dict() == body


@pytest.mark.parametrize(
    "change",
    [{"task": []}, {"tasks": [{"task_key": "x", "run_if": "PERHAPS"}]}, {"tasks": [{"run_if": 1}]}],
)
def test_a_wrong_field_enum_or_missing_key_would_be_seen(change: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        Job.from_dict(_of("jobs")["ps_insights_daily"] | change)


def test_every_reference_leads_to_a_variable_or_resource() -> None:
    text = "\n".join(path.read_text() for path in [ROOT / "databricks.yml", *FILES])
    named = {f"resources.{kind}.{key}" for kind, key, _ in RESOURCES}
    for reference in re.findall(r"\$\{([^}]+)\}", text):
        if reference.startswith("var."):
            assert reference.removeprefix("var.") in BUNDLE["variables"]
        elif reference.startswith("resources."):
            assert reference.rpartition(".")[0] in named
        else:
            assert reference.startswith("bundle.")


def test_the_tasks_are_the_notebooks_and_their_parameters_are_widgets() -> None:
    job = _of("jobs")["ps_insights_daily"]
    paths = [ROOT / "resources" / task["notebook_task"]["notebook_path"] for task in job["tasks"]]
    assert sorted(path.resolve() for path in paths) == sorted((ROOT / "notebooks").glob("0*"))
    text = "\n".join(cell for path in paths for _, cell in cells(path))
    widgets = set(re.findall(r"widgets\.\w+\(\s*\"(\w+)\"|WIDGET TEXT (\w+)", text))
    known = {name for pair in widgets for name in pair if name}
    assert {parameter["name"] for parameter in job["parameters"]} <= known


def test_a_task_waits_for_tasks_that_exist() -> None:
    tasks = _of("jobs")["ps_insights_daily"]["tasks"]
    keys = {task["task_key"] for task in tasks}
    assert {d["task_key"] for task in tasks for d in task.get("depends_on", [])} <= keys


def test_what_the_app_takes_from_resources_is_among_them() -> None:
    settings = {entry["name"]: entry for entry in _read(ROOT / "app.yaml")["env"]}
    given = {resource["name"] for resource in _of("apps")["ps_insights"]["resources"]}
    assert {entry["valueFrom"] for entry in settings.values() if "valueFrom" in entry} <= given


def test_the_app_sets_only_settings_that_exist() -> None:
    source = (ROOT / "psinsights" / "settings.py").read_text()
    for entry in _read(ROOT / "app.yaml")["env"]:
        assert f'"{entry["name"]}"' in source


def test_the_app_starts_a_command_that_exists_on_the_port_it_is_given() -> None:
    python, manage, command, *options = _read(ROOT / "app.yaml")["command"]
    assert (python, manage) == ("python", "manage.py")
    assert (ROOT / "psinsights" / "management" / "commands" / f"{command}.py").is_file()
    assert options[options.index("--port") + 1] == "$DATABRICKS_APP_PORT"

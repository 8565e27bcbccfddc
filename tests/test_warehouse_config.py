"""Settings for the warehouse are checked before anything is connected."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.warehouse import WarehouseConfig, problems

GOOD = {
    "DATABRICKS_HOST": "https://adb-1.2.azuredatabricks.net/",
    "DATABRICKS_HTTP_PATH": "/sql/1.0/warehouses/abc123",
    "DATABRICKS_TOKEN": "dapi-canary",
    "DATABRICKS_CATALOG": "main",
    "DATABRICKS_SCHEMA": "ps_insights",
}


def _wrong(**changes: str) -> set[str]:
    return {problem.setting for problem in problems(GOOD | changes)}


def test_good_settings_have_no_problem() -> None:
    assert problems(GOOD) == []


def test_the_scheme_of_the_host_is_taken_off() -> None:
    assert WarehouseConfig.from_settings(GOOD).host == "adb-1.2.azuredatabricks.net"


def test_a_warehouse_id_stands_for_its_path() -> None:
    settings = GOOD | {"DATABRICKS_HTTP_PATH": "", "DATABRICKS_WAREHOUSE_ID": "abc123"}
    assert WarehouseConfig.from_settings(settings).http_path == "/sql/1.0/warehouses/abc123"


def test_nothing_set_names_every_missing_setting() -> None:
    assert {problem.setting for problem in problems({})} == {
        "DATABRICKS_HOST",
        "DATABRICKS_HTTP_PATH",
        "DATABRICKS_CLIENT_ID",
        "DATABRICKS_CATALOG",
        "DATABRICKS_SCHEMA",
    }


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("DATABRICKS_HOST", "http://adb-1.2.azuredatabricks.net"),
        ("DATABRICKS_HOST", "adb 1"),
        ("DATABRICKS_HOST", "adb.net/path"),
        ("DATABRICKS_HTTP_PATH", "warehouses/abc"),
        ("DATABRICKS_WAREHOUSE_ID", "other"),
        ("DATABRICKS_WAREHOUSE_ID", "a/b"),
        ("DATABRICKS_TOKEN", "dapi-with a-break"),
        ("DATABRICKS_CATALOG", "main; DROP TABLE x"),
        ("DATABRICKS_SCHEMA", "a.b"),
        ("DATABRICKS_CA_FILE", "no/such/file.pem"),
        ("DATABRICKS_CLOUD_FETCH", "perhaps"),
        ("DATABRICKS_CONNECTION_URI", "http://example.org/sql"),
        ("DATABRICKS_CONNECTION_URI", "http://127.0.0.1.example.org/sql"),
        ("DATABRICKS_CONNECTION_URI", "file:///sql"),
    ],
)
def test_a_wrong_value_is_named(setting: str, value: str) -> None:
    assert _wrong(**{setting: value}) == {setting}


def test_half_a_service_principal_is_named() -> None:
    assert _wrong(DATABRICKS_TOKEN="", DATABRICKS_CLIENT_ID="id") == {"DATABRICKS_CLIENT_SECRET"}
    assert _wrong(DATABRICKS_TOKEN="", DATABRICKS_CLIENT_SECRET="s") == {"DATABRICKS_CLIENT_ID"}


def test_two_identities_are_one_too_many() -> None:
    assert _wrong(DATABRICKS_CLIENT_ID="id", DATABRICKS_CLIENT_SECRET="s") == {"DATABRICKS_TOKEN"}


def test_no_problem_and_no_repr_tells_a_secret() -> None:
    settings = GOOD | {"DATABRICKS_TOKEN": "dapi-canary with-space"}
    assert "canary" not in str(problems(settings))
    assert "canary" not in repr(WarehouseConfig.from_settings(GOOD))


def test_wrong_settings_make_no_configuration() -> None:
    with pytest.raises(ValueError, match="DATABRICKS_SCHEMA"):
        WarehouseConfig.from_settings(GOOD | {"DATABRICKS_SCHEMA": ""})


def test_a_file_of_certificates_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("")
    config = WarehouseConfig.from_settings(GOOD | {"DATABRICKS_CA_FILE": str(file)})
    assert config.connect_arguments()["_tls_trusted_ca_file"] == str(file)


def test_telemetry_is_off() -> None:
    assert WarehouseConfig.from_settings(GOOD).connect_arguments()["enable_telemetry"] is False


def test_only_plain_names_become_part_of_sql() -> None:
    config = WarehouseConfig.from_settings(GOOD)
    assert config.table("ps_tasks") == "main.ps_insights.ps_tasks"
    with pytest.raises(ValueError, match="table name"):
        config.table("ps_tasks; DROP")

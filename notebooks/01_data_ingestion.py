# Databricks notebook source
# MAGIC %md
# MAGIC # 01 Data ingestion
# MAGIC Takes exported files (a JSON array of objects, or JSON Lines) into the Delta tables that PS Insights reads.
# MAGIC Each row is checked by the product's own contract (`engagements.parse`); a row that cannot be taken is kept in
# MAGIC `ps_quarantine` with its reason. Running it again changes nothing: rows go in by an idempotent `MERGE`, and an
# MAGIC older row never replaces a newer one. A file that is not there is passed over.
# MAGIC
# MAGIC Needs the `psinsights` wheel on the cluster (the bundle installs it), `CREATE TABLE` and `MODIFY` on the schema.

# COMMAND ----------

dbutils.widgets.text("catalog", "main", "Catalog")
dbutils.widgets.text("schema", "ps_insights", "Schema")
dbutils.widgets.text(
    "source_path", "/Volumes/main/ps_insights/exports", "Folder of the exported files"
)

# COMMAND ----------

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

catalog = dbutils.widgets.get("catalog")
schema = dbutils.widgets.get("schema")
source_path = dbutils.widgets.get("source_path")
for name in (catalog, schema):
    if not re.fullmatch(r"[A-Za-z0-9_]+", name):
        raise ValueError(f"{name!r} is not a plain name.")


# The product's modules come from beside the notebooks where they were deployed with them, else from
# the wheel. Workers need to be told too.
beside = Path.cwd().parent
root = str(beside) if (beside / "engagements" / "records.py").is_file() else ""


def find_modules(root: str) -> None:
    import sys

    if root and root not in sys.path:
        sys.path.insert(0, root)


find_modules(root)


def full(table: str) -> str:
    return f"{catalog}.{schema}.{table}"


# COMMAND ----------

# MAGIC %md
# MAGIC ## The tables
# MAGIC Column names are a contract and are never renamed. Every table records its changes, so the product reads only
# MAGIC what changed. `NOT NULL` and `CHECK` hold what the contract says.

# COMMAND ----------

PERSON = "STRUCT<id: STRING, name: STRING, role: STRING>"

# Column, SQL type, NOT NULL, and what it means.
TABLES = {
    "ps_engagements": [
        ("engagement_id", "STRING", True, "Key"),
        ("customer_name", "STRING", True, "Customer"),
        ("engagement_type", "STRING", False, "Kind of work, open vocabulary"),
        ("start_date", "DATE", False, "Planned start"),
        ("end_date", "DATE", False, "Planned end"),
        ("status", "STRING", True, "Where people say it stands"),
        ("health_score", "INT", False, "Reported by people, 0-100; never computed"),
        ("owner_id", "STRING", False, "Delivery manager"),
        ("owner_name", "STRING", False, "Delivery manager"),
        ("team_members", f"ARRAY<{PERSON}>", False, "Delivery team"),
        ("contract_value", "DOUBLE", False, "Value of the contract"),
        ("created_at", "TIMESTAMP", False, "UTC"),
        ("updated_at", "TIMESTAMP", False, "UTC; the newest row wins"),
        ("industry", "STRING", False, "Industry of the customer"),
        ("region", "STRING", False, "Region of the customer"),
        ("planned_hours", "DOUBLE", False, "Budget in hours"),
        ("consumed_hours", "DOUBLE", False, "Hours booked"),
    ],
    "ps_tasks": [
        ("task_id", "STRING", True, "Key"),
        ("engagement_id", "STRING", True, "ps_engagements"),
        ("name", "STRING", True, "What is to be done"),
        (
            "phase",
            "STRING",
            False,
            "Discovery, Setup, Design, Build, Test, Optimize, Close or other",
        ),
        ("owner_id", "STRING", False, "Who does it"),
        ("start_date", "DATE", False, "Planned start"),
        ("end_date", "DATE", False, "Planned end"),
        ("status", "STRING", True, "Not Started, In Progress, Blocked or Completed"),
        ("progress_percent", "INT", False, "0-100"),
        ("is_milestone", "BOOLEAN", False, "Counts double when late"),
        ("completed_at", "TIMESTAMP", False, "UTC"),
        ("updated_at", "TIMESTAMP", False, "UTC; the newest row wins"),
        ("baseline_end_date", "DATE", False, "Date first promised"),
    ],
    "ps_delivery_notes": [
        ("note_id", "STRING", True, "Key"),
        ("engagement_id", "STRING", True, "ps_engagements"),
        ("author_id", "STRING", False, "Who wrote it"),
        ("created_at", "TIMESTAMP", True, "UTC"),
        ("content", "STRING", True, "The note"),
        (
            "sentiment",
            "STRING",
            False,
            "positive, neutral or risk, as a person said; never overwritten",
        ),
        ("updated_at", "TIMESTAMP", False, "UTC; the newest row wins"),
    ],
    "ps_notebook_usage": [
        ("usage_id", "STRING", True, "Key"),
        ("engagement_id", "STRING", True, "ps_engagements"),
        ("user_id", "STRING", False, "Who ran it"),
        ("notebook_name", "STRING", True, "Which notebook"),
        ("execution_date", "DATE", True, "Day"),
        ("execution_count", "INT", False, "Runs that day"),
        ("compute_hours", "DOUBLE", False, "Hours of compute"),
    ],
    "ps_ai_insights": [
        ("insight_id", "STRING", True, "Key"),
        ("engagement_id", "STRING", True, "ps_engagements"),
        ("customer_name", "STRING", False, "Customer when it was written"),
        (
            "insight_type",
            "STRING",
            True,
            "health_summary, risk_detection, theme_extraction or action_recommendation",
        ),
        ("content", "STRING", True, "Plain text"),
        ("generated_at", "TIMESTAMP", True, "UTC"),
        ("provider", "STRING", False, "Who wrote it"),
        ("model", "STRING", False, "With which model"),
        ("prompt_version", "STRING", False, "With which prompt or rules"),
        ("input_fingerprint", "STRING", False, "Hash of what it was made from"),
        ("payload", "STRING", False, "JSON: claims and their evidence"),
        ("verification", "STRING", False, "JSON: what the verifier kept and refused"),
        ("latency_ms", "INT", False, "Time it took"),
        ("input_tokens", "INT", False, "Where a model counts them"),
        ("output_tokens", "INT", False, "Where a model counts them"),
        ("requested_by", "STRING", False, "Who asked"),
        ("updated_at", "TIMESTAMP", False, "UTC; the newest row wins"),
    ],
    "ps_ai_metrics": [
        ("metric_id", "STRING", True, "Key"),
        ("date", "DATE", True, "Day"),
        ("role", "STRING", True, "Role of the readers"),
        ("insight_type", "STRING", True, "As in ps_ai_insights"),
        ("insights_generated", "INT", True, "How many"),
        ("estimated_time_saved_minutes", "INT", False, "Estimate"),
        ("user_rating", "INT", False, "1-5"),
    ],
    "ps_adoption_metrics": [
        ("date", "DATE", True, "Day; unique with role"),
        ("role", "STRING", True, "Role"),
        ("unique_users", "INT", False, "People"),
        ("total_sessions", "INT", False, "Sessions"),
        ("total_insights_viewed", "INT", False, "Insights opened"),
        ("total_actions_taken", "INT", False, "Actions decided"),
        ("avg_session_duration_minutes", "DOUBLE", False, "Minutes"),
    ],
    "team_members": [
        ("id", "STRING", True, "Key"),
        ("name", "STRING", True, "Person"),
        ("role", "STRING", False, "Role"),
    ],
    "ps_quarantine": [
        ("table_name", "STRING", True, "Where the row was meant to go"),
        ("row_hash", "STRING", True, "Key with table_name"),
        ("field", "STRING", False, "Column at fault"),
        ("reason", "STRING", True, "Stable code"),
        ("message", "STRING", True, "A sentence"),
        ("raw", "STRING", True, "The row as it came"),
    ],
}
KEYS = {
    "ps_engagements": ["engagement_id"],
    "ps_tasks": ["task_id"],
    "ps_delivery_notes": ["note_id"],
    "ps_notebook_usage": ["usage_id"],
    "ps_ai_insights": ["insight_id"],
    "ps_ai_metrics": ["metric_id"],
    "ps_adoption_metrics": ["date", "role"],
    "team_members": ["id"],
    "ps_quarantine": ["table_name", "row_hash"],
}
# NULL fails a CHECK, so what may be missing says so.
CHECKS = {
    "ps_engagements": {
        "status_known": "status IN ('Not Started', 'Active', 'At Risk', 'On Hold', 'Completed')",
        "health_in_range": "health_score IS NULL OR (health_score >= 0 AND health_score <= 100)",
        "ends_after_start": "start_date IS NULL OR end_date IS NULL OR end_date >= start_date",
    },
    "ps_tasks": {
        "status_known": "status IN ('Not Started', 'In Progress', 'Blocked', 'Completed')",
        "progress_in_range": "progress_percent IS NULL OR (progress_percent >= 0 AND progress_percent <= 100)",
    },
    "ps_delivery_notes": {
        "sentiment_known": "sentiment IS NULL OR sentiment IN ('positive', 'neutral', 'risk')",
    },
}
CLUSTERED = {
    "ps_tasks": "engagement_id",
    "ps_delivery_notes": "engagement_id",
    "ps_notebook_usage": "engagement_id",
}

# COMMAND ----------


def create(table: str) -> None:
    columns = ", ".join(
        f"{name} {kind}{' NOT NULL' if required else ''} COMMENT '{meaning}'"
        for name, kind, required, meaning in TABLES[table]
    )
    cluster = f"CLUSTER BY ({CLUSTERED[table]})" if table in CLUSTERED else ""
    spark.sql(
        f"CREATE TABLE IF NOT EXISTS {full(table)} ({columns}) USING DELTA {cluster} "
        "TBLPROPERTIES (delta.enableChangeDataFeed = true)"
    )
    properties = {row["key"] for row in spark.sql(f"SHOW TBLPROPERTIES {full(table)}").collect()}
    for name, condition in CHECKS.get(table, {}).items():
        if f"delta.constraints.{name}" not in properties:
            spark.sql(f"ALTER TABLE {full(table)} ADD CONSTRAINT {name} CHECK ({condition})")


spark.sql(f"CREATE SCHEMA IF NOT EXISTS {catalog}.{schema}")
for table in TABLES:
    create(table)

# COMMAND ----------

# MAGIC %md
# MAGIC ## The rows
# MAGIC A line of JSON becomes a checked row or a problem, on the cluster.

# COMMAND ----------

FILES = {
    "ps_engagements": ("engagements", "EngagementRecord"),
    "ps_tasks": ("tasks", "TaskRecord"),
    "ps_delivery_notes": ("delivery_notes", "NoteRecord"),
    "ps_notebook_usage": ("notebook_usage", "UsageRecord"),
    "ps_ai_insights": ("ai_insights", "InsightRecord"),
    "ps_ai_metrics": ("ai_metrics", "AiMetricRecord"),
    "ps_adoption_metrics": ("adoption_metrics", "AdoptionRecord"),
    "team_members": ("team_members", "TeamMember"),
}


def file_of(table: str) -> Path | None:
    """The exported file of a table, or None."""
    stem = FILES[table][0]
    found = [Path(source_path) / f"{stem}{ending}" for ending in (".jsonl", ".json")]
    return next((path for path in found if path.is_file()), None)


def lines_of(path: Path) -> Any:
    """One JSON object a row, with its position. An array is read by the driver."""
    with path.open(encoding="utf-8-sig") as file:
        is_array = file.read(4096).lstrip().startswith("[")
        if is_array:
            file.seek(0)
            rows = [
                (number, json.dumps(row)) for number, row in enumerate(json.load(file), start=1)
            ]
            return spark.createDataFrame(rows, "position BIGINT, value STRING")
    return spark.read.text(str(path)).selectExpr(
        "monotonically_increasing_id() AS position", "value"
    )


def checker(record_name: str) -> Callable[[Iterator[Any]], Iterator[Any]]:
    def check(batches: Iterator[Any]) -> Iterator[Any]:
        find_modules(root)
        import hashlib

        import msgspec
        import pandas as pd

        from engagements import records
        from engagements.parse import parse

        record = getattr(records, record_name)

        def record_or_problem(value: str) -> tuple[str, str, str] | msgspec.Struct:
            try:
                row = json.loads(value)
            except ValueError as error:
                return ("", "not_json", f"The line is no JSON: {error}.")
            if not isinstance(row, dict):
                return ("", "not_an_object", "The line is no object.")
            found = parse(record, row)
            if isinstance(found, tuple):
                return (found[0].field, found[0].reason, found[0].message)
            return found

        def checked(position: int, value: str) -> tuple[Any, ...]:
            digest = hashlib.blake2b(value.encode("utf-8", "replace"), digest_size=16).hexdigest()
            found = record_or_problem(value)
            if isinstance(found, tuple):
                return (position, None, digest, *found, value)
            return (position, msgspec.json.encode(found).decode(), digest, "", "", "", value)

        for batch in batches:
            rows = [
                checked(position, value)
                for position, value in zip(batch["position"], batch["value"], strict=True)
                if value and value.strip()
            ]
            yield pd.DataFrame(
                rows,
                columns=["position", "checked", "row_hash", "field", "reason", "message", "raw"],
            )

    return check


CHECKED = "position BIGINT, checked STRING, row_hash STRING, field STRING, reason STRING, message STRING, raw STRING"


# COMMAND ----------


def typed(column: str, kind: str) -> str:
    return (
        f"from_json({column}, '{kind}')"
        if kind.startswith("ARRAY")
        else f"CAST({column} AS {kind})"
    )


def incoming(table: str) -> str:
    """SQL of the checked rows with their types; of rows with one key the newest, else the last."""
    columns = [(name, kind) for name, kind, _, _ in TABLES[table]]
    picked = ", ".join(f"get_json_object(checked, '$.{name}') AS {name}" for name, _ in columns)
    cast = ", ".join(f"{typed(name, kind)} AS {name}" for name, kind in columns)
    newest = (
        "CAST(updated_at AS TIMESTAMP) DESC NULLS LAST, " if "updated_at" in dict(columns) else ""
    )
    return (
        f"SELECT {cast} FROM (SELECT *, row_number() OVER (PARTITION BY {', '.join(KEYS[table])} "
        f"ORDER BY {newest}position DESC) AS place FROM (SELECT position, {picked} FROM incoming_rows "
        "WHERE checked IS NOT NULL)) WHERE place = 1"
    )


def merge(table: str, source: str) -> str:
    """Upsert by key; an older row never replaces a newer one, an equal one changes nothing."""
    names = [name for name, *_ in TABLES[table]]
    rest = [name for name in names if name not in KEYS[table]]
    same = " AND ".join(f"t.{name} = s.{name}" for name in KEYS[table])
    if "updated_at" in names:
        changed = "t.updated_at IS NULL OR s.updated_at > t.updated_at"
    else:
        changed = " OR ".join(f"NOT (t.{name} <=> s.{name})" for name in rest)
    return (
        f"MERGE INTO {full(table)} AS t USING ({source}) AS s ON {same} "
        f"WHEN MATCHED AND ({changed}) THEN UPDATE SET {', '.join(f'{name} = s.{name}' for name in rest)} "
        f"WHEN NOT MATCHED THEN INSERT ({', '.join(names)}) VALUES ({', '.join(f's.{name}' for name in names)})"
    )


def quarantined(table: str) -> str:
    return (
        f"SELECT DISTINCT '{table}' AS table_name, row_hash, field, reason, message, raw "
        "FROM incoming_rows WHERE checked IS NULL"
    )


def ingest(table: str) -> dict[str, int] | None:
    """Counts of one table: rows read and rows kept aside; None where there is no file."""
    path = file_of(table)
    if path is None:
        return None
    lines_of(path).mapInPandas(checker(FILES[table][1]), CHECKED).createOrReplaceTempView(
        "incoming_rows"
    )
    spark.sql(merge("ps_quarantine", quarantined(table)))
    spark.sql(merge(table, incoming(table)))
    counted = spark.sql(
        "SELECT count(*) AS n, count(*) - count(checked) AS bad FROM incoming_rows"
    ).collect()[0]
    return {"read": counted["n"], "quarantined": counted["bad"]}


counts = {}
for table in FILES:
    counted = ingest(table)
    if counted is not None:
        counts[table] = counted | {"rows": spark.table(full(table)).count()}

# COMMAND ----------

# MAGIC %sql
# MAGIC SELECT table_name, reason, count(*) AS kept_aside
# MAGIC FROM IDENTIFIER(:catalog || '.' || :schema || '.ps_quarantine')
# MAGIC GROUP BY table_name, reason ORDER BY table_name, reason

# COMMAND ----------

dbutils.notebook.exit(json.dumps(counts))

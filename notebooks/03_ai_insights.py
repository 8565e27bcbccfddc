# Databricks notebook source
# MAGIC %md
# MAGIC # 03 AI insights
# MAGIC Writes the four insights of every active engagement into `ps_ai_insights`, on the cluster, with the very code of
# MAGIC the product: the records are read by the embedded engine, the score is `engagements.health`, and no claim is kept
# MAGIC that the verifier cannot find in a record.
# MAGIC
# MAGIC | backend | who writes | what leaves the cluster |
# MAGIC |---|---|---|
# MAGIC | `embedded` | the embedded engine | nothing |
# MAGIC | `huggingface` | a model behind Hugging Face's client, or any OpenAI-compatible endpoint (`base_url`) | the redacted prompt |
# MAGIC | `ai_query` | a Databricks serving endpoint, by SQL | the redacted prompt, within the workspace |
# MAGIC
# MAGIC An insight's id comes from its engagement, type, input and model: what is there already is not written again, so a run
# MAGIC that was cut short goes on where it was. `ps_insight_attempts` keeps how each one went. Needs the tables of 01.

# COMMAND ----------

dbutils.widgets.text("catalog", "main", "Catalog")
dbutils.widgets.text("schema", "ps_insights", "Schema")
dbutils.widgets.dropdown("backend", "embedded", ["embedded", "huggingface", "ai_query"], "Backend")
dbutils.widgets.text("model", "mistralai/Mistral-7B-Instruct-v0.2", "Model or serving endpoint")
dbutils.widgets.text("base_url", "", "OpenAI-compatible endpoint (huggingface)")
dbutils.widgets.text("secret_scope", "", "Secret scope of the token (key: hf_token)")
dbutils.widgets.text("as_of", "", "Day the engagements are looked at, empty for today (UTC)")
dbutils.widgets.text("engagements", "", "Only these ids, separated by commas")
dbutils.widgets.text("concurrency", "4", "Engagements worked on at once")
dbutils.widgets.text("batch", "200", "Engagements per commit")

# COMMAND ----------

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

catalog = dbutils.widgets.get("catalog")
schema = dbutils.widgets.get("schema")
for name in (catalog, schema):
    if not re.fullmatch(r"[A-Za-z0-9_]+", name):
        raise ValueError(f"{name!r} is not a plain name.")
backend = dbutils.widgets.get("backend")
if backend not in ("embedded", "huggingface", "ai_query"):
    raise ValueError(f"There is no backend {backend!r}.")
model = "embedded-1" if backend == "embedded" else dbutils.widgets.get("model")
if not re.fullmatch(r"[A-Za-z0-9_./-]+", model):
    raise ValueError(f"{model!r} is not the name of a model.")
base_url = dbutils.widgets.get("base_url")
secret_scope = dbutils.widgets.get("secret_scope")
token = dbutils.secrets.get(secret_scope, "hf_token") if secret_scope else ""
as_of = date.fromisoformat(dbutils.widgets.get("as_of") or datetime.now(UTC).date().isoformat())
concurrency = int(dbutils.widgets.get("concurrency"))
batch = int(dbutils.widgets.get("batch"))
only = [part.strip() for part in dbutils.widgets.get("engagements").split(",") if part.strip()]
BUDGET = 8_000  # tokens of a prompt


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


def quoted(texts: list[str]) -> str:
    return ", ".join("'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'" for text in texts)


# COMMAND ----------

# MAGIC %md
# MAGIC ## What there is to write
# MAGIC One row an engagement and type: all its records as JSON, and the id that the insight will have.

# COMMAND ----------

COLUMNS = {
    "ps_engagements": (
        "engagement_id, customer_name, engagement_type, start_date, end_date, status, health_score, owner_id, "
        "owner_name, team_members, contract_value, created_at, updated_at, industry, region, planned_hours, "
        "consumed_hours"
    ),
    "ps_tasks": (
        "task_id, engagement_id, name, phase, owner_id, start_date, end_date, status, progress_percent, "
        "is_milestone, completed_at, updated_at, baseline_end_date"
    ),
    "ps_delivery_notes": (
        "note_id, engagement_id, author_id, created_at, content, sentiment, updated_at"
    ),
    "ps_notebook_usage": (
        "usage_id, engagement_id, user_id, notebook_name, execution_date, execution_count, compute_hours"
    ),
}
KINDS = ["health_summary", "risk_detection", "theme_extraction", "action_recommendation"]


def records_of(table: str) -> str:
    """SQL of all rows of each engagement as one JSON array, always in the same order."""
    return (
        f"SELECT engagement_id, concat('[', array_join(sort_array(collect_list(to_json(struct({COLUMNS[table]})))), "
        f"','), ']') AS records FROM {full(table)} GROUP BY engagement_id"
    )


chosen = f"AND e.engagement_id IN ({quoted(only)})" if only else ""
inputs = f"""
SELECT
  e.engagement_id,
  to_json(struct({", ".join("e." + name.strip() for name in COLUMNS["ps_engagements"].split(","))})) AS engagement,
  coalesce(t.records, '[]') AS tasks,
  coalesce(n.records, '[]') AS notes,
  coalesce(u.records, '[]') AS usage
FROM {full("ps_engagements")} AS e
LEFT JOIN ({records_of("ps_tasks")}) AS t ON t.engagement_id = e.engagement_id
LEFT JOIN ({records_of("ps_delivery_notes")}) AS n ON n.engagement_id = e.engagement_id
LEFT JOIN ({records_of("ps_notebook_usage")}) AS u ON u.engagement_id = e.engagement_id
WHERE e.status NOT IN ('Completed', 'Not Started') {chosen}
"""
fingerprinted = f"""
SELECT *, sha2(concat_ws('|', engagement, tasks, notes, usage, '{as_of}'), 256) AS input_fingerprint
FROM ({inputs})
"""
identified = f"""
SELECT i.*, k.insight_type, concat('INS-', upper(substring(
  sha2(concat_ws('|', i.engagement_id, k.insight_type, i.input_fingerprint, '{backend}', '{model}'), 256), 1, 16
))) AS insight_id
FROM ({fingerprinted}) AS i
CROSS JOIN (SELECT explode(array({quoted(KINDS)})) AS insight_type) AS k
"""
pending = f"""
SELECT p.* FROM ({identified}) AS p
LEFT ANTI JOIN {full("ps_ai_insights")} AS done ON done.insight_id = p.insight_id
"""
spark.sql(pending).createOrReplaceTempView("pending")
waiting = [
    row["engagement_id"]
    for row in spark.sql("SELECT DISTINCT engagement_id FROM pending ORDER BY 1").collect()
]

# COMMAND ----------

# MAGIC %md
# MAGIC ## Writing
# MAGIC A failure is a row with its sentence, never the end of the run.

# COMMAND ----------


def dossier_maker(day: date) -> Callable[[Any], Any]:
    """Gives a function from a row of inputs to the dossier that providers read."""

    def dossier_of(row: Any) -> Any:
        find_modules(root)
        from engagements.health import Facts, assess
        from engagements.parse import parse
        from engagements.records import EngagementRecord, NoteRecord, TaskRecord, UsageRecord
        from insights.engine.reader import read_notes
        from insights.facts import gather
        from insights.schema import Dossier

        def taken(record: Any, values: list[dict[str, Any]]) -> list[Any]:
            parsed = [parse(record, value) for value in values]
            return [each for each in parsed if not isinstance(each, tuple)]

        engagement = parse(EngagementRecord, json.loads(row.engagement))
        if isinstance(engagement, tuple):
            raise ValueError(engagement[0].message)
        tasks = taken(TaskRecord, json.loads(row.tasks))
        notes = [n for n in taken(NoteRecord, json.loads(row.notes)) if n.created_at.date() <= day]
        notes.sort(key=lambda note: (note.created_at, note.note_id), reverse=True)
        usage = [u for u in taken(UsageRecord, json.loads(row.usage)) if u.execution_date <= day]
        findings = read_notes(notes)
        health = assess(
            Facts(
                engagement=engagement,
                tasks=tasks,
                notes=notes,
                findings=findings,
                usage=usage,
                as_of=day,
            )
        )
        return Dossier(
            engagement=engagement,
            as_of=day,
            tasks=tuple(tasks),
            notes=tuple(notes),
            usage=tuple(usage),
            findings=findings,
            health=health,
            facts=gather(engagement, tasks, notes, usage, findings, health, day),
        )

    return dossier_of


def provider_maker(settings: dict[str, Any]) -> Callable[[Any], Any]:
    """Gives a function from a row to the provider that writes its insight."""
    made: list[Any] = []  # one for all rows of a partition, so that it may remember

    def provider_of(row: Any) -> Any:
        if settings["backend"] == "ai_query":
            return answered(row, settings)
        if not made:
            made.append(embedded() if settings["backend"] == "embedded" else hugging_face())
        return made[0]

    def embedded() -> Any:
        from insights.providers.embedded import EmbeddedProvider

        return EmbeddedProvider()

    def hugging_face() -> Any:
        from insights.providers.huggingface import HuggingFaceConfig, HuggingFaceProvider

        config = HuggingFaceConfig(
            token=settings["token"],
            model=settings["model"],
            base_url=settings["base_url"],
            budget_tokens=settings["budget"],
        )
        return HuggingFaceProvider(config)

    def answered(row: Any, settings: dict[str, Any]) -> Any:
        """A provider whose model has been asked already, by ai_query."""
        from types import SimpleNamespace

        from insights.providers import Unavailable, conversation

        def generate(dossier: Any, kind: Any) -> Any:
            if not row.answer:
                raise Unavailable(row.answer_error or "The serving endpoint gave no answer.")
            return conversation.write(
                lambda _: conversation.Reply(text=row.answer),
                dossier,
                kind,
                budget=settings["budget"],
                model=settings["model"],
            )

        return SimpleNamespace(generate=generate)

    return provider_of


RESULT = (
    "insight_id STRING, engagement_id STRING, customer_name STRING, insight_type STRING, content STRING, "
    "provider STRING, model STRING, prompt_version STRING, input_fingerprint STRING, payload STRING, "
    "verification STRING, latency_ms INT, input_tokens INT, output_tokens INT, status STRING, error STRING"
)


def writer(
    settings: dict[str, Any], dossier_of: Callable[[Any], Any], provider_of: Callable[[Any], Any]
) -> Callable[[Iterator[Any]], Iterator[Any]]:
    names = [column.split()[0] for column in RESULT.split(", ")]

    def encoded(value: Any) -> str:
        import msgspec

        return msgspec.json.encode(value, order="sorted").decode()

    def written(row: Any, dossier: Any) -> dict[str, Any]:
        import time

        from engagements.records import InsightType
        from insights.facts import known_names
        from insights.grounding import verify
        from insights.render import plain_text

        kind = InsightType(row.insight_type)
        began = time.perf_counter()
        draft = provider_of(row).generate(dossier, kind)
        check = verify(
            draft.claims,
            dossier.texts(),
            dossier.facts,
            names=known_names(dossier.engagement),
            as_of=dossier.as_of,
        )
        if draft.claims and not check.kept:
            raise ValueError("No claim of the answer stood up to the check.")
        named = {name for claim in check.kept for name in claim.facts}
        return {
            "customer_name": dossier.engagement.customer_name,
            "content": plain_text(kind, check.kept, draft.left_out),
            "model": draft.model,
            "prompt_version": draft.prompt_version,
            "payload": encoded(
                {
                    "claims": check.kept,
                    "facts": {n: dossier.facts[n] for n in sorted(named) if n in dossier.facts},
                    "used": draft.used,
                    "left_out": draft.left_out,
                    "as_of": dossier.as_of,
                }
            ),
            "verification": encoded(
                {"checked": len(draft.claims), "kept": len(check.kept), "rejected": check.rejected}
            ),
            "latency_ms": round((time.perf_counter() - began) * 1000),
            "input_tokens": draft.input_tokens,
            "output_tokens": draft.output_tokens,
        }

    last: dict[str, Any] = {}  # the four types of an engagement come one after another

    def dossier_for(row: Any) -> Any:
        if row.engagement_id not in last:
            last.clear()
            last[row.engagement_id] = dossier_of(row)
        return last[row.engagement_id]

    def attempt(row: Any) -> dict[str, Any]:
        from insights.providers import ProviderError

        known = {
            "insight_id": row.insight_id,
            "engagement_id": row.engagement_id,
            "insight_type": row.insight_type,
            "input_fingerprint": row.input_fingerprint,
            "provider": settings["backend"],
            "status": "done",
        }
        try:
            return known | written(row, dossier_for(row))
        except (ProviderError, ValueError, KeyError, RecursionError) as error:
            return known | {"status": "failed", "error": f"{error}"[:500]}

    def write(batches: Iterator[Any]) -> Iterator[Any]:
        find_modules(root)
        import pandas as pd

        for rows in batches:
            results = [attempt(row) for row in rows.itertuples(index=False)]
            yield pd.DataFrame([[r.get(n) for n in names] for r in results], columns=names).astype(
                object
            )

    return write


# COMMAND ----------

# MAGIC %md
# MAGIC With `ai_query` the model is asked by SQL between two steps: the prompts are made, and its answers are read, by the
# MAGIC same code as for any other model.

# COMMAND ----------


def prompter(
    settings: dict[str, Any], dossier_of: Callable[[Any], Any]
) -> Callable[[Iterator[Any]], Iterator[Any]]:
    def prompts(batches: Iterator[Any]) -> Iterator[Any]:
        find_modules(root)
        from engagements.records import InsightType
        from insights.providers import conversation

        for rows in batches:
            rows["prompt"] = [
                conversation.preview(
                    dossier_of(row), InsightType(row.insight_type), settings["budget"]
                )
                for row in rows.itertuples(index=False)
            ]
            yield rows

    return prompts


ASKED = (
    "engagement_id STRING, engagement STRING, tasks STRING, notes STRING, usage STRING, "
    "input_fingerprint STRING, insight_type STRING, insight_id STRING, prompt STRING"
)


def asked(rows: Any) -> Any:
    """The rows with the answer of the serving endpoint, or what it said instead."""
    rows.mapInPandas(prompter(settings, dossier_of), ASKED).createOrReplaceTempView("prompts")
    return spark.sql(
        "SELECT engagement_id, engagement, tasks, notes, usage, input_fingerprint, insight_type, insight_id, "
        "reply.result AS answer, reply.errorMessage AS answer_error FROM (SELECT *, "
        f"ai_query('{model}', prompt, failOnError => false) AS reply FROM prompts)"
    )


# COMMAND ----------

spark.sql(
    f"CREATE TABLE IF NOT EXISTS {full('ps_insight_attempts')} "
    f"({RESULT.replace('insight_id STRING', 'insight_id STRING NOT NULL')}, attempted_at TIMESTAMP) USING DELTA"
)
settings = {
    "backend": backend,
    "model": model,
    "base_url": base_url,
    "token": token,
    "budget": BUDGET,
}
dossier_of = dossier_maker(as_of)
write = writer(settings, dossier_of, provider_maker(settings))
ATTEMPTED = [column.split()[0] for column in RESULT.split(", ")]
KEPT = [name for name in ATTEMPTED if name not in ("status", "error")]


def attempted(ids: list[str]) -> None:
    """Write the insights of these engagements, each made once, at the end of the table of attempts."""
    rows = (
        spark.sql(f"SELECT * FROM pending WHERE engagement_id IN ({quoted(ids)})")
        .repartition(concurrency, "engagement_id")
        .sortWithinPartitions("engagement_id", "insight_type")
    )
    ready = asked(rows) if backend == "ai_query" else rows
    ready.mapInPandas(write, RESULT).createOrReplaceTempView("attempts")
    spark.sql(
        f"INSERT INTO {full('ps_insight_attempts')} "
        f"SELECT {', '.join(ATTEMPTED)}, current_timestamp() AS attempted_at FROM attempts"
    )


def publish() -> None:
    """What went well becomes an insight; what is there stays as it is."""
    first = (
        "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY insight_id ORDER BY attempted_at) AS place "
        f"FROM {full('ps_insight_attempts')} WHERE status = 'done') WHERE place = 1"
    )
    spark.sql(
        f"MERGE INTO {full('ps_ai_insights')} AS t USING ({first}) AS s "
        "ON t.insight_id = s.insight_id WHEN NOT MATCHED THEN "
        f"INSERT ({', '.join(KEPT)}, generated_at, requested_by, updated_at) "
        f"VALUES ({', '.join('s.' + name for name in KEPT)}, s.attempted_at, 'notebook 03', s.attempted_at)"
    )


publish()  # what a run that was cut short had written
for start in range(0, len(waiting), batch):
    attempted(waiting[start : start + batch])
    publish()

# COMMAND ----------

# MAGIC %sql
# MAGIC SELECT insight_type, provider, model, count(*) AS insights, max(generated_at) AS newest
# MAGIC FROM IDENTIFIER(:catalog || '.' || :schema || '.ps_ai_insights')
# MAGIC GROUP BY insight_type, provider, model ORDER BY insight_type

# COMMAND ----------

tally = spark.sql(
    f"SELECT status, count(DISTINCT insight_id) AS n FROM {full('ps_insight_attempts')} "
    f"WHERE engagement_id IN ({quoted(waiting or [''])}) GROUP BY status"
).collect()
dbutils.notebook.exit(
    json.dumps({"engagements": len(waiting), **{row["status"]: row["n"] for row in tally}})
)

# Databricks notebook source
# MAGIC %md
# MAGIC # 04 Metrics tracking
# MAGIC Counts the insights of `ps_ai_insights` that were made on the cluster, per day and type, into `ps_ai_metrics`, and
# MAGIC shows them beside what the product measured. Only counts: time saved is left empty here, because nobody measured
# MAGIC it. Running it again changes nothing. Needs the tables of 01.

# COMMAND ----------

dbutils.widgets.text("catalog", "main", "Catalog")
dbutils.widgets.text("schema", "ps_insights", "Schema")
dbutils.widgets.text("days", "30", "Days back")

# COMMAND ----------

import json
import re

catalog = dbutils.widgets.get("catalog")
schema = dbutils.widgets.get("schema")
for name in (catalog, schema):
    if not re.fullmatch(r"[A-Za-z0-9_]+", name):
        raise ValueError(f"{name!r} is not a plain name.")
days = int(dbutils.widgets.get("days"))


def full(table: str) -> str:
    return f"{catalog}.{schema}.{table}"


# COMMAND ----------

# What the product makes it counts itself, by the role of who asked; these nobody asked for.
counted = f"""
SELECT
  concat('NB-', date_format(generated_at, 'yyyyMMdd'), '-', insight_type) AS metric_id,
  CAST(generated_at AS DATE) AS date,
  'Scheduled job' AS role,
  insight_type,
  CAST(count(*) AS INT) AS insights_generated
FROM {full("ps_ai_insights")}
WHERE requested_by = 'notebook 03' AND CAST(generated_at AS DATE) >= date_sub(current_date(), {days})
GROUP BY date_format(generated_at, 'yyyyMMdd'), CAST(generated_at AS DATE), insight_type
"""
spark.sql(
    f"MERGE INTO {full('ps_ai_metrics')} AS t USING ({counted}) AS s ON t.metric_id = s.metric_id "
    "WHEN MATCHED AND NOT (t.insights_generated <=> s.insights_generated) "
    "THEN UPDATE SET insights_generated = s.insights_generated "
    "WHEN NOT MATCHED THEN INSERT (metric_id, date, role, insight_type, insights_generated) "
    "VALUES (s.metric_id, s.date, s.role, s.insight_type, s.insights_generated)"
)

# COMMAND ----------

# MAGIC %sql
# MAGIC SELECT date, role, insight_type, insights_generated, user_rating
# MAGIC FROM IDENTIFIER(:catalog || '.' || :schema || '.ps_ai_metrics')
# MAGIC ORDER BY date DESC, role, insight_type

# COMMAND ----------

# MAGIC %sql
# MAGIC SELECT role, sum(total_sessions) AS sessions, sum(total_insights_viewed) AS insights_viewed,
# MAGIC   sum(total_actions_taken) AS actions_taken
# MAGIC FROM IDENTIFIER(:catalog || '.' || :schema || '.ps_adoption_metrics')
# MAGIC GROUP BY role ORDER BY role

# COMMAND ----------

row = spark.sql(
    f"SELECT count(*) AS metrics, coalesce(sum(insights_generated), 0) AS insights FROM {full('ps_ai_metrics')}"
).collect()[0]
dbutils.notebook.exit(json.dumps({"metrics": row["metrics"], "insights": row["insights"]}))

-- Databricks notebook source
-- MAGIC %md
-- MAGIC # 02 Feature engineering
-- MAGIC Four views over the tables of 01, for dashboards and ad-hoc questions. They count what the product counts, by the
-- MAGIC same definitions, as of today in UTC; the score with its reasons is made in Python (`engagements.health`) and is
-- MAGIC not repeated here. Running it again replaces the views. Needs `CREATE TABLE` on the schema.

-- COMMAND ----------

CREATE WIDGET TEXT catalog DEFAULT 'main';
CREATE WIDGET TEXT schema DEFAULT 'ps_insights';

-- COMMAND ----------

USE CATALOG IDENTIFIER(:catalog);

-- COMMAND ----------

USE SCHEMA IDENTIFIER(:schema);

-- COMMAND ----------

-- MAGIC %md
-- MAGIC `risk_level` rests on what people report and on dates alone: `none` when there is nothing left to lose,
-- MAGIC `unknown` when nobody has said anything.

-- COMMAND ----------

CREATE OR REPLACE VIEW vw_engagement_health
COMMENT 'Dates, tasks and notes of each engagement as of today'
AS
WITH task_counts AS (
  SELECT
    engagement_id,
    count(*) AS total_tasks,
    count_if(status = 'Completed') AS completed_tasks,
    count_if(status = 'In Progress') AS in_progress_tasks,
    count_if(status <> 'Completed' AND end_date < current_date()) AS overdue_tasks
  FROM ps_tasks
  GROUP BY engagement_id
),
note_counts AS (
  SELECT
    engagement_id,
    count(*) AS total_notes,
    count_if(sentiment = 'risk') AS risk_notes,
    max(CAST(created_at AS DATE)) AS last_noted_on
  FROM ps_delivery_notes
  WHERE CAST(created_at AS DATE) <= current_date()
  GROUP BY engagement_id
),
counted AS (
  SELECT
    e.engagement_id,
    e.customer_name,
    e.engagement_type,
    e.status,
    e.health_score,
    e.owner_id,
    e.owner_name,
    e.start_date,
    e.end_date,
    datediff(e.end_date, current_date()) AS days_remaining,
    datediff(e.end_date, e.start_date) AS total_duration_days,
    datediff(current_date(), e.start_date) AS elapsed_days,
    coalesce(t.total_tasks, 0) AS total_tasks,
    coalesce(t.completed_tasks, 0) AS completed_tasks,
    coalesce(t.in_progress_tasks, 0) AS in_progress_tasks,
    coalesce(t.overdue_tasks, 0) AS overdue_tasks,
    coalesce(n.total_notes, 0) AS total_notes,
    coalesce(n.risk_notes, 0) AS risk_notes,
    datediff(current_date(), n.last_noted_on) AS days_since_last_note
  FROM ps_engagements AS e
  LEFT JOIN task_counts AS t ON t.engagement_id = e.engagement_id
  LEFT JOIN note_counts AS n ON n.engagement_id = e.engagement_id
)
SELECT
  engagement_id,
  customer_name,
  engagement_type,
  status,
  health_score,
  owner_id,
  owner_name,
  start_date,
  end_date,
  days_remaining,
  total_duration_days,
  CASE
    WHEN total_duration_days > 0
    THEN least(100, greatest(0, round(100.0 * elapsed_days / total_duration_days, 1)))
  END AS time_progress_percent,
  CASE
    WHEN status IN ('Completed', 'Not Started', 'On Hold') THEN 'none'
    WHEN status = 'At Risk' OR health_score < 50 OR days_remaining < 0 THEN 'high'
    WHEN health_score < 75 OR overdue_tasks > 0 THEN 'medium'
    WHEN health_score IS NULL AND total_tasks = 0 AND total_notes = 0 THEN 'unknown'
    ELSE 'low'
  END AS risk_level,
  total_tasks,
  completed_tasks,
  in_progress_tasks,
  overdue_tasks,
  total_notes,
  risk_notes,
  days_since_last_note
FROM counted;

-- COMMAND ----------

CREATE OR REPLACE VIEW vw_task_progress
COMMENT 'Tasks per engagement and phase as of today'
AS
SELECT
  engagement_id,
  coalesce(phase, 'No phase') AS phase,
  count(*) AS total_tasks,
  count_if(status = 'Completed') AS completed_tasks,
  count_if(status = 'In Progress') AS in_progress_tasks,
  count_if(status = 'Blocked') AS blocked_tasks,
  count_if(status <> 'Completed' AND end_date < current_date()) AS overdue_tasks,
  count_if(is_milestone) AS milestones,
  round(avg(CASE WHEN status = 'Completed' THEN 100 ELSE progress_percent END), 1) AS avg_progress_percent,
  min(start_date) AS first_start_date,
  max(end_date) AS last_end_date
FROM ps_tasks
GROUP BY engagement_id, coalesce(phase, 'No phase');

-- COMMAND ----------

CREATE OR REPLACE VIEW vw_delivery_sentiment
COMMENT 'Notes per engagement, day (UTC) and sentiment as people said it'
AS
SELECT
  engagement_id,
  CAST(created_at AS DATE) AS note_date,
  coalesce(sentiment, 'unstated') AS sentiment,
  count(*) AS note_count,
  count(DISTINCT author_id) AS authors
FROM ps_delivery_notes
GROUP BY engagement_id, CAST(created_at AS DATE), coalesce(sentiment, 'unstated');

-- COMMAND ----------

CREATE OR REPLACE VIEW vw_team_workload
COMMENT 'Open work per task owner as of today'
AS
SELECT
  owner_id,
  count(DISTINCT engagement_id) AS engagements,
  count(*) AS total_tasks,
  count_if(status <> 'Completed') AS open_tasks,
  count_if(status = 'In Progress') AS in_progress_tasks,
  count_if(status = 'Blocked') AS blocked_tasks,
  count_if(status <> 'Completed' AND end_date < current_date()) AS overdue_tasks,
  min(CASE WHEN status <> 'Completed' THEN end_date END) AS next_end_date
FROM ps_tasks
WHERE owner_id IS NOT NULL
GROUP BY owner_id;

-- COMMAND ----------

SELECT risk_level, count(*) AS engagements, sum(overdue_tasks) AS overdue_tasks
FROM vw_engagement_health
GROUP BY risk_level
ORDER BY engagements DESC;

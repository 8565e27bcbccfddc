"""A Databricks SQL warehouse on loopback: real SQL over real Delta tables, spoken to by the real client.

``python -m tests.warehouse --port 8443 --data warehouse-data`` runs it by itself. It proves
transport, parameters, types, retries and SQL of the common subset; ``docs/databricks.md`` says what
it cannot prove.
"""

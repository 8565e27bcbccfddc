"""What this room makes known when Django starts: its tables and its system checks."""

from __future__ import annotations


def register() -> None:
    """Register the tables and checks of this room."""
    from connectors.tables import register as register_table
    from insights import checks, tables  # noqa: F401 - checks registers itself

    register_table(tables.table())

"""What this room makes known when Django starts: its tables and its system checks."""

from __future__ import annotations


def register() -> None:
    """Register the tables and checks of this room."""

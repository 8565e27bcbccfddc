"""System checks of the doors: a source that is chosen must be one that can be opened."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from connectors.warehouse import problems


@register()
def warehouse_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """``DATA_MODE=databricks`` needs a warehouse: there is no silent way back to files."""
    if settings.DATA_MODE != "databricks":
        return []
    return [
        Error(f"{setting}: {message}", hint=hint, id="connectors.E001")
        for setting, message, hint in problems(settings.DATABRICKS)
    ]

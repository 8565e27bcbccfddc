"""System checks of the doors: a source that is chosen must be one that can be opened."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def source_is_built(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """``DATA_MODE=databricks`` is refused while there is no such door, not served from files."""
    if settings.DATA_MODE != "databricks":
        return []
    return [
        Error(
            "DATA_MODE=databricks is not built yet.",
            hint="Set DATA_MODE=local to read JSON files.",
            id="connectors.E001",
        )
    ]

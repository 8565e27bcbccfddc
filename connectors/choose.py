"""The source that the settings name, or that a person gave."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from connectors.sources import Source, SourceError
from connectors.sources.json_files import JsonFiles, default_directory


def choose(directory: Path | None = None) -> Source:
    """A directory that was given, else what ``DATA_MODE`` says; raises SourceError."""
    if directory is not None:
        return JsonFiles(directory)
    if settings.DATA_MODE == "local":
        return JsonFiles(default_directory())
    raise SourceError("DATA_MODE=databricks is not built yet. Set DATA_MODE=local.")

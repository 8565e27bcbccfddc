"""The source that the settings name, or that a person gave."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from connectors.sources import Source, SourceError
from connectors.sources.delta import DeltaTables
from connectors.sources.json_files import JsonFiles, default_directory
from connectors.sources.sample.files import SampleBusy, settle
from connectors.warehouse import WarehouseConfig


def choose(directory: Path | None = None) -> Source:
    """A directory that was given, else what ``DATA_MODE`` says; raises SourceError."""
    if directory is not None:
        return JsonFiles(directory)
    if settings.DATA_MODE == "local":
        _finish_half_moved(Path(settings.GENERATED_DIR))
        return JsonFiles(default_directory())
    try:
        return DeltaTables(WarehouseConfig.from_settings(settings.DATABRICKS))
    except ValueError as error:
        raise SourceError(f"The settings for Databricks cannot be used. {error}") from error


def _finish_half_moved(generated: Path) -> None:
    """A regeneration that was killed while its files moved into place is finished first."""
    if not generated.is_dir():
        return
    try:
        settle(generated)
    except SampleBusy as error:
        raise SourceError("Sample data is being written at this moment. Load again.") from error

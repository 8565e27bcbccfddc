"""The front as Django sees it."""

from django.apps import AppConfig


class PsinsightsConfig(AppConfig):
    name = "psinsights"

    def ready(self) -> None:
        from psinsights import checks  # noqa: F401 - registers the system checks
        from psinsights.webhooks import checks as webhook_checks  # noqa: F401 - and theirs

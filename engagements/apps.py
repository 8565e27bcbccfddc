"""The room as Django sees it."""

from django.apps import AppConfig


class EngagementsConfig(AppConfig):
    name = "engagements"

    def ready(self) -> None:
        from engagements import ready
        from engagements.reading_counts import READINGS
        from engagements.status_turns import TURNS
        from psinsights.lib.rollup import kept_by_the_database

        ready.register()
        kept_by_the_database(self, [READINGS, TURNS])

"""The room as Django sees it."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "insights"

    def ready(self) -> None:
        from insights import ready
        from insights.counts import INSIGHTS
        from psinsights.lib.rollup import kept_by_the_database

        ready.register()
        kept_by_the_database(self, [INSIGHTS])

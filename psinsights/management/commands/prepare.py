"""Make the database ready to serve: tables, and on an empty one the sample portfolio."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from connectors.models import Load
from engagements.models import Engagement, HealthReading
from psinsights.lib.today import today


class Command(BaseCommand):
    help = "Migrate, load the sample portfolio when there is none, and read today's health."

    def handle(self, *args: Any, **options: Any) -> None:
        self.migrate()
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        if not Engagement.objects.exists() and not Load.objects.exists():
            self.first_data()
        elif not HealthReading.objects.filter(day=today()).exists():
            # A new day: yesterday's scores are history now.
            call_command("recompute_health", verbosity=0)

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Setting up the database")
            call_command("migrate", interactive=False, verbosity=0)

    def first_data(self) -> None:
        has_own = (settings.GENERATED_DIR / "engagements.json").exists()
        if settings.DATA_MODE != "local" or has_own:
            call_command("load_data")
        else:
            self.stdout.write("Making a sample portfolio as of today")
            call_command("regenerate_data")

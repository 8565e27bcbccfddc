"""Turns of the reported status: their table. The trigger follows after every ``migrate``."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from engagements.status_turns import TURNS
from psinsights.lib import rollup


def take_away(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    rollup.remove(TURNS, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [
        ("engagements", "0009_reading_counts"),
    ]

    operations = [
        migrations.CreateModel(
            name="StatusTurn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("before", models.CharField(max_length=20)),
                ("after", models.CharField(max_length=20)),
                (
                    "engagement",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="turns",
                        to="engagements.engagement",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["after", "day"], name="turn_by_day")],
            },
        ),
        migrations.RunPython(migrations.RunPython.noop, take_away),
    ]

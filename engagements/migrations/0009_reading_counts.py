"""Sums that the database keeps: their table. The triggers follow after every ``migrate``."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from engagements.reading_counts import READINGS
from psinsights.lib import rollup


def take_away(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    rollup.remove(READINGS, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [
        ("engagements", "0008_scoring_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReadingCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("state", models.CharField(max_length=20)),
                ("band", models.CharField(max_length=10)),
                ("count", models.IntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "state", "band"), name="one_reading_count"
                    )
                ],
            },
        ),
        migrations.RunPython(migrations.RunPython.noop, take_away),
    ]

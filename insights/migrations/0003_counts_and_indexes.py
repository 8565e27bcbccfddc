"""Sums that the database keeps: their table. The triggers follow after every ``migrate``."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from insights.counts import INSIGHTS
from psinsights.lib import rollup


def take_away(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    rollup.remove(INSIGHTS, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [
        ("engagements", "0009_reading_counts"),
        ("insights", "0002_remote_model_state"),
    ]

    operations = [
        migrations.CreateModel(
            name="InsightCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("imported", models.BooleanField()),
                ("provider", models.CharField(max_length=40)),
                ("model", models.CharField(max_length=200)),
                (
                    "insight_type",
                    models.CharField(
                        choices=[
                            ("health_summary", "health_summary"),
                            ("risk_detection", "risk_detection"),
                            ("theme_extraction", "theme_extraction"),
                            ("action_recommendation", "action_recommendation"),
                        ],
                        max_length=30,
                    ),
                ),
                ("count", models.IntegerField()),
                ("fallbacks", models.IntegerField()),
                ("checked", models.IntegerField()),
                ("kept", models.IntegerField()),
                ("told", models.IntegerField()),
                ("input_tokens", models.BigIntegerField()),
                ("output_tokens", models.BigIntegerField()),
                ("timed", models.IntegerField()),
                ("milliseconds", models.BigIntegerField()),
            ],
        ),
        migrations.AddIndex(
            model_name="insight",
            index=models.Index(
                condition=models.Q(("imported", False)),
                fields=["provider", "model", "-generated_at"],
                name="insight_writer",
            ),
        ),
        migrations.AddIndex(
            model_name="insight",
            index=models.Index(
                condition=models.Q(("is_current", True)),
                fields=["engagement", "-generated_at"],
                name="insight_fresh",
            ),
        ),
        migrations.AddConstraint(
            model_name="insightcount",
            constraint=models.UniqueConstraint(
                fields=("day", "imported", "provider", "model", "insight_type"),
                name="one_insight_count",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, take_away),
    ]

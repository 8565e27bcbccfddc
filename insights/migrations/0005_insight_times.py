"""How long the newest insights took, told by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("engagements", "0011_standing_portfolio"),
        ("insights", "0004_briefing"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="insight",
            index=models.Index(
                condition=models.Q(("imported", False), ("latency_ms__isnull", False)),
                fields=["-generated_at", "provider", "latency_ms"],
                name="insight_times",
            ),
        ),
    ]

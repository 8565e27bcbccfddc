"""The few that the dashboard names first, found by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("engagements", "0012_standing_day"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(fields=["delta_7d", "health"], name="standing_fallen"),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("contradiction", ""), _negated=True),
                fields=["health"],
                name="standing_disputed",
            ),
        ),
    ]

"""One index of standings that tells the dashboard's counts, in the place of a narrower one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("engagements", "0010_status_turns"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="standing",
            name="standing_phase",
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                fields=["phase", "band", "delta_7d", "milestones_late", "contradiction"],
                name="standing_portfolio",
            ),
        ),
    ]

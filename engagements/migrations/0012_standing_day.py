"""Of which day the data is, told by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("engagements", "0011_standing_portfolio"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(fields=["-as_of"], name="standing_day"),
        ),
    ]

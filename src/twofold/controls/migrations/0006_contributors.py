from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("controls", "0005_claimed_periods_required"),
    ]

    operations = [
        migrations.AddField(
            model_name="implementation",
            name="contributors",
            field=models.JSONField(blank=True, default=list),
        ),
    ]

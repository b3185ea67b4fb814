from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("controls", "0004_claimed_periods")]

    operations = [
        migrations.AlterField(
            model_name="evidenceclaim",
            name=name,
            field=models.DateField(verbose_name=words),
        )
        for name, words in (
            ("period_from", "period from"),
            ("period_to", "period to"),
            ("valid_until", "valid until"),
        )
    ]

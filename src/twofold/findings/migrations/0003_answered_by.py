import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("controls", "0006_contributors"),
        ("findings", "0002_list_order"),
        ("people", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="finding",
            name="answered_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_by", None),
                    ("answered_by", None),
                    models.Q(("closed_by", models.F("answered_by")), _negated=True),
                    _connector="OR",
                ),
                name="findings_finding_not_closed_by_answerer",
            ),
        ),
    ]

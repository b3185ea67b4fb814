import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("controls", "0007_withdrawals"),
    ]

    operations = [
        migrations.AddField(
            model_name="implementation",
            name="retirement_asked_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="implementation",
            name="retirement_asked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="implementation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("retirement_asked_at", None),
                    ("retirement_asked_by", None),
                )
                | models.Q(
                    ("retirement_asked_at__isnull", False),
                    ("retirement_asked_by__isnull", False),
                ),
                name="controls_implementation_retirement_asked",
            ),
        ),
        migrations.AddConstraint(
            model_name="implementation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("retired_by", None),
                    ("retirement_asked_by", None),
                    models.Q(("retired_by", models.F("retirement_asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="controls_implementation_retired_by_another",
            ),
        ),
    ]

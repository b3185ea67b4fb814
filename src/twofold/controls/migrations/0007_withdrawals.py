"""Claims are taken back, and imported frameworks are followed no longer; both stay on record."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("controls", "0006_contributors"),
        ("evidence", "0002_newest_first"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="evidenceclaim",
            name="controls_claim_once",
        ),
        migrations.AddField(
            model_name="evidenceclaim",
            name="withdrawal",
            field=models.CharField(blank=True, max_length=500, verbose_name="why it was withdrawn"),
        ),
        migrations.AddField(
            model_name="evidenceclaim",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="evidenceclaim",
            name="withdrawn_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="importedframework",
            name="withdrawal",
            field=models.CharField(
                blank=True, max_length=500, verbose_name="why it is followed no longer"
            ),
        ),
        migrations.AddField(
            model_name="importedframework",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="importedframework",
            name="withdrawn_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="importedframework",
            name="code",
            field=models.CharField(max_length=20),
        ),
        migrations.AddConstraint(
            model_name="evidenceclaim",
            constraint=models.UniqueConstraint(
                condition=models.Q(("rejected_at", None), ("withdrawn_at", None)),
                fields=("implementation", "evidence", "need"),
                name="controls_claim_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidenceclaim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withdrawn_at", None), ("withdrawn_by", None)),
                    models.Q(("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)),
                    _connector="OR",
                ),
                name="controls_claim_withdrawn_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="importedframework",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at", None)),
                fields=("code",),
                name="controls_framework_code_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="importedframework",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withdrawn_at", None), ("withdrawn_by", None)),
                    models.Q(("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)),
                    _connector="OR",
                ),
                name="controls_framework_withdrawn_by_somebody",
            ),
        ),
    ]

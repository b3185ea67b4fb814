"""Claims carry the period that they speak of; those made before speak of all of their evidence."""

from typing import Any

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps: Any, _schema_editor: Any) -> None:
    version = apps.get_model("evidence", "EvidenceVersion").objects.filter(
        pk=OuterRef("evidence_id")
    )
    apps.get_model("controls", "EvidenceClaim").objects.filter(period_from=None).update(
        period_from=Subquery(version.values("period_from")[:1]),
        period_to=Subquery(version.values("period_to")[:1]),
        valid_until=Subquery(version.values("valid_until")[:1]),
    )


class Migration(migrations.Migration):
    dependencies = [("controls", "0003_statements_checks_library")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]

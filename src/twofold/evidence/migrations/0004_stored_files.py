"""Files from before lie as they came: what is on the disk is the content itself."""

from typing import Any

from django.db import migrations, models


def tell_of_stored_files(apps: Any, _schema_editor: Any) -> None:
    versions = apps.get_model("evidence", "EvidenceVersion").objects.filter(stored_sha256="")
    versions.update(stored_sha256=models.F("sha256"), stored_size=models.F("size"), encrypted=False)


class Migration(migrations.Migration):
    dependencies = [
        ("evidence", "0003_repository"),
    ]

    operations = [
        migrations.RunPython(tell_of_stored_files, migrations.RunPython.noop),
    ]

"""The full-text index, with what is said of the versions there are; the worker reads their files."""

from django.apps.registry import Apps as StateApps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from twofold.evidence import index


def create(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    index.create(schema_editor.connection)


def drop(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    index.drop(schema_editor.connection)


def enter_versions(apps: StateApps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    versions = apps.get_model("evidence", "EvidenceVersion").objects.filter(item__erased_at=None)
    for version in versions.select_related("item").iterator(500):
        index.enter(version)


class Migration(migrations.Migration):
    dependencies = [("evidence", "0004_stored_files")]

    operations = [
        migrations.RunPython(create, drop),
        migrations.RunPython(enter_versions, migrations.RunPython.noop),
    ]

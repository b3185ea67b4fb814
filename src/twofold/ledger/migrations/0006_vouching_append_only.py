from django.apps.registry import Apps as StateApps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from twofold.ledger import triggers

TABLES = ("ledger_ledgerrotation", "ledger_ledgerstamp", "ledger_ledgercosignature")


def create(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    triggers.create(schema_editor.connection)


def drop(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    triggers.drop(schema_editor.connection, only=TABLES)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_vouching")]

    operations = [migrations.RunPython(create, drop)]

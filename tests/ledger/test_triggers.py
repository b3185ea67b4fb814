import factories
import pytest
from django.db import DatabaseError, connection, transaction
from factories import AT

from twofold.ledger import actions as ledger
from twofold.ledger import triggers
from twofold.ledger.models import LedgerEntry, LedgerRotation, LedgerTile

TABLES = {
    "ledger_ledgerentry": ["data", "leaf_hash", "subject", "revision", "recorded_at", '"index"'],
    "ledger_ledgerrevision": ["state", "entry_id"],
    "ledger_ledgertile": ["hashes", "width", "level", '"index"'],
    "ledger_ledgercheckpoint": ["size", "root", "note", "signed_at"],
    "ledger_ledgerrotation": ["size", "statement", "rotated_at"],
    "ledger_ledgerstamp": ["authority", "token", "stamped_at", "checkpoint_id"],
    "ledger_ledgercosignature": ["witness", "line", "cosigned_at", "checkpoint_id"],
}
UPSERT = (
    'INSERT INTO ledger_ledgertile (level, "index", width, hashes) '
    'SELECT level, "index", width, hashes FROM ledger_ledgertile WHERE true '
    'ON CONFLICT (level, "index", width) DO UPDATE SET width = 7'
)
EDITS = [
    f"UPDATE {table} SET {column} = {column}"  # noqa: S608
    for table, columns in TABLES.items()
    for column in columns
]
EDITS += [f"DELETE FROM {table}" for table in TABLES]  # noqa: S608
EDITS.append(UPSERT)


def refused(statement):
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    return True


@pytest.mark.parametrize("statement", EDITS)
def test_ordinary_sql_cannot_alter_what_the_ledger_wrote(cast, statement):
    checkpoint = ledger.sequence(at=AT)
    LedgerRotation.objects.create(size=1, statement="x", rotated_at=AT)
    checkpoint.stamps.create(authority="x", token=b"x", stamped_at=AT)
    checkpoint.cosignatures.create(witness="x", line="x", cosigned_at=AT)

    assert refused(statement)


@pytest.mark.parametrize("table", TABLES)
def test_tables_cannot_be_emptied_at_once(cast, table):
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL knows TRUNCATE")
    connection.check_constraints()
    assert refused(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("column", TABLES["ledger_ledgerentry"][:-1])
def test_a_waiting_entry_may_receive_its_index_and_nothing_else(cast, column):
    other = {"revision": "99", "recorded_at": "'2001-01-01 00:00:00+00'"}.get(column, "'x'")
    assert refused(f'UPDATE ledger_ledgerentry SET "index" = 1, {column} = {other}')  # noqa: S608
    assert refused("DELETE FROM ledger_ledgerentry")


def test_a_partial_tile_goes_only_when_a_wider_one_stands(cast):
    ledger.sequence(at=AT)
    tile = LedgerTile.objects.get()
    assert refused("DELETE FROM ledger_ledgertile")

    LedgerTile.objects.create(level=0, index=0, width=256, hashes=b"")
    tile.delete()

    assert LedgerTile.objects.get().width == 256
    assert str(LedgerTile.objects.get()) == "tile 0/0.256"
    assert refused("DELETE FROM ledger_ledgertile")


def test_dropped_triggers_can_be_created_again(cast):
    triggers.drop(connection)
    triggers.drop(connection)
    LedgerEntry.objects.update(revision=7)

    triggers.create(connection)

    assert refused("UPDATE ledger_ledgerentry SET revision = 8")
    factories.evidence_item(cast)

"""Triggers that make the database itself refuse to alter what the ledger wrote.

They stop mistakes and casual edits, not somebody who owns the database: that is what the proofs
are for. An entry may be given its index once; a partial tile may go when a wider one stands.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

_FROZEN = {
    "ledger_ledgerrevision": ("UPDATE", "DELETE"),
    "ledger_ledgercheckpoint": ("UPDATE", "DELETE"),
    "ledger_ledgerentry": ("DELETE",),
    "ledger_ledgertile": ("UPDATE",),
}
# What may pass: an unsequenced entry that receives its index and nothing else.
_SEQUENCING = (
    "OLD.index IS NULL AND NEW.index IS NOT NULL AND NEW.id = OLD.id AND NEW.data = OLD.data "
    "AND NEW.leaf_hash = OLD.leaf_hash AND NEW.subject = OLD.subject "
    "AND NEW.revision = OLD.revision AND NEW.recorded_at = OLD.recorded_at"
)


def create(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers on SQLite or PostgreSQL."""
    rules = [(table, event, "") for table, events in _FROZEN.items() for event in events] + [
        ("ledger_ledgerentry", "UPDATE", f"NOT ({_SEQUENCING})"),
        ("ledger_ledgertile", "DELETE", "OLD.width = 256"),
    ]
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if postgresql:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$"
            )
        for table, event, condition in rules:
            name = f"{table}_no_{event.lower()}"
            when = f"WHEN ({_quoted(condition)}) " if condition else ""
            body = (
                "EXECUTE FUNCTION ledger_refuse()"
                if postgresql
                else "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
            )
            cursor.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW {when}{body}"
            )


def drop(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers: for migrations backwards, and for tests that tamper or clear tables."""
    postgresql = connection.vendor == "postgresql"
    tables = [*_FROZEN]
    with connection.cursor() as cursor:
        for table in tables:
            for event in ("update", "delete"):
                of_table = f" ON {table}" if postgresql else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{event}{of_table}")


def _quoted(condition: str) -> str:
    """`index` is a keyword of SQL and needs quotes."""
    return condition.replace(".index", '."index"')

"""Triggers that make the database itself refuse to alter what the ledger wrote.

They stop mistakes and casual edits, not somebody who owns the database: that is what the proofs
are for. An entry may be given its index once; a partial tile may go when a wider one stands.
"""

from collections.abc import Collection

from django.db.backends.base.base import BaseDatabaseWrapper

_TABLES = (
    "ledger_ledgerentry",
    "ledger_ledgerrevision",
    "ledger_ledgertile",
    "ledger_ledgercheckpoint",
    "ledger_ledgerrotation",
    "ledger_ledgerstamp",
    "ledger_ledgercosignature",
)
# What may pass: an unsequenced entry that receives its index and nothing else.
_SEQUENCED = (
    'OLD."index" IS NULL AND NEW."index" IS NOT NULL AND NEW.id = OLD.id AND NEW.data = OLD.data '
    "AND NEW.leaf_hash = OLD.leaf_hash AND NEW.subject = OLD.subject "
    "AND NEW.revision = OLD.revision AND NEW.recorded_at = OLD.recorded_at"
)
_SUPERSEDED = (
    "EXISTS (SELECT 1 FROM ledger_ledgertile wider WHERE wider.level = OLD.level "
    'AND wider."index" = OLD."index" AND wider.width > OLD.width)'
)
_ALLOWED = {
    ("ledger_ledgerentry", "UPDATE"): _SEQUENCED,
    ("ledger_ledgertile", "DELETE"): _SUPERSEDED,
}
_MESSAGE = "the ledger is append-only"


def create(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers on SQLite or PostgreSQL, anew on each table that there is already."""
    make = _postgresql if connection.vendor == "postgresql" else _sqlite
    drop(connection)
    with connection.cursor() as cursor:
        standing = set(connection.introspection.table_names(cursor))
        for table in _TABLES:
            if table not in standing:
                continue
            for event in ("UPDATE", "DELETE"):
                for statement in make(table, event, _ALLOWED.get((table, event))):
                    cursor.execute(statement)


def drop(connection: BaseDatabaseWrapper, *, only: Collection[str] = _TABLES) -> None:
    """Drop the triggers: for migrations backwards, and for tests that tamper or clear tables."""
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for table in only:
            for event in ("update", "delete"):
                name = f"{table}_no_{event}"
                cursor.execute(
                    f"DROP FUNCTION IF EXISTS {name}() CASCADE"
                    if postgresql
                    else f"DROP TRIGGER IF EXISTS {name}"
                )


def _sqlite(table: str, event: str, allowed: str | None) -> list[str]:
    when = f"WHEN NOT ({allowed}) " if allowed else ""
    name = f"{table}_no_{event.lower()}"
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"
    return [f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW {when}{refuse}"]


def _postgresql(  # pragma: no cover - measured on SQLite
    table: str, event: str, allowed: str | None
) -> list[str]:
    """Return a function and its triggers; a trigger's own condition could not ask other rows."""
    name = f"{table}_no_{event.lower()}"
    passed = {"UPDATE": "NEW", "DELETE": "OLD"}[event]
    exception = (
        f"IF TG_OP = '{event}' THEN IF {allowed} THEN RETURN {passed}; END IF; END IF; "
        if allowed
        else ""
    )
    body = f"BEGIN {exception}RAISE EXCEPTION '{_MESSAGE}'; END"
    made = [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]
    if event == "DELETE":
        made.append(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"EXECUTE FUNCTION {name}()"
        )
    return made

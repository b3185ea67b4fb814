"""Destroying the salts of erased records: their commitments then say nothing of what was erased.

Entries and kept states stay as they are, so every proof still verifies.
"""

from collections.abc import Collection

from django.db import connection

from twofold.ledger.errors import LedgerError
from twofold.ledger.models import LedgerEntry, LedgerRevision, LedgerSalt
from twofold.ledger.queries import LedgerLine, lines_of
from twofold.ledger.recorded import Recorded
from twofold.ledger.states import COMMITMENT

#: How the kind of an entry ends that says of its subject that it was erased.
ERASED = ".erased"
#: SQLite takes a limited number of values in one statement.
_TOGETHER = 500


def destroy_salts(subjects: Collection[str]) -> int:
    """Delete the salts behind the commitments to these records; return how many there were.

    Called in the transaction of the erasure, once the blanked rows are recorded. SQLite overwrites
    what it deletes then; what lies in copies of the database is out of reach.

    Raises:
        LedgerError: outside a transaction.
    """
    if not connection.in_atomic_block:
        raise LedgerError("Salts are destroyed in the transaction of the erasure.")
    overwrite_deleted()
    wanted = list(subjects)
    return sum(
        LedgerSalt.objects.filter(subject__in=wanted[start : start + _TOGETHER]).delete()[0]
        for start in range(0, len(wanted), _TOGETHER)
    )


def erasing_lines(subjects: Collection[str]) -> dict[str, list[LedgerLine]]:
    """Return the entries that say of records that they were erased, by ledger name; one query."""
    rows = LedgerEntry.objects.filter(subject__in=subjects).order_by("id")
    found: dict[str, list[LedgerLine]] = {}
    for line in lines_of(rows.iterator()):
        if line.entry.kind.endswith(ERASED):
            found.setdefault(line.entry.subject, []).append(line)
    return found


def overwrite_deleted() -> None:
    """Let SQLite write zeros over what this connection deletes or replaces from now on."""
    if connection.vendor == "sqlite":  # pragma: no branch - measured on SQLite
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def kept_in_clear(model: type[Recorded], subjects: Collection[str]) -> int:
    """Return how many kept states of records tell a personal column in clear.

    Such states are older than the commitment to the column, and cannot be altered any more.
    """
    found = 0
    wanted = list(subjects)
    for start in range(0, len(wanted), _TOGETHER):
        rows = LedgerRevision.objects.filter(
            entry__subject__in=wanted[start : start + _TOGETHER]
        ).values_list("state", flat=True)
        found += sum(any(_tells(state, column) for column in model.personal) for state in rows)
    return found


def _tells(state: str, column: str) -> bool:
    """Return whether a state text holds more of a column than a commitment or nothing."""
    start = state.find(f'"{column}":')
    if start < 0:
        return False
    value = state[start + len(column) + 3 :]
    return not value.startswith((f'"{COMMITMENT}', '""', "null"))

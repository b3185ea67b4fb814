"""Which key signs the log now, and which one signed it at a size, by the rotations that stand."""

from functools import lru_cache

from django.db import connection

from twofold.ledger import keys
from twofold.ledger.errors import LedgerError
from twofold.ledger.models import LedgerRotation
from twofold_verify import rotation
from twofold_verify.errors import VerificationError
from twofold_verify.note import Signer, Verifier
from twofold_verify.rotation import Succession

_NEWEST = "SELECT statement FROM ledger_ledgerrotation ORDER BY size DESC LIMIT 1"


def signer() -> Signer:
    """Return the key that signs the next checkpoint, and end a rotation that was interrupted.

    Raises:
        LedgerError: the key's file is not here, or a statement of rotation was altered.
    """
    own = keys.signer()
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        row = cursor.fetchone()
    if row is None:
        return own
    newest = _successor(str(row[0]))
    return own if own.verifier == newest else keys.promote(newest)


def of_key(trust: Verifier) -> Succession:
    """Return the keys of the log before and after one of them.

    Raises:
        LedgerError: the statements of rotation do not lead to or from it.
    """
    statements = LedgerRotation.objects.order_by("size").values_list("statement", flat=True)
    try:
        return rotation.succession(trust, statements)
    except VerificationError as refusal:
        raise LedgerError(f"The rotations of the log's key do not hold: {refusal}") from refusal


@lru_cache(maxsize=4)
def _successor(statement: str) -> Verifier:
    try:
        return rotation.read(statement).new
    except VerificationError as refusal:
        raise LedgerError(f"The rotation of the log's key does not hold: {refusal}") from refusal

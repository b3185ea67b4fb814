"""Rotating the key of the log: the old key states who follows it, and the new one agrees."""

from datetime import datetime

from django.db import transaction

from twofold.ledger import actions, keys, sequencer, succession
from twofold.ledger.errors import LedgerError
from twofold.ledger.models import LedgerCheckpoint, LedgerRotation
from twofold_verify import rotation

SUBJECT = "ledger.key:signing"


def rotate_key(*, by: str, at: datetime) -> LedgerRotation:
    """Let a new key sign from the next checkpoint on; return what was stated.

    The new key is on the disk before the statement is committed, and takes the old one's place
    after: whatever crashes between, the next checkpoint is signed by the key that was stated.

    Raises:
        LedgerError: inside a transaction, nothing was signed since the last rotation, or a key file
            cannot be made or read.
    """
    current = succession.signer()
    successor = keys.prepare_successor()
    with transaction.atomic(durable=True):
        sequencer.wait_for_turn()
        last = LedgerCheckpoint.objects.order_by("-size").first()
        size = (last.size if last else 0) + 1
        if LedgerRotation.objects.filter(size=size).exists():
            raise LedgerError(
                "The key was rotated already, and nothing was signed with the new one yet: "
                "wait for the next checkpoint."
            )
        statement = rotation.state(current, successor, size=size)
        made = LedgerRotation.objects.create(size=size, statement=statement, rotated_at=at)
        body = {
            "size": size,
            "old": str(current.verifier),
            "new": str(successor.verifier),
            "statement": rotation.digest(statement),
        }
        actions.note(SUBJECT, rotation.KIND, by=by, at=at, body=body)
    keys.promote(successor.verifier)
    return made

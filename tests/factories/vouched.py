"""Outsiders of a log without servers: who is set up, and what they said and did not say.

A cosignature and a stamp are rows here like those that real ones leave; nothing checks them.
"""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from twofold.ledger import actions as ledger
from twofold.ledger.models import (
    LedgerCheckpoint,
    LedgerCosignature,
    LedgerStamp,
    LedgerVoucher,
)
from twofold_verify.cosignature import Cosigner
from twofold_verify.policy import Policy, Witness

URL = "https://tsa.example/tsr"
COSIGNER = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
WITNESS = Witness("audit-firm", COSIGNER.key, "https://witness.example")
POLICY = Policy((), (WITNESS,), (), "audit-firm")


def grow(at: datetime, *, count: int = 1) -> LedgerCheckpoint:
    """Write entries and have a checkpoint signed over them."""
    write(at, count=count)
    made = ledger.sequence(at=at)
    assert made is not None
    return made


def write(at: datetime, *, count: int = 1) -> None:
    """Write entries that wait."""
    with transaction.atomic():
        for number in range(count):
            ledger.note(f"ledger.test:{number}", "ledger.test.grown", by="system:test", at=at)


def stamp(checkpoint: LedgerCheckpoint, at: datetime) -> LedgerStamp:
    """Have an authority vouch for a checkpoint."""
    return LedgerStamp.objects.create(
        checkpoint=checkpoint, authority="Time Authority", token=b"der", stamped_at=at
    )


def cosign(checkpoint: LedgerCheckpoint, at: datetime, *, witness: str = "") -> LedgerCosignature:
    """Have the witness vouch for a checkpoint."""
    text = checkpoint.note.partition("\n\n")[0] + "\n"
    return LedgerCosignature.objects.create(
        checkpoint=checkpoint,
        witness=witness or str(COSIGNER.key),
        line=COSIGNER.cosign(text, at=at),
        cosigned_at=at,
    )


def trouble(kind: str, at: datetime, *, alarm: bool = False, message: str = "No answer.") -> None:
    """Have somebody fail to vouch."""
    LedgerVoucher.objects.create(
        kind=kind,
        name=URL if kind == "authority" else str(COSIGNER.key),
        asked_at=at,
        failures=3,
        error=message,
        alarm=alarm,
    )

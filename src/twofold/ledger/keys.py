"""The signing key of the log: made once, kept in a file that only the server's user can read."""

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings

from twofold.ledger.errors import LedgerError
from twofold_verify.note import Signer, Verifier


def signer() -> Signer:
    """Return the log's signer, made on first use.

    The file holds the origin on its first line and the private key in PEM below it.

    Raises:
        LedgerError: the file is there but is not such a key.
    """
    path = Path(settings.LEDGER_KEY)
    if not path.exists():
        _make(path)
    origin, _, pem = path.read_text().partition("\n")
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except ValueError as refusal:
        raise LedgerError(f"The ledger's key file {path.name} holds no key: {refusal}") from refusal
    if not isinstance(key, Ed25519PrivateKey):
        raise LedgerError(f"The ledger's key file {path.name} holds no Ed25519 key.")
    return Signer(origin, key)


def verifier() -> Verifier:
    """Return the public half: what an auditor is given out of band."""
    made = signer()
    return Verifier(made.name, made.private_key.public_key())


def _make(path: Path) -> None:
    origin = settings.LEDGER_ORIGIN or f"twofold.local/{secrets.token_hex(6)}"
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    whole = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(origin.encode() + b"\n" + pem)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link fails when another process was first; its key is then the log's key.
        os.link(whole, path)
    except FileExistsError:
        pass
    finally:
        whole.unlink()

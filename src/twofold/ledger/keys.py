"""The signing key of the log: made once, kept in a file that only the server's user can read."""

import os
import secrets
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings

from twofold.ledger.errors import LedgerError
from twofold_verify.note import NoteError, Signer, Verifier


def signer() -> Signer:
    """Return the log's signer, made on first use.

    The file holds the origin on its first line and the private key in PEM below it.

    Raises:
        LedgerError: the file cannot be made or read, or does not hold such a key.
    """
    path = Path(settings.LEDGER_KEY)
    try:
        if not path.exists():
            _make(path)
        origin, _, pem = path.read_text().partition("\n")
        key = load_pem_private_key(pem.encode(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise LedgerError(f"The ledger's key file {path.name} holds no Ed25519 key.")
        return Signer(origin, key)
    except OSError as refusal:
        reason = refusal.strerror
        raise LedgerError(f"The ledger's key file {path.name} is out of reach: {reason}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm, NoteError) as refusal:
        # The refusal may quote the file, so it is not passed on.
        raise LedgerError(
            f"The ledger's key file {path.name} holds no origin and key."
        ) from refusal


def verifier() -> Verifier:
    """Return the public half: what an auditor is given out of band.

    Raises:
        LedgerError: as for `signer`.
    """
    return signer().verifier


def _make(path: Path) -> None:
    origin = settings.LEDGER_ORIGIN or f"twofold.local/{secrets.token_hex(6)}"
    private_key = Ed25519PrivateKey.generate()
    pem = private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    whole = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            # An origin that cannot name a key is refused before anything is signed with it.
            file.write(Signer(origin, private_key).name.encode() + b"\n" + pem)
            file.flush()
            os.fsync(file.fileno())
        # A link fails when another process was first; its key is then the log's key.
        os.link(whole, path)
    except FileExistsError:
        pass
    finally:
        whole.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Put the key's name on the disk: what it signs outlives a crash, so it must too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

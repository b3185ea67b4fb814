"""The signing key of the log: made once, kept in a file that only the server's user can read.

`ledger.key` is the key that signs. When it is rotated, the new one and the old one stand beside it
under `ledger.key.<key id>`, so that a crash leaves neither lost.
"""

import os
import secrets
from contextlib import suppress
from functools import lru_cache
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

from twofold.ledger.durable import create_once, sync_folder
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
            _make(path, Ed25519PrivateKey.generate(), _new_origin())
        return _read(path)
    except OSError as refusal:
        raise _out_of_reach(path, refusal) from None
    except NoteError as refusal:
        raise _no_key(path) from refusal


def verifier() -> Verifier:
    """Return the public half: what an auditor is given out of band.

    Raises:
        LedgerError: as for `signer`.
    """
    return signer().verifier


def prepare_successor() -> Signer:
    """Return a new key of the same origin, kept beside the current one, which is kept there too.

    Nothing signs with it until `promote`; left alone it does no harm.

    Raises:
        LedgerError: a file cannot be made or read.
    """
    current, path = signer(), Path(settings.LEDGER_KEY)
    successor = Signer(current.name, Ed25519PrivateKey.generate())
    try:
        _make(_beside(path, successor.verifier), successor.private_key, successor.name)
        with suppress(FileExistsError):
            os.link(path, _beside(path, current.verifier))
        sync_folder(path.parent)
    except OSError as refusal:
        raise _out_of_reach(path, refusal) from None
    return successor


def promote(successor: Verifier) -> Signer:
    """Let a key that was prepared be the one that signs; return its signer.

    Raises:
        LedgerError: it was never prepared here, or its file cannot be read.
    """
    path = Path(settings.LEDGER_KEY)
    kept = _beside(path, successor)
    if not kept.exists():
        raise LedgerError(
            f"The log is signed by the key {successor.key_id.hex()} now, and the file "
            f"{kept.name} is not here; nothing is signed."
        )
    whole = path.with_name(f"{path.name}.{secrets.token_hex(4)}.whole")
    try:
        promoted = _read(kept)
        if promoted.verifier != successor:
            raise LedgerError(f"The key file {kept.name} does not hold the key of its name.")
        os.link(kept, whole)
        whole.replace(path)
        # Renaming a second name of the same file onto itself leaves both.
        whole.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as refusal:
        raise _out_of_reach(path, refusal) from None
    return promoted


def _beside(path: Path, key: Verifier) -> Path:
    return path.with_name(f"{path.name}.{key.key_id.hex()}")


def _read(path: Path) -> Signer:
    try:
        signer = _signer_of(path.read_text())
    except (ValueError, TypeError, UnsupportedAlgorithm, NoteError) as refusal:
        # The refusal may quote the file, so it is not passed on.
        raise _no_key(path) from refusal
    if signer is None:
        raise LedgerError(f"The ledger's key file {path.name} holds no Ed25519 key.")
    return signer


@lru_cache(maxsize=4)
def _signer_of(content: str) -> Signer | None:
    """Return the signer that a key file holds, None for a key of another kind.

    The file is read for each checkpoint; its key is only worked out when it says something new.
    """
    origin, _, pem = content.partition("\n")
    key = load_pem_private_key(pem.encode(), password=None)
    return Signer(origin, key) if isinstance(key, Ed25519PrivateKey) else None


def _out_of_reach(path: Path, refusal: OSError) -> LedgerError:
    reason = refusal.strerror
    return LedgerError(f"The ledger's key file {path.name} is out of reach: {reason}")


def _no_key(path: Path) -> LedgerError:
    return LedgerError(f"The ledger's key file {path.name} holds no origin and key.")


def _new_origin() -> str:
    return settings.LEDGER_ORIGIN or f"twofold.local/{secrets.token_hex(6)}"


def _make(path: Path, private_key: Ed25519PrivateKey, origin: str) -> None:
    pem = private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # An origin that cannot name a key is refused before anything is signed with it.
    create_once(path, Signer(origin, private_key).name.encode() + b"\n" + pem)

"""What a witness keeps in its folder: its key, and for each log whom it trusts and what it saw.

    witness.key             name and private key, readable by its owner alone
    lock                    held by the process that serves
    logs/<sha256 of origin> one JSON object for each log

What is cosigned is on the disk before the answer leaves: no crash lets a log be rolled back.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from twofold_verify import rotation
from twofold_verify.checkpoint import Checkpoint, parse
from twofold_verify.cosignature import Cosigner
from twofold_verify.errors import VerificationError
from twofold_verify.note import NoteError, Verifier
from twofold_verify.rotation import RotationError, Succession

_KEY = "witness.key"
_LOCK = "lock"
_LOGS = "logs"


class StateError(VerificationError):
    """The folder of a witness does not hold what it should, or is in use; the message says what."""

    code = "witness-state"


@dataclass(frozen=True)
class LogState:
    """What a witness knows of one log.

    Attributes:
        pinned: the key that its operator was given.
        statements: rotations of the key that were shown since, in their order.
        seen: the text of the last checkpoint that was cosigned; blank before the first.
    """

    pinned: Verifier
    statements: tuple[str, ...] = ()
    seen: str = ""

    @property
    def keys(self) -> Succession:
        """The keys of the log by size."""
        return rotation.succession(self.pinned, self.statements)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The last checkpoint that was cosigned, or None."""
        return parse(self.seen) if self.seen else None


class State:
    """The folder of one witness."""

    def __init__(self, folder: Path) -> None:
        """Read the key.

        Raises:
            StateError: the folder was not made by `create`, or its key cannot be read.
        """
        self._folder = folder
        self.cosigner = _read_key(folder / _KEY)

    @classmethod
    def create(cls, folder: Path, name: str) -> "State":
        """Make the folder of a witness, with a new key under this name.

        Raises:
            StateError: there is a witness already, or the folder cannot be made.
            NoteError: no key can bear the name.
        """
        cosigner = Cosigner(name, Ed25519PrivateKey.generate())
        pem = cosigner.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            (folder / _LOGS).mkdir(mode=0o700, parents=True, exist_ok=True)
            if (folder / _KEY).exists():
                raise StateError(f"{folder} holds the key of a witness already.")
            _write(folder / _KEY, name.encode() + b"\n" + pem)
        except OSError as refusal:
            raise StateError(f"{folder} cannot be made: {refusal.strerror}.") from refusal
        return cls(folder)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from this folder: two that cosign could undo each other.

        Raises:
            StateError: another process has it.
        """
        with (self._folder / _LOCK).open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as refusal:
                raise StateError(f"{self._folder} is in use by another process.") from refusal
            yield

    def log(self, origin: str) -> LogState | None:
        """Return what is known of a log; None when it is not trusted.

        Raises:
            StateError: its file is damaged.
        """
        path = self._path(origin)
        try:
            return _log_of(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as refusal:
            raise StateError(f"The state of the log {origin} cannot be read: {path}.") from refusal

    def trust(self, key: Verifier) -> None:
        """Trust a log by its key.

        Raises:
            StateError: it is trusted under another key; a rotation is shown by its statement.
        """
        known = self.log(key.name)
        if known is not None and known.pinned != key:
            raise StateError(f"The log {key.name} is trusted by another key already.")
        if known is None:
            self._keep(LogState(key))

    def rotate(self, statement: str) -> Verifier:
        """Follow a log to its next key; return it.

        Raises:
            StateError: the log is not trusted.
            RotationError: the statement does not lead on from the key that is trusted.
            NoteError: it is not signed by both keys.
        """
        stated = rotation.read(statement)
        known = self.log(stated.origin)
        if known is None:
            raise StateError(f"The log {stated.origin} is not trusted.")
        if statement not in known.statements:
            if stated.old != known.keys.newest:
                raise RotationError("The statement does not lead on from the last key.")
            following = replace(known, statements=(*known.statements, statement))
            rotation.succession(known.pinned, following.statements)
            self._keep(following)
        return stated.new

    def remember(self, log: LogState, text: str) -> None:
        """Keep the text of a checkpoint that is about to be cosigned; on the disk on return."""
        self._keep(replace(log, seen=text))

    def _keep(self, log: LogState) -> None:
        value = {
            "origin": log.pinned.name,
            "pinned": str(log.pinned),
            "statements": list(log.statements),
            "seen": log.seen,
        }
        _write(self._path(log.pinned.name), json.dumps(value, indent=1).encode())

    def _path(self, origin: str) -> Path:
        return self._folder / _LOGS / f"{sha256(origin.encode()).hexdigest()}.json"


def _log_of(value: Any) -> LogState:  # noqa: ANN401 - what JSON gives
    log = LogState(Verifier.parse(value["pinned"]), tuple(value["statements"]), value["seen"])
    if log.keys.origin != value["origin"] or (log.checkpoint and log.seen[-1:] != "\n"):
        raise ValueError(f"The state of {value['origin']} contradicts itself.")
    return log


def _read_key(path: Path) -> Cosigner:
    try:
        name, _, pem = path.read_text().partition("\n")
        key = load_pem_private_key(pem.encode(), password=None)
        if isinstance(key, Ed25519PrivateKey):
            return Cosigner(name, key)
    except FileNotFoundError:
        raise StateError(f"There is no witness in {path.parent}: make one with init.") from None
    except OSError as refusal:
        raise StateError(f"{path} cannot be read: {refusal.strerror}.") from refusal
    except (ValueError, TypeError, UnsupportedAlgorithm, NoteError):
        # The refusal may quote the key, so it is not passed on.
        pass
    raise StateError(f"{path} holds no name and key of a witness.")


def _write(path: Path, data: bytes) -> None:
    """Put a file on the disk whole: after a crash the old one or the new one stands."""
    whole = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        whole.replace(path)
    finally:
        whole.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

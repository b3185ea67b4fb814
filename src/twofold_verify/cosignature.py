"""Cosignatures (C2SP tlog-cosignature, version 1): a witness's word for a checkpoint at a time.

A witness signs the text of a checkpoint together with the time, after it has seen that the log only
grew. Its line stands among the signatures of the note, under a key id that no log's key can have.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from twofold_verify.note import (
    NoteError,
    check_name,
    join_key,
    key_id_of,
    signature_line,
    signed_by,
    split,
    split_key,
)

_COSIGNATURE = b"\x04"
_TIME_BYTES = 8
_KEY_ID_BYTES = 4
#: The year 9999: later times are no times of a witness, and no language's clock need show them.
_LATEST = 253_402_300_799


@dataclass(frozen=True)
class WitnessKey:
    """The public key of a witness under its name."""

    name: str
    public_key: Ed25519PublicKey

    def __post_init__(self) -> None:
        check_name(self.name)

    @classmethod
    def parse(cls, text: str) -> "WitnessKey":
        """Read the form `name+hex key id+base64 key`, as `str(key)` writes it.

        Raises:
            NoteError: malformed, not the key of a witness, or the id belongs to another name or
                key.
        """
        name, key_id, key = split_key(text)
        if len(key) != 33 or key[:1] != _COSIGNATURE:
            raise NoteError("The key is not an Ed25519 key of a witness in the form name+id+key.")
        witness = cls(name, Ed25519PublicKey.from_public_bytes(key[1:]))
        if witness.key_id.hex() != key_id:
            raise NoteError("The witness key's id does not belong to its name and key.")
        return witness

    @property
    def key_id(self) -> bytes:
        """The four bytes that tell this key from others of the same name."""
        return key_id_of(self.name, self._encoded_key())

    def holds(self, signature: bytes, text: str) -> bool:
        """Return whether a time and a signature are this witness's word for the text."""
        seconds = int.from_bytes(signature[:_TIME_BYTES], "big")
        if len(signature) <= _TIME_BYTES or seconds > _LATEST:
            return False
        return signed_by(self.public_key, signature[_TIME_BYTES:], _message(text, seconds))

    def __str__(self) -> str:
        return join_key(self.name, self._encoded_key())

    def _encoded_key(self) -> bytes:
        return _COSIGNATURE + self.public_key.public_bytes_raw()


@dataclass(frozen=True)
class Cosigner:
    """The private key of a witness and the name that it signs as."""

    name: str
    private_key: Ed25519PrivateKey

    def __post_init__(self) -> None:
        check_name(self.name)

    @property
    def key(self) -> WitnessKey:
        """The public half."""
        return WitnessKey(self.name, self.private_key.public_key())

    def cosign(self, text: str, *, at: datetime) -> str:
        """Return the signature line, with its newline, for the text of a checkpoint at a time."""
        seconds = int(at.timestamp())
        signature = self.private_key.sign(_message(text, seconds))
        timed = seconds.to_bytes(_TIME_BYTES, "big") + signature
        return signature_line(self.name, self.key.key_id, timed)


@dataclass(frozen=True)
class Cosigned:
    """A cosignature that holds.

    Attributes:
        witness: whose it is.
        at: when the witness made it, by its own clock, to the second.
        line: the signature line, with its newline.
    """

    witness: WitnessKey
    at: datetime
    line: str


def cosignatures(note: str, witnesses: Iterable[WitnessKey]) -> list[Cosigned]:
    """Return the cosignatures of the known witnesses on a note, the newest of each.

    Lines of unknown keys are passed over; the log's own signature is not looked at.

    Raises:
        NoteError: the note is malformed, or a known witness's cosignature does not hold.
    """
    text, signatures = split(note)
    known = {(witness.name, witness.key_id): witness for witness in witnesses}
    found: dict[tuple[str, bytes], Cosigned] = {}
    for name, signature in signatures:
        key_id, timed = signature[:_KEY_ID_BYTES], signature[_KEY_ID_BYTES:]
        witness = known.get((name, key_id))
        if witness is None:
            continue
        if not witness.holds(timed, text):
            raise NoteError(f"The cosignature of {name} does not hold for this text.")
        at = datetime.fromtimestamp(int.from_bytes(timed[:_TIME_BYTES], "big"), UTC)
        before = found.get((name, key_id))
        if before is None or before.at < at:
            found[name, key_id] = Cosigned(witness, at, signature_line(name, key_id, timed))
    return list(found.values())


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()

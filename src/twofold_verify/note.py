"""Signed notes (C2SP signed-note) with Ed25519 keys: a text and who vouches for it.

Checkpoints of the ledger travel as such notes. A signature from a key that the reader does not know
is ignored; a bad signature from a known key refuses the note.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from twofold_verify.errors import VerificationError

#: A note longer than this, or with more signatures, is refused before any of it is checked.
MAX_NOTE_BYTES = 1 << 20
MAX_SIGNATURES = 100
_ED25519 = b"\x01"
_KEY_ID_BYTES = 4
_SIGNATURE = re.compile("— ([^ ]+) ([A-Za-z0-9+/]+={0,2})")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")


class NoteError(VerificationError):
    """A note or key is malformed, or no known key vouches for the note."""

    code = "note"


class PublicKey(Protocol):
    """What a note is opened with: a log's key, or a witness's, which signs in a form of its own."""

    @property
    def name(self) -> str:
        """The name that it signs as."""
        ...

    @property
    def key_id(self) -> bytes:
        """The four bytes that tell this key from others of the same name."""
        ...

    def holds(self, signature: bytes, text: str) -> bool:
        """Return whether the signature, without the key's id, is of this key over the text."""
        ...


@dataclass(frozen=True)
class Verifier:
    """A public key under the name that it signs as."""

    name: str
    public_key: Ed25519PublicKey

    def __post_init__(self) -> None:
        check_name(self.name)

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """Read the form `name+hex key id+base64 key`, as `str(verifier)` writes it.

        Raises:
            NoteError: malformed, not an Ed25519 key, or the key id belongs to another name or key.
        """
        name, key_id, key = split_key(text)
        if len(key) != 33 or key[:1] != _ED25519:
            raise NoteError("The verifier key is not an Ed25519 key in the form name+id+key.")
        verifier = cls(name, Ed25519PublicKey.from_public_bytes(key[1:]))
        if verifier.key_id.hex() != key_id:
            raise NoteError("The verifier key's id does not belong to its name and key.")
        return verifier

    @cached_property
    def key_id(self) -> bytes:
        """The four bytes that tell this key from others of the same name."""
        return key_id_of(self.name, self._encoded_key())

    def holds(self, signature: bytes, text: str) -> bool:
        """Return whether the signature, without the key's id, is of this key over the text."""
        return signed_by(self.public_key, signature, text.encode())

    def __str__(self) -> str:
        return join_key(self.name, self._encoded_key())

    def _encoded_key(self) -> bytes:
        return _ED25519 + self.public_key.public_bytes_raw()


@dataclass(frozen=True)
class Signer:
    """A private key and the name that it signs as."""

    name: str
    private_key: Ed25519PrivateKey

    def __post_init__(self) -> None:
        check_name(self.name)

    @cached_property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self.private_key.public_key())


@dataclass(frozen=True)
class Opened:
    """A note that at least one known key vouches for.

    Attributes:
        text: what was signed, with its final newline.
        verified: names of the known keys whose signature holds, in the note's order.
        unknown: names on signatures that were not looked at.
    """

    text: str
    verified: tuple[str, ...]
    unknown: tuple[str, ...]


def sign(text: str, *signers: Signer) -> str:
    """Return the note of a text with one signature of each signer.

    Raises:
        NoteError: no signer, or the text does not end in a newline or has control characters.
    """
    _check_text(text)
    if not signers:
        raise NoteError("A note needs a signature.")
    lines = []
    for signer in signers:
        signature = signer.private_key.sign(text.encode())
        lines.append(signature_line(signer.name, signer.verifier.key_id, signature))
    return f"{text}\n{''.join(lines)}"


def open_note(note: str, verifiers: Iterable[PublicKey]) -> Opened:
    """Return the text of a note and who vouches for it.

    Raises:
        NoteError: malformed, a known key's signature does not hold, or no known key signed.
    """
    text, signatures = split(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    verified: list[str] = []
    unknown: list[str] = []
    for name, signature in signatures:
        verifier = known.get((name, signature[:_KEY_ID_BYTES]))
        if verifier is None:
            unknown.append(name)
            continue
        if not verifier.holds(signature[_KEY_ID_BYTES:], text):
            raise NoteError(f"The signature of {name} does not hold for this text.")
        verified.append(name)
    if not verified:
        raise NoteError("The note is not signed by a known key.")
    return Opened(text, tuple(dict.fromkeys(verified)), tuple(unknown))


def decode_base64(text: str) -> bytes:
    """Decode standard base64 (RFC 4648 4), refusing every spelling but the one that encoding gives.

    Raises:
        ValueError: other characters, wrong padding, or unused bits that are not zero.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as refusal:
        raise ValueError(f"not base64: {refusal}") from refusal
    if base64.b64encode(data).decode() != text:
        raise ValueError("not the one base64 spelling of its bytes")
    return data


def split(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the text and the signatures as pairs of name and bytes, the key's id first.

    Raises:
        NoteError: malformed.
    """
    if len(note) > MAX_NOTE_BYTES:
        raise NoteError("The note is longer than any note of a log.")
    head, blank, tail = note.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise NoteError("The note does not end in an empty line and signature lines.")
    text = f"{head}\n"
    _check_text(text)
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError(f"The note has more than {MAX_SIGNATURES} signatures.")
    return text, [_signature(line) for line in lines]


def signature_line(name: str, key_id: bytes, signature: bytes) -> str:
    """Return the line of a note that holds a signature, with its newline."""
    return f"— {name} {base64.b64encode(key_id + signature).decode()}\n"


def split_key(text: str) -> tuple[str, str, bytes]:
    """Return name, hex id and encoded key of the form `name+hex key id+base64 key`.

    Raises:
        NoteError: the key is not in base64.
    """
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        return name, key_id, decode_base64(encoded)
    except ValueError as refusal:
        raise NoteError(f"The verifier key is not in base64: {refusal}") from refusal


def join_key(name: str, encoded: bytes) -> str:
    """Return the form that `split_key` reads."""
    return f"{name}+{key_id_of(name, encoded).hex()}+{base64.b64encode(encoded).decode()}"


def key_id_of(name: str, encoded: bytes) -> bytes:
    """Return the id of a key (C2SP signed-note): its name and its encoding, hashed."""
    return sha256(name.encode() + b"\n" + encoded).digest()[:_KEY_ID_BYTES]


def signed_by(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Return whether a signature is of the key over the message."""
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _signature(line: str) -> tuple[str, bytes]:
    match = _SIGNATURE.fullmatch(line)
    if not match:
        raise NoteError("A signature line is malformed.")
    check_name(match[1])
    try:
        signature = decode_base64(match[2])
    except ValueError as refusal:
        raise NoteError(f"A signature line is malformed: {refusal}") from refusal
    if len(signature) <= _KEY_ID_BYTES:
        raise NoteError("A signature line holds no signature.")
    return match[1], signature


def check_name(name: str) -> None:
    """Return when a key may bear this name.

    Raises:
        NoteError: it is empty, or has spaces, a plus or control characters.
    """
    if not name or "+" in name or any(character.isspace() for character in name):
        raise NoteError("A key name is not empty and has neither spaces nor a plus.")
    _check_characters(name)


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise NoteError("The text of a note ends in a newline.")
    _check_characters(text)


def _check_characters(text: str) -> None:
    if _CONTROL.search(text):
        raise NoteError("A note has no control character but the newline.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NoteError("A note is valid Unicode text.") from None

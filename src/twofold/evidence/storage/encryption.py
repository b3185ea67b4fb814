"""Encryption of one stored file: authenticated chunk by chunk, so that it streams both ways.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar: Online Authenticated-Encryption and
its Nonce-Reuse Misuse-Resistance, CRYPTO 2015, section 7) over AES-256-GCM. A file is

    header: 16 bytes of magic, 32 bytes of random salt
    chunks: 1 MiB of content each, the last one 1 byte to 1 MiB, each followed by a 16-byte tag

Key and nonce prefix of a file come from the key that is given and the file's salt (HKDF-SHA-256,
RFC 5869), so one key serves any number of files. The nonce of a chunk is prefix (7 bytes), number
(4 bytes, big-endian, from 0) and whether it is the last (1 byte): chunks that are altered,
exchanged, left out or cut off do not open.
"""

import io
import secrets
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
CHUNK_BYTES = 1 << 20
_MAGIC = b"twofold-stream/1"
_SALT_BYTES = 32
_TAG_BYTES = 16
_PREFIX_BYTES = 7
HEADER_BYTES = len(_MAGIC) + _SALT_BYTES


class DamagedFile(Exception):  # noqa: N818 - a refusal, told as such
    """The stored bytes are not what was encrypted under this key."""


def encrypted(chunks: Iterable[bytes], key: bytes) -> Iterator[bytes]:
    """Yield the stored form of a content that holds at least one byte.

    Args:
        chunks: of any lengths.
        key: 32 bytes, those of the item.
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    cipher, prefix = _cipher(key, salt)
    yield _MAGIC + salt
    number, held = 0, bytearray()
    for chunk in chunks:
        held += chunk
        # What may still turn out to be the last chunk is held back.
        while len(held) > CHUNK_BYTES:
            yield cipher.encrypt(
                _nonce(prefix, number, last=False), bytes(held[:CHUNK_BYTES]), None
            )
            del held[:CHUNK_BYTES]
            number += 1
    yield cipher.encrypt(_nonce(prefix, number, last=True), bytes(held), None)


def size_of_content(stored_size: int) -> int:
    """Return the bytes of content in a stored form of this size."""
    sealed = CHUNK_BYTES + _TAG_BYTES
    body = stored_size - HEADER_BYTES
    return body - -(-body // sealed) * _TAG_BYTES


class Opened(io.RawIOBase):
    """The content of a stored form, each chunk authenticated before a byte of it is handed out."""

    def __init__(self, stored: BinaryIO, key: bytes) -> None:
        """Take the stored form, which is closed together with this, and the item's key.

        Raises:
            DamagedFile: it does not begin as a stored form does.
        """
        self._stored = stored
        header = _read_whole(stored, HEADER_BYTES)
        if len(header) != HEADER_BYTES or not header.startswith(_MAGIC):
            stored.close()
            raise DamagedFile
        self._cipher, self._prefix = _cipher(key, header[len(_MAGIC) :])
        self._number = 0
        self._next = _read_whole(stored, CHUNK_BYTES + _TAG_BYTES)
        self._opened = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Fill the buffer with the bytes that follow; 0 at the end.

        Raises:
            DamagedFile: the next chunk was altered, or the file is cut off.
        """
        if not self._opened and not self._ended:
            self._opened = memoryview(self._open_next())
        count = min(len(buffer), len(self._opened))
        buffer[:count] = self._opened[:count]
        self._opened = self._opened[count:]
        return count

    def close(self) -> None:
        """Close the stored form too."""
        self._stored.close()
        super().close()

    def _open_next(self) -> bytes:
        sealed = self._next
        self._next = _read_whole(self._stored, CHUNK_BYTES + _TAG_BYTES)
        self._ended = not self._next
        nonce = _nonce(self._prefix, self._number, last=self._ended)
        self._number += 1
        try:
            return self._cipher.decrypt(nonce, sealed, None)
        except (InvalidTag, ValueError):
            self._ended = True
            raise DamagedFile from None


def _cipher(key: bytes, salt: bytes) -> tuple[AESGCM, bytes]:
    """Return the cipher and the nonce prefix of a file."""
    derived = HKDF(SHA256(), KEY_BYTES + _PREFIX_BYTES, salt, _MAGIC).derive(key)
    return AESGCM(derived[:KEY_BYTES]), derived[KEY_BYTES:]


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + (b"\x01" if last else b"\x00")


def _read_whole(stored: BinaryIO, count: int) -> bytes:
    """Read so many bytes, fewer at the end alone: a stream may give less at a time."""
    parts, left = [], count
    while left and (part := stored.read(left)):
        parts.append(part)
        left -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)

"""Contents of versions: encrypted on the way in, authenticated and opened on the way out."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO, Self, cast

from django.utils.translation import gettext as _

from twofold.evidence.keys import key_of
from twofold.evidence.models import EvidenceVersion
from twofold.evidence.storage import (
    DamagedFile,
    Opened,
    StoreUnavailable,
    encrypted,
    open_stored,
    store_of_installation,
)
from twofold.evidence.storage.encryption import CHUNK_BYTES
from twofold.people.errors import Conflict, NotFound


class ContentTooLarge(Exception):  # noqa: N818 - a refusal, told as such
    """The stream is longer than the limit; nothing is kept of it."""


class ContentEmpty(Exception):  # noqa: N818 - a refusal, told as such
    """The stream holds nothing; nothing is kept of it."""


@dataclass(frozen=True)
class Kept:
    """A content that lies encrypted: hash and size in clear, and of the bytes as they lie."""

    sha256: str
    size: int
    stored_sha256: str
    stored_size: int


def keep(chunks: Iterable[bytes], *, key: bytes, limit: int) -> Kept:
    """Store a content under an item's key, in constant memory.

    Args:
        limit: the most bytes that are taken.

    Raises:
        ContentTooLarge: the stream is longer.
        ContentEmpty: it holds no byte.
        StoreUnavailable: the place for stored files does not take it.
    """
    measured = _Measured(chunks, limit)
    stored = store_of_installation().put(encrypted(measured, key))
    return Kept(measured.digest.hexdigest(), measured.size, stored.sha256, stored.size)


def open_content(version: EvidenceVersion) -> BinaryIO | None:
    """Return the content of a version open for reading; None when its file or key is gone.

    Reading raises `DamagedFile` where the stored bytes were altered: nothing of them is handed out.

    Raises:
        DamagedFile: the stored bytes do not begin as an encrypted file does.
        KeyUnavailable: the installation's key does not open the item's.
        StoreUnavailable: the place for stored files does not answer.
    """
    if not version.encrypted:
        return open_stored(version.stored_sha256)
    key = key_of(version.item_id)
    stored = open_stored(version.stored_sha256) if key is not None else None
    if key is None or stored is None:
        return None
    return cast("BinaryIO", io.BufferedReader(Opened(stored, key), CHUNK_BYTES))


def require_open(version: EvidenceVersion) -> None:
    """Return when the content of a version may be shown and handed out.

    Raises:
        NotFound: its item was erased.
        Conflict: it is in quarantine.
    """
    if version.item.erased_at is not None:
        raise NotFound(_("This evidence was erased."))
    if version.quarantine:
        raise Conflict(_("The file is kept back: %(why)s") % {"why": version.quarantine})


class HandedOut:
    """A content in pieces, the first of which is read when this is made; closed at its end."""

    def __init__(self, file: BinaryIO) -> None:
        """Take an open file; it is closed where its first piece cannot be read."""
        self._file = file
        try:
            self._first = file.read(CHUNK_BYTES)
        except BaseException:
            file.close()
            raise

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        """Return the next piece, which was authenticated before."""
        if self._file.closed:
            raise StopIteration
        piece, self._first = self._first or self._file.read(CHUNK_BYTES), b""
        if not piece:
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def handed_out(version: EvidenceVersion) -> HandedOut:
    """Return the content of a version in pieces, the first of them read already.

    A piece is authenticated before it is handed out. Damage that shows later ends the stream early.

    Raises:
        NotFound: the file is gone, or its item was erased.
        Conflict: it is in quarantine, was altered since it was added, or cannot be read now.
    """
    require_open(version)
    try:
        file = open_content(version)
        if file is None:
            raise NotFound(_("The file is not there."))
        return HandedOut(file)
    except DamagedFile:
        raise Conflict(
            _("The stored file was altered since it was added: it is not handed out.")
        ) from None
    except StoreUnavailable as refusal:
        raise Conflict(str(refusal)) from refusal


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield what an open file holds, a megabyte at a time, and close it."""
    with file:
        while piece := file.read(CHUNK_BYTES):
            yield piece


class _Measured:
    """A stream that is hashed, counted and limited on its way."""

    def __init__(self, chunks: Iterable[bytes], limit: int) -> None:
        self._chunks = chunks
        self._limit = limit
        self.digest = sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.size += len(chunk)
            if self.size > self._limit:
                raise ContentTooLarge
            self.digest.update(chunk)
            yield chunk
        if not self.size:
            raise ContentEmpty

"""Stored files, addressed by their SHA-256, on a local folder.

A file is complete and on the disk before anything refers to it: it is written beside its place,
fsynced, renamed, and the folder is fsynced. The same bytes are stored once.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

_FORGOTTEN_AFTER_S = 24 * 60 * 60


@dataclass(frozen=True)
class StoredBlob:
    """What is known of a stored file: hex SHA-256 and size in bytes."""

    sha256: str
    size: int


class BlobTooLarge(Exception):  # noqa: N818 - a refusal, told as such
    """The stream is longer than the limit; nothing is kept of it."""


class BlobEmpty(Exception):  # noqa: N818 - a refusal, told as such
    """The stream holds nothing; nothing is kept of it."""


def store(chunks: Iterable[bytes], *, limit: int) -> StoredBlob:
    """Write a stream and return its address; constant memory.

    Args:
        limit: the most bytes that are taken.

    Raises:
        BlobTooLarge: the stream is longer.
        BlobEmpty: the stream holds no byte.
    """
    folder = Path(settings.BLOBS)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder / f"unfinished-{secrets.token_hex(8)}"
    try:
        blob = _write(unfinished, chunks, limit)
        _remove_forgotten(folder, unfinished)
        place = path_of(blob.sha256)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        unfinished.rename(place)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(place.parent)
    sync_folder(folder)
    return blob


def open_blob(sha256: str) -> BinaryIO | None:
    """Return the stored file open for reading, or None when there is none."""
    try:
        return path_of(sha256).open("rb")
    except FileNotFoundError:
        return None


def path_of(sha256: str) -> Path:
    """Return where a file of this address lies, or would lie."""
    return Path(settings.BLOBS) / sha256[:2] / sha256


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on the disk, so that a rename in it survives a crash."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_forgotten(folder: Path, newest: Path) -> None:
    """Remove what a killed process did not finish more than a day before this file was written."""
    latest = newest.stat().st_mtime - _FORGOTTEN_AFTER_S
    for path in folder.glob("unfinished-*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < latest:
                path.unlink()


def _write(path: Path, chunks: Iterable[bytes], limit: int) -> StoredBlob:
    digest = hashlib.sha256()
    size = 0
    with path.open("xb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise BlobTooLarge
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if not size:
        raise BlobEmpty
    return StoredBlob(digest.hexdigest(), size)

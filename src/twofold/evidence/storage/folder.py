"""Stored files in a local folder.

A file is complete and on the disk before anything refers to it: it is written beside its place,
fsynced, renamed, and the folder is fsynced. The same bytes are stored once.
"""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256 as new_sha256
from pathlib import Path
from typing import BinaryIO

from twofold.evidence.storage.store import Listed, StoredBlob, is_address
from twofold.ledger.durable import sync_folder

_FORGOTTEN_AFTER_S = 24 * 60 * 60
_UNFINISHED = "unfinished-"


class FolderStore:
    """Files below a folder, each in a subfolder named by the first two digits of its address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, chunks: Iterable[bytes]) -> StoredBlob:
        """Write a stream and return its address; see `Store.put`."""
        with spooled(self._folder, chunks) as (unfinished, blob):
            place = self.path_of(blob.sha256)
            place.parent.mkdir(mode=0o700, exist_ok=True)
            unfinished.rename(place)
        sync_folder(place.parent)
        sync_folder(self._folder)
        return blob

    def open(self, sha256: str) -> BinaryIO | None:
        """Return the stored file open for reading, or None when there is none."""
        try:
            return self.path_of(sha256).open("rb")
        except FileNotFoundError:
            return None

    def delete(self, sha256: str) -> bool:
        """Remove a file for good: after a crash it is gone too."""
        place = self.path_of(sha256)
        try:
            place.unlink()
        except FileNotFoundError:
            return False
        sync_folder(place.parent)
        return True

    def listing(self) -> Iterator[Listed]:
        """Yield the files that lie at their address."""
        for path in self._folder.glob("??/*"):
            if is_address(path.name):
                with suppress(FileNotFoundError):
                    found = path.stat()
                    written_at = datetime.fromtimestamp(found.st_mtime, UTC)
                    yield Listed(path.name, found.st_size, written_at)

    def path_of(self, sha256: str) -> Path:
        """Return where a file of this address lies, or would lie."""
        return self._folder / sha256[:2] / sha256


@contextmanager
def spooled(folder: Path, chunks: Iterable[bytes]) -> Iterator[tuple[Path, StoredBlob]]:
    """Write a stream to an unfinished file of the folder, fsynced; at the end of the block it goes.

    A caller that wants to keep it moves it away. What a killed process left is removed on the way,
    a day after it was begun.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder / f"{_UNFINISHED}{secrets.token_hex(8)}"
    try:
        blob = _write(unfinished, chunks)
        _remove_forgotten(folder, unfinished)
        yield unfinished, blob
    finally:
        unfinished.unlink(missing_ok=True)


def remove_unfinished(folder: Path, *, before: datetime) -> int:
    """Remove the unfinished files that were last written before a time; return how many."""
    removed = 0
    for path in folder.glob(f"{_UNFINISHED}*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
                removed += 1
    return removed


def _remove_forgotten(folder: Path, newest: Path) -> None:
    latest = newest.stat().st_mtime - _FORGOTTEN_AFTER_S
    remove_unfinished(folder, before=datetime.fromtimestamp(latest, UTC))


def _write(path: Path, chunks: Iterable[bytes]) -> StoredBlob:
    digest = new_sha256()
    size = 0
    with path.open("xb") as file:
        for chunk in chunks:
            size += len(chunk)
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return StoredBlob(digest.hexdigest(), size)

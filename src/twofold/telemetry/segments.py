"""Segments: files to which accepted batches are appended until they are sealed.

Each process appends to a segment of its own and holds a lock on it. Bytes that no batch points to
(a crash came between) mean nothing and are never read.
"""

import fcntl
import hashlib
import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from twofold.ledger.durable import sync_folder

ROTATE_AT_BYTES = 16 * 1024 * 1024


class SegmentDamaged(Exception):  # noqa: N818 - said of the data, not of the code
    """Bytes of an accepted batch are missing or not those that were accepted."""


@dataclass(frozen=True)
class Place:
    """Where a payload lies: segment name, byte offset and length, and its hex SHA-256."""

    segment: str
    offset: int
    length: int
    sha256: str


class SegmentWriter:
    """Appends payloads to this process's segment; one caller at a time."""

    def __init__(self) -> None:
        self._handle: int | None = None
        self._name = ""
        self._process = 0
        self._offset = 0

    def append(self, payloads: list[bytes]) -> list[Place]:
        """Write the payloads, fsync once, and return where they lie.

        Raises:
            OSError: the disk refused; the segment is left behind, and the next call opens another.
        """
        handle = self._ready()
        try:
            places = [self._write(handle, payload) for payload in payloads]
            os.fsync(handle)
        except BaseException:
            # After a failed write or fsync nothing is known of the file: it is left behind.
            self.close()
            raise
        return places

    def close(self) -> None:
        """Let go of the segment, so that it can be removed once it is sealed."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _ready(self) -> int:
        """Return the handle of a segment that is this process's own and not full."""
        # A fork inherits the handle, and would write where the parent writes: it lets its copy go.
        if self._process != os.getpid() or self._offset > ROTATE_AT_BYTES:
            self.close()
        if self._handle is None:
            self._name, self._handle = _open_new()
            self._process = os.getpid()
            self._offset = 0
        return self._handle

    def _write(self, handle: int, payload: bytes) -> Place:
        place = Place(self._name, self._offset, len(payload), hashlib.sha256(payload).hexdigest())
        view = memoryview(payload)
        while view:
            written = os.write(handle, view)
            view = view[written:]
            self._offset += written
        return place


def read(place: Place) -> bytes:
    """Return a payload.

    Raises:
        SegmentDamaged: the bytes are not those that were accepted.
    """
    try:
        with (_folder() / place.segment).open("rb") as file:
            file.seek(place.offset)
            payload = file.read(place.length)
    except FileNotFoundError:
        raise SegmentDamaged(f"Segment {place.segment} is missing.") from None
    except OSError as refusal:
        raise SegmentDamaged(
            f"Segment {place.segment} cannot be read: {refusal.strerror}."
        ) from refusal
    if hashlib.sha256(payload).hexdigest() != place.sha256:
        raise SegmentDamaged(f"Segment {place.segment} is damaged at byte {place.offset}.")
    return payload


def remove_if_idle(name: str, *, is_held: Callable[[str], bool]) -> bool:
    """Remove a segment that no process appends to; return whether it is gone.

    Args:
        is_held: whether a batch still points into it; asked once nobody can append any more.
    """
    path = _folder() / name
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        if not _locked(handle) or is_held(name):
            return False
        path.unlink(missing_ok=True)
        return True
    finally:
        os.close(handle)


def _open_new() -> tuple[str, int]:
    """Create a segment and lock it; return its name and handle."""
    folder = _folder()
    while True:
        name = f"{secrets.token_hex(12)}.segment"
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            if _locked(handle) and (folder / name).exists():
                sync_folder(folder)
                return name, handle
        except BaseException:
            os.close(handle)
            raise
        # Somebody took the new file for an idle one: it is theirs to remove.
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def names() -> list[str]:
    """Return the names of all segments on the disk."""
    return sorted(path.name for path in _folder().glob("*.segment"))


def _folder() -> Path:
    folder = Path(settings.TELEMETRY) / "segments"
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


writer = SegmentWriter()
writer_lock = threading.Lock()

"""The records behind the entries: chains of revisions, kept states, live rows and stored files.

Used by the verifier alone, one small object for each of the four. Together they keep a few hundred
bytes for each subject.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import BinaryIO

from twofold_verify.entry import Blob, Entry
from twofold_verify.report import Findings
from twofold_verify.source import LiveRow, Revision, Source, SourceError

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Last:
    """The newest entry of a subject."""

    revision: int
    leaf: bytes
    recorded_at: datetime
    state: bytes | None


def name_of(subject: str, revision: int) -> str:
    """Return how a revision of a record is named in problems."""
    return f"{subject} revision {revision}"


class Chain:
    """Follows each subject from entry to entry."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.last: dict[str, Last] = {}

    def follow(self, entry: Entry, leaf: bytes, index: int | None) -> None:
        """Take the next entry of its subject; `leaf` is the hash that its successor has to name."""
        last = self.last.get(entry.subject)
        broken = _break(entry, last)
        if broken:
            record = name_of(entry.subject, entry.revision)
            self._findings.tampered(record, index, broken)
        state = None if entry.state is None else bytes.fromhex(entry.state)
        self.last[entry.subject] = Last(entry.revision, leaf, entry.recorded_at, state)


def _break(entry: Entry, last: Last | None) -> str:
    """Return what is wrong between an entry and its subject's previous one, or a blank."""
    expected = last.revision + 1 if last else 1
    if entry.revision != expected:
        return f"Revision {entry.revision} stands where revision {expected} belongs."
    if last is None:
        return ""
    if entry.previous != last.leaf.hex():
        return f"The entry does not continue revision {last.revision}: it names another entry."
    if entry.recorded_at < last.recorded_at:
        return f"The entry is dated before revision {last.revision} of the same record."
    return ""


class KeptStates:
    """Holds each kept state against the entry that commits to it.

    Entries and states are met side by side. As long as both come in the same order nothing is
    remembered; in any other order the result is the same and the memory grows.
    """

    def __init__(self, revisions: Iterator[Revision], findings: Findings) -> None:
        self._revisions = revisions
        self._findings = findings
        self._committed: dict[tuple[str, int], tuple[bytes, int | None]] = {}
        self._kept: dict[tuple[str, int], bytes] = {}
        self.count = 0

    def meet(self, entry: Entry, index: int | None) -> None:
        """Take the next entry; it commits to a kept state unless no row was left."""
        if entry.state is None:
            return
        key = (entry.subject, entry.revision)
        self._committed[key] = (bytes.fromhex(entry.state), index)
        if key in self._kept or not self._read_one():
            self._settle(key)

    def finish(self) -> None:
        """Read the states that follow the last entry."""
        while self._read_one():
            pass

    def name_lost(self) -> None:
        """Name the revisions whose kept state was not met, once all states were read."""
        for (subject, number), (_, index) in self._committed.items():
            message = "The kept state of the revision is missing."
            self._findings.tampered(name_of(subject, number), index, message)

    def name_unrecorded(self) -> None:
        """Name the kept states whose entry was not met, once all entries were read."""
        for subject, number in self._kept:
            message = "A state is kept for a revision that no entry recorded."
            self._findings.tampered(name_of(subject, number), None, message)

    def _read_one(self) -> bool:
        """Read the next kept state; return whether there was one."""
        revision = next(self._revisions, None)
        if revision is None:
            return False
        self.count += 1
        key = (revision.subject, revision.number)
        if key in self._kept:
            message = "Two states are kept for the same revision."
            self._findings.tampered(name_of(*key), None, message)
        self._kept[key] = _hash(revision.state_text)
        self._settle(key)
        return True

    def _settle(self, key: tuple[str, int]) -> None:
        """Compare both sides of a revision once both are known."""
        if key not in self._committed or key not in self._kept:
            return
        (digest, index), kept = self._committed.pop(key), self._kept.pop(key)
        if digest != kept:
            message = "The kept state is not the one that the entry commits to: it was altered."
            self._findings.tampered(name_of(*key), index, message)


def compare_live(rows: Iterator[LiveRow], last: dict[str, Last], findings: Findings) -> int:
    """Hold every live row against the last state of its subject and return their number.

    Subjects are taken out of `last` as their rows are met; `name_removed` names what stays and
    should have a row.
    """
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - the number is the result
        newest = last.pop(row.subject, None)
        if newest is None:
            message = "The row stands in its table and in no entry: inserted behind the ledger."
            findings.tampered(row.subject, None, message)
        elif newest.state is None:
            record = name_of(row.subject, newest.revision)
            findings.tampered(record, None, "The row stands although its last entry leaves none.")
        elif newest.state != _hash(row.state_text):
            record = name_of(row.subject, newest.revision)
            message = "The row is not in the state of its last entry: altered behind the ledger."
            findings.tampered(record, None, message)
    return count


def name_removed(last: dict[str, Last], findings: Findings) -> None:
    """Name the subjects whose last entry leaves a row, and that have none."""
    for subject, newest in last.items():
        if newest.state is not None:
            message = "The row of the last entry does not stand: removed behind the ledger."
            findings.tampered(name_of(subject, newest.revision), None, message)


class Files:
    """Reads each stored file that entries commit to, once."""

    def __init__(self, source: Source, findings: Findings) -> None:
        self._source = source
        self._findings = findings
        self._sizes: dict[str, int | None] = {}
        self.count = 0
        self.bytes_read = 0

    def check(self, blob: Blob, record: str, index: int | None) -> None:
        """Hold a stored file against hash and size; a file that failed once is not named again."""
        if blob.sha256 not in self._sizes:
            self._sizes[blob.sha256] = self._read(blob, record, index)
        size = self._sizes[blob.sha256]
        if size is not None and size != blob.size:
            message = f"Stored file {blob.sha256} has {size} bytes, not {blob.size}."
            self._findings.tampered(record, index, message)

    def _read(self, blob: Blob, record: str, index: int | None) -> int | None:
        """Return the size of a file whose hash holds; None when it does not or cannot be read."""
        try:
            stream = self._source.open_blob(blob.sha256)
            if stream is None:
                message = f"Stored file {blob.sha256} is gone."
                self._findings.tampered(record, index, message)
                return None
            with stream:
                digest, size = _digest(stream)
        except SourceError as refusal:
            self._findings.incomplete(record, str(refusal), index=index)
            return None
        self.count += 1
        self.bytes_read += size
        if digest != blob.sha256:
            message = f"Stored file {blob.sha256} was altered: its bytes have another hash."
            self._findings.tampered(record, index, message)
            return None
        return size


def _digest(stream: BinaryIO) -> tuple[str, int]:
    """Return the hex SHA-256 and the number of bytes of a stream."""
    hash_, size = sha256(), 0
    while chunk := stream.read(_CHUNK_BYTES):
        hash_.update(chunk)
        size += len(chunk)
    return hash_.hexdigest(), size


def _hash(state_text: str) -> bytes:
    # A text with lone surrogates, which no honest source has, must not stop the verification.
    return sha256(state_text.encode(errors="surrogatepass")).digest()

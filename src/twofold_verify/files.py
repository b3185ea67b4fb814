"""The stored files that entries commit to, and the erasures that explain why some are gone.

Used by the verifier alone. An erasing entry is one whose kind ends in `.erased`; its body lists
`blobs`, the hex SHA-256 of the stored files, and `versions`, the other subjects that they belong
to beside its own. It explains what those subjects committed to before it, and nothing else. That
they belong to it is said by their kept states.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, BinaryIO, NamedTuple

from twofold_verify.entry import Blob, Entry
from twofold_verify.report import Erasure, Findings
from twofold_verify.source import Part, Source, SourceError
from twofold_verify.states import name_of

ERASED = ".erased"
#: The column in which a version's state names its item, and what an item is called before its key.
_OWNER = "item_id"
_OWNED_BY = "evidence.evidenceitem:"
_CHUNK_BYTES = 1 << 20
#: What is said of a file in place of its size.
_GONE = -1
_FAILED = -2
_UNREAD = -3


class _Commitment(NamedTuple):
    """That a subject committed to a file, and where among all entries."""

    subject: str
    position: int


@dataclass(slots=True)
class _File:
    """A stored file: its size or what became of it, and who committed to it."""

    size: int
    commitments: tuple[_Commitment, ...] = ()


@dataclass(frozen=True)
class _Erasing:
    """What an erasing entry explains."""

    entry: Entry
    index: int | None
    position: int
    subjects: frozenset[str]
    versions: tuple[str, ...]
    blobs: tuple[str, ...]

    def explains(self, commitment: _Commitment) -> bool:
        return commitment.subject in self.subjects and commitment.position < self.position


@dataclass(frozen=True)
class _Absent:
    """A commitment to a file that is not there."""

    record: str
    index: int | None
    sha256: str
    commitment: _Commitment


class Files:
    """Reads each stored file that entries commit to, once, and follows what was erased."""

    def __init__(self, source: Source, findings: Findings) -> None:
        self._source = source
        self._findings = findings
        self._with_files = source.has(Part.BLOBS)
        self._files: dict[str, _File] = {}
        self._absent: list[_Absent] = []
        self._erasings: list[_Erasing] = []
        self._position = 0
        self._commitments = 0
        self.count = 0
        self.bytes_read = 0

    def meet(self, entry: Entry, record: str, index: int | None) -> None:
        """Take the next entry that commits to files or erases them."""
        self._position += 1
        for blob in entry.blobs:
            self._commit(blob, _Commitment(entry.subject, self._position), record, index)
        if entry.kind.endswith(ERASED):
            self._erase(entry, record, index)

    def finish(self) -> None:
        """Name the files that are gone without an erasure, and tell of the erasures."""
        erased: dict[str, list[_Erasing]] = {}
        for erasing in self._erasings:
            for name in erasing.blobs:
                erased.setdefault(name, []).append(erasing)
        named: set[str] = set()
        for absent in self._absent:
            explained = erased.get(absent.sha256, ())
            if any(erasing.explains(absent.commitment) for erasing in explained):
                continue
            if absent.sha256 not in named:
                message = f"Stored file {absent.sha256} is gone."
                self._findings.tampered(absent.record, absent.index, message)
            named.add(absent.sha256)
        self._name_foreign_versions()
        for erasing in self._erasings:
            self._findings.erased(self._told(erasing))
        if self._commitments and not self._with_files:
            message = f"{self._commitments} commitments to stored files were not checked."
            self._findings.incomplete("blobs", message)

    def _commit(self, blob: Blob, commitment: _Commitment, record: str, index: int | None) -> None:
        """Hold a stored file against hash and size; a file that failed once is not named again."""
        self._commitments += 1
        file = self._files.get(blob.sha256)
        if file is None:
            size = self._read(blob, record, index) if self._with_files else _UNREAD
            file = self._files[blob.sha256] = _File(size)
        file.commitments += (commitment,)
        if file.size == _GONE:
            self._absent.append(_Absent(record, index, blob.sha256, commitment))
        elif file.size >= 0 and file.size != blob.size:
            message = f"Stored file {blob.sha256} has {file.size} bytes, not {blob.size}."
            self._findings.tampered(record, index, message)

    def _erase(self, entry: Entry, record: str, index: int | None) -> None:
        blobs, versions = _names(entry.body, "blobs"), _names(entry.body, "versions")
        if blobs is None or versions is None:
            message = "Erasure abused: the entry does not list what it erased as texts."
            self._findings.tampered(record, index, message)
            return
        subjects = frozenset((entry.subject, *versions))
        foreign = [name for name in blobs if not self._committed(name, subjects)]
        if foreign:
            more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
            message = (
                f"Erasure abused: the entry lists stored file {foreign[0]}{more}, "
                "to which its records never committed."
            )
            self._findings.tampered(record, index, message)
        self._erasings.append(_Erasing(entry, index, self._position, subjects, versions, blobs))

    def _name_foreign_versions(self) -> None:
        """Name erasures that list versions which are not said to be theirs."""
        listed = {name for erasing in self._erasings for name in erasing.versions}
        owners = self._owners(listed) if listed and self._source.has(Part.REVISIONS) else None
        if owners is None:
            return
        for erasing in self._erasings:
            own = {erasing.entry.subject}
            foreign = [name for name in erasing.versions if owners.get(name) != own]
            if foreign:
                more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
                message = f"Erasure abused: the entry lists {foreign[0]}{more}, not its versions."
                record = name_of(erasing.entry.subject, erasing.entry.revision)
                self._findings.tampered(record, erasing.index, message)

    def _owners(self, versions: Collection[str]) -> dict[str, set[str]] | None:
        """Return the records that the kept states of versions name; None: not all can be read.

        The states are read a second time, as few logs hold an erasure. That they are those which
        the entries commit to is checked elsewhere.
        """
        found: dict[str, set[str]] = {}
        try:
            for revision in self._source.revisions():
                if revision.subject in versions:
                    found.setdefault(revision.subject, set()).add(_owner_in(revision.state_text))
        except SourceError as refusal:
            # Whoever read them first told of it.
            return found if refusal.whole else None
        return found

    def _committed(self, name: str, subjects: frozenset[str]) -> bool:
        file = self._files.get(name)
        return file is not None and any(had.subject in subjects for had in file.commitments)

    def _told(self, erasing: _Erasing) -> Erasure:
        left = sum(self._is_left(name, erasing) for name in set(erasing.blobs))
        reason = erasing.entry.body.get("reason")
        return Erasure(
            subject=erasing.entry.subject,
            index=erasing.index,
            erased_at=erasing.entry.recorded_at,
            actor=erasing.entry.actor,
            reason=reason if isinstance(reason, str) else "",
            files=len(set(erasing.blobs)),
            left=left,
        )

    def _is_left(self, name: str, erasing: _Erasing) -> bool:
        """Return whether a file is there though nobody whom the erasure leaves needs it."""
        file = self._files.get(name)
        return file is not None and file.size >= 0 and all(map(erasing.explains, file.commitments))

    def _read(self, blob: Blob, record: str, index: int | None) -> int:
        """Return the size of a file whose hash holds, or what became of it."""
        try:
            stream = self._source.open_blob(blob.sha256)
            if stream is None:
                return _GONE
            with stream:
                digest, size = _digest(stream)
        except SourceError as refusal:
            self._findings.incomplete(record, str(refusal), index=index)
            return _FAILED
        self.count += 1
        self.bytes_read += size
        if digest != blob.sha256:
            message = f"Stored file {blob.sha256} was altered: its bytes have another hash."
            self._findings.tampered(record, index, message)
            return _FAILED
        return size


def _names(body: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
    """Return the texts that a body lists under a key, none when it is not there; None: no texts."""
    names = body.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return tuple(names)


def _owner_in(state_text: str) -> str:
    """Return the record that a state names as its owner; what no record is called for none."""
    try:
        state = json.loads(state_text)
    except (ValueError, RecursionError):
        return ""
    owner = state.get(_OWNER) if isinstance(state, dict) else None
    return f"{_OWNED_BY}{owner}"


def _digest(stream: BinaryIO) -> tuple[str, int]:
    """Return the hex SHA-256 and the number of bytes of a stream."""
    hash_, size = sha256(), 0
    while chunk := stream.read(_CHUNK_BYTES):
        hash_.update(chunk)
        size += len(chunk)
    return hash_.hexdigest(), size

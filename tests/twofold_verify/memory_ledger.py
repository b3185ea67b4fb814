"""A ledger in memory: grows like the server's, and can be tampered with in every place."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from twofold_verify.checkpoint import Checkpoint
from twofold_verify.entry import Blob, Entry
from twofold_verify.merkle import leaf_hash, root_of
from twofold_verify.note import Signer, sign
from twofold_verify.source import KeptStamp, LiveRow, Part, Revision

SIGNER = Signer("log.example/test", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
TRUST = SIGNER.verifier
STRANGER = Signer("log.example/test", Ed25519PrivateKey.from_private_bytes(bytes(32)))
STARTED_AT = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
AUTHOR = "person:00000000-0000-4000-8000-000000000001"


@dataclass
class MemoryLedger:
    """A source whose parts are lists and dictionaries."""

    note: str | None = None
    data: list[bytes] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    waiting: list[bytes] = field(default_factory=list)
    kept: list[Revision] = field(default_factory=list)
    rows: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    left_out: set[Part] = field(default_factory=set)
    newest: dict[str, Entry] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)
    stamped: list[KeptStamp] = field(default_factory=list)
    witnessed: list[str] = field(default_factory=list)

    def record(
        self,
        subject: str,
        state: str | None,
        *,
        file: bytes | None = None,
        at: datetime | None = None,
        kind: str = "inventory.aisystem.changed",
        **body: Any,
    ) -> Entry:
        """Append one change of a record, waiting for a checkpoint."""
        previous = self.newest.get(subject)
        blobs = ()
        if file is not None:
            name = sha256(file).hexdigest()
            self.files[name] = file
            blobs = (Blob(name, len(file)),)
        minutes = len(self.data) + len(self.waiting)
        entry = Entry(
            kind=kind,
            subject=subject,
            revision=previous.revision + 1 if previous else 1,
            previous=leaf_hash(previous.encode()).hex() if previous else None,
            actor=AUTHOR,
            recorded_at=at or STARTED_AT + timedelta(minutes=minutes),
            body=body,
            state=None if state is None else sha256(state.encode()).hexdigest(),
            blobs=blobs,
        )
        self.newest[subject] = entry
        self.waiting.append(entry.encode())
        if state is None:
            self.rows.pop(subject, None)
        else:
            self.rows[subject] = state
            self.kept.append(Revision(subject, entry.revision, state))
        return entry

    def sequence(self, signer: Signer = SIGNER, origin: str | None = None) -> None:
        """Put what waits under a checkpoint."""
        self.data += self.waiting
        self.hashes += [leaf_hash(data) for data in self.waiting]
        self.waiting.clear()
        statement = Checkpoint(origin or signer.name, len(self.data), root_of(self.hashes))
        self.note = sign(statement.text(), signer)

    def has(self, part: Part) -> bool:
        return part not in self.left_out

    def checkpoint(self) -> str | None:
        return self.note

    def entries(self) -> Iterator[bytes]:
        return iter(self.data)

    def leaf_hashes(self) -> Iterator[bytes]:
        return iter(self.hashes)

    def pending(self) -> Iterator[bytes]:
        return iter(self.waiting)

    def revisions(self) -> Iterator[Revision]:
        return iter(self.kept)

    def live(self) -> Iterator[LiveRow]:
        return (LiveRow(subject, state) for subject, state in self.rows.items())

    def rotations(self) -> Iterator[str]:
        return iter(self.statements)

    def stamps(self) -> Iterator[KeptStamp]:
        return iter(self.stamped)

    def cosigned(self) -> Iterator[str]:
        return iter(self.witnessed)

    def open_blob(self, sha256: str) -> BinaryIO | None:
        content = self.files.get(sha256)
        return None if content is None else io.BytesIO(content)


def subject(number: int) -> str:
    return f"inventory.aisystem:{number}"


def small_ledger() -> MemoryLedger:
    """Three records, seven entries: changes, a removal, an entry without row, and a stored file."""
    ledger = MemoryLedger()
    ledger.record(subject(1), '{"name":"Credit"}', reason="registered")
    ledger.record(subject(2), '{"name":"Flights"}')
    ledger.record(subject(1), '{"name":"Credit scoring"}', file=b"model card")
    ledger.record("ledger.export:1", None, reason="given to the auditor")
    ledger.record(subject(3), '{"name":"Chat"}')
    ledger.record(subject(3), None, reason="retired")
    ledger.record(subject(2), '{"name":"Flight delays"}', file=b"data sheet")
    ledger.sequence()
    return ledger


def large_ledger(entries: int, records: int = 500) -> MemoryLedger:
    """As many entries, in turn over the records."""
    ledger = MemoryLedger()
    for number in range(entries):
        ledger.record(subject(number % records), f'{{"turn":{number}}}', turn=number)
    ledger.sequence()
    return ledger

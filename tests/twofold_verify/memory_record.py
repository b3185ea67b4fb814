"""One record of a ledger in memory, with proofs, commitments that can be opened, and contents."""

import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from memory_ledger import MemoryLedger

from twofold_verify import checkpoint, tlog_proof
from twofold_verify.bundle.layout import signed_text
from twofold_verify.entry import decode
from twofold_verify.merkle import root_of
from twofold_verify.openings import COMMITMENT, Opening
from twofold_verify.source import KeptStamp, LiveRow, Part, Revision

ITEM = "evidence.evidenceitem:1"
VERSION = "evidence.evidenceversion:1"
OTHER = "evidence.evidenceitem:2"
CONTENT = b"what was seen"
NAME = sha256(CONTENT).hexdigest()


def salt_of(subject: str) -> bytes:
    return sha256(subject.encode()).digest()


def opening(subject: str, column: str, value: str) -> Opening:
    return Opening(subject, column, json.dumps(value), salt_of(subject))


def state(subject: str, **personal: str) -> str:
    """A state text that commits to its columns."""
    committed = {}
    for column, value in personal.items():
        message = f"{column}={json.dumps(value)}".encode()
        digest = hmac.digest(salt_of(subject), message, "sha256")
        committed[column] = f"{COMMITMENT}{digest.hex()}"
    return json.dumps(committed)


@dataclass
class Disclosing:
    """Discloses lists."""

    policy: str = ""
    opened: list[Opening] = field(default_factory=list)
    clear: list[tuple[str, bytes]] = field(default_factory=list)

    def openings(self) -> Iterator[Opening]:
        return iter(self.opened)

    def contents(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        return ((name, [data]) for name, data in self.clear)


@dataclass
class MemoryRecord:
    """The entries of some subjects of a ledger, proven under its checkpoint or an older one."""

    ledger: MemoryLedger
    subjects: tuple[str, ...] = (ITEM, VERSION)
    older: dict[int, str] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return self.subjects[0]

    def has(self, part: Part) -> bool:
        return part is not Part.TILES and self.ledger.has(part)

    def proven(self) -> Iterator[tuple[int, bytes, str]]:
        for index, data in enumerate(self.ledger.data):
            if decode(data).subject in self.subjects:
                note = self.older.get(index, self.ledger.note or "")
                statement = checkpoint.parse(signed_text(note))
                made = tlog_proof.make(self._hash, index, statement, note)
                yield index, data, made.text()

    def _hash(self, level: int, index: int) -> bytes:
        return root_of(self.ledger.hashes[index << level : (index + 1) << level])

    def revisions(self) -> Iterator[Revision]:
        return (kept for kept in self.ledger.revisions() if kept.subject in self.subjects)

    def live(self) -> Iterator[LiveRow]:
        return (row for row in self.ledger.live() if row.subject in self.subjects)

    def checkpoint(self) -> str | None:
        return self.ledger.note

    def entries(self) -> Iterator[bytes]:
        raise NotImplementedError

    leaf_hashes = pending = entries

    def rotations(self) -> Iterator[str]:
        return self.ledger.rotations()

    def stamps(self) -> Iterator[KeptStamp]:
        return self.ledger.stamps()

    def cosigned(self) -> Iterator[str]:
        return iter(())

    def open_blob(self, sha256: str):
        return self.ledger.open_blob(sha256)


def evidenced() -> MemoryLedger:
    """An item with a version whose content is committed to, between entries of other records."""
    ledger = MemoryLedger()
    ledger.record(OTHER, state(OTHER, title="Another"))
    ledger.record(ITEM, state(ITEM, title="Draft"), reason="added")
    ledger.record(
        VERSION,
        state(VERSION, sha256=NAME, file_name="seen.txt"),
        file=b"encrypted",
        item=ITEM,
    )
    ledger.sequence()
    ledger.record(OTHER, state(OTHER, title="Another one"))
    ledger.record(ITEM, state(ITEM, title="Seen"), reason="described")
    ledger.sequence()
    return ledger


def disclosing(**changed: object) -> Disclosing:
    """All that the item and its version commit to."""
    opened = [
        opening(ITEM, "title", "Seen"),
        opening(VERSION, "sha256", NAME),
        opening(VERSION, "file_name", "seen.txt"),
    ]
    return Disclosing(**{"opened": opened, "clear": [(NAME, CONTENT)], **changed})

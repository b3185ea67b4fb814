"""What a verifier reads from: the seam between the verification and where a ledger lies.

The server offers its database as such a source, an exported bundle is another, and a test's lists
in memory are a third. All parts of one source are read from one consistent snapshot.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, Protocol

from twofold_verify.errors import VerificationError


class Part(StrEnum):
    """Parts of a source that may have been left out; the checkpoint and the entries never are."""

    TILES = "tiles"
    REVISIONS = "revisions"
    LIVE = "live"
    BLOBS = "blobs"


class SourceError(VerificationError):
    """A part that a source should have cannot be read: the verification stays incomplete.

    Attributes:
        whole: every item of the part was given out before, and something about it is still wrong.
    """

    code = "source"

    def __init__(self, message: str, *, whole: bool = False) -> None:
        super().__init__(message)
        self.whole = whole


@dataclass(frozen=True)
class Revision:
    """The kept state of a record after one of its changes."""

    subject: str
    number: int
    state_text: str


@dataclass(frozen=True)
class LiveRow:
    """The state of a record, computed again from the row that stands in its table now."""

    subject: str
    state_text: str


@dataclass(frozen=True)
class KeptStamp:
    """A checkpoint's note, and the answer of a time stamp authority for its signed text."""

    note: str
    token: bytes


class Source(Protocol):
    """A ledger to verify. Iterators are read from start to end; any may raise `SourceError`."""

    def has(self, part: Part) -> bool:
        """Return whether the part is there at all."""
        ...

    def checkpoint(self) -> str | None:
        """Return the newest signed note; None when nothing was ever signed."""
        ...

    def entries(self) -> Iterator[bytes]:
        """Yield the bytes of the sequenced entries in index order, as many as there are."""
        ...

    def leaf_hashes(self) -> Iterator[bytes]:
        """Yield the hashes of the level-0 tiles, in order."""
        ...

    def pending(self) -> Iterator[bytes]:
        """Yield entries that wait to come under a checkpoint, in the order of writing."""
        ...

    def revisions(self) -> Iterator[Revision]:
        """Yield every kept state; in the order of their entries little memory is needed."""
        ...

    def live(self) -> Iterator[LiveRow]:
        """Yield the state of every recorded row that stands in a table now, each once."""
        ...

    def rotations(self) -> Iterator[str]:
        """Yield the statements of the log's rotations of its key, in their order."""
        ...

    def stamps(self) -> Iterator[KeptStamp]:
        """Yield the time stamps of checkpoints."""
        ...

    def cosigned(self) -> Iterator[str]:
        """Yield notes of checkpoints with the cosignatures that witnesses gave for them."""
        ...

    def open_blob(self, sha256: str) -> BinaryIO | None:
        """Return a stored file by its hex SHA-256, for the caller to close; None when gone."""
        ...

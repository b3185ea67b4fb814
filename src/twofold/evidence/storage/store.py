"""What every place for stored files can do."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

_ADDRESS = re.compile(r"[0-9a-f]{64}")


class StoreUnavailable(OSError):  # noqa: N818 - a refusal, told as such
    """The place for stored files does not answer or refuses; the message says which and why."""


@dataclass(frozen=True)
class StoredBlob:
    """What is known of a stored file: hex SHA-256 and size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Listed:
    """A stored file as its place lists it."""

    sha256: str
    size: int
    written_at: datetime


class Store(Protocol):
    """A place for stored files, each addressed by the hex SHA-256 of its bytes."""

    def put(self, chunks: Iterable[bytes]) -> StoredBlob:
        """Write a stream in constant memory; it is there for good, or not at all, when this ends.

        Raises:
            StoreUnavailable: the place does not take it.
        """

    def open(self, sha256: str) -> BinaryIO | None:
        """Return the file open for reading; None when there is none.

        Raises:
            StoreUnavailable: the place does not answer.
        """

    def delete(self, sha256: str) -> bool:
        """Remove a file; return whether there was one.

        Raises:
            StoreUnavailable: the place does not let it go.
        """

    def listing(self) -> Iterator[Listed]:
        """Yield what is stored, in no order.

        Raises:
            StoreUnavailable: the place does not answer.
        """


def is_address(text: str) -> bool:
    """Return whether a text is an address: 64 hexadecimal digits."""
    return _ADDRESS.fullmatch(text) is not None

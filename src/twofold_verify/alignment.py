"""Lays entries beside the hashes of the tiles, so that a missing entry is named and not the rest.

Used by the verifier alone. Entries come without their index; where one is missing, all that follow
would seem altered if they were only counted.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

#: How far a gap is searched for, in entries; it bounds the memory that a hostile log can claim.
REACH = 65_536


@dataclass(frozen=True)
class Place:
    """Where an entry stands.

    Attributes:
        index: in the log.
        missing: how many entries should stand between the one before and this one, and do not.
        hash: the tile's hash at the index; None when the tiles end before it.
        out_of_place: the entry's hash stands further back: it was moved, or one was put before it.
    """

    index: int
    missing: int = 0
    hash: bytes | None = None
    out_of_place: bool = False


class Alignment:
    """Gives each entry, in order, its place among the hashes of the tiles."""

    def __init__(self, hashes: Iterator[bytes]) -> None:
        self._hashes = hashes
        self._ahead: deque[bytes] = deque()
        self._where: dict[bytes, int] = {}
        self._passed: dict[bytes, int] = {}
        self.index = 0

    def fits(self, leaves: list[bytes]) -> bool:
        """Return whether the next entries have these hashes; then all of them have their place.

        When they do not, or after a gap was searched for, each has to be placed by itself.
        """
        if self._ahead:
            return False
        expected = list(islice(self._hashes, len(leaves)))
        if expected == leaves:
            self.index += len(leaves)
            return True
        self._keep(expected)
        return False

    def place(self, leaf: bytes) -> Place:
        """Return where the next entry stands, by the hash of its bytes."""
        index = self.index
        expected = self._take()
        if expected is None or expected == leaf:
            return Place(index, hash=expected)
        return self._search(leaf, index, expected)

    def rest(self) -> int:
        """Return how many hashes follow the last place; they are read to the end."""
        return len(self._ahead) + sum(1 for _ in self._hashes)

    def _search(self, leaf: bytes, index: int, expected: bytes) -> Place:
        """Find the place of an entry that does not stand where it was expected."""
        self._look_ahead()
        found = self._where.get(leaf)
        if found is not None:
            self._pass(index, expected)
            while self.index < found:
                self._pass(self.index, self._pop())
            return Place(found, missing=found - index, hash=self._take())
        earlier = self._passed.get(leaf)
        if earlier is not None:
            self._ahead.appendleft(expected)
            self._where[expected] = self.index = index
            return Place(earlier, hash=leaf, out_of_place=True)
        self._pass(index, expected)
        return Place(index, hash=expected)

    def _take(self) -> bytes | None:
        """Return the next hash; None when the tiles have ended."""
        if self._ahead:
            return self._pop()
        self.index += 1
        return next(self._hashes, None)

    def _pop(self) -> bytes:
        """Return the first of the hashes that were looked at already."""
        taken = self._ahead.popleft()
        if self._where.get(taken) == self.index:
            del self._where[taken]
        self.index += 1
        return taken

    def _look_ahead(self) -> None:
        while len(self._ahead) < REACH:
            found = list(islice(self._hashes, REACH - len(self._ahead)))
            if not found:
                return
            self._keep(found)

    def _keep(self, hashes: list[bytes]) -> None:
        """Remember hashes that were read before their turn."""
        for hash_ in hashes:
            self._where[hash_] = self.index + len(self._ahead)
            self._ahead.append(hash_)

    def _pass(self, index: int, hash_: bytes) -> None:
        """Remember a hash that no entry took, for a while."""
        self._passed[hash_] = index
        if len(self._passed) > REACH:
            del self._passed[next(iter(self._passed))]

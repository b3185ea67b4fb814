"""The Merkle tree hash of RFC 6962 over SHA-256: leaves, nodes, and a root that grows by appending.

Lowest module of the package: proofs, tiles and the verifier compute with these functions only.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

HASH_BYTES = 32
#: Root of a tree without leaves (RFC 6962 2.1: the hash of the empty string).
EMPTY_ROOT: bytes = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the 32-byte hash of a leaf (RFC 6962 2.1: SHA-256 over 0x00 and the data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of an inner node (RFC 6962 2.1: SHA-256 over 0x01, left, right)."""
    return sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes in order; `EMPTY_ROOT` when there are none."""
    range_ = CompactRange()
    range_.extend(list(leaf_hashes))
    return range_.root()


def row_above(hashes: Sequence[bytes]) -> list[bytes]:
    """Return the hash of each pair of 32-byte hashes; a last one without partner is left out."""
    pairs = zip(hashes[::2], hashes[1::2], strict=False)
    return [sha256(b"\x01" + left + right).digest() for left, right in pairs]


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over so many hashes as a power of two, one at least; each of 32 bytes."""
    while len(hashes) > 1:
        hashes = row_above(hashes)
    return hashes[0]


class CompactRange:
    """The peaks of a growing tree: roots of its maximal perfect subtrees, largest first.

    Appending costs amortised one hash and the memory is one hash per set bit of the size.
    """

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """Continue a tree from its size and peaks; without arguments, an empty tree.

        Raises:
            ValueError: a tree of that size does not have that many peaks, or one is not 32 bytes.
        """
        if size < 0 or len(peaks) != size.bit_count():
            raise ValueError(f"A tree of size {size} does not have {len(peaks)} peaks.")
        if any(len(peak) != HASH_BYTES for peak in peaks):
            raise ValueError("A peak is a hash of 32 bytes.")
        self._size = size
        self._peaks = list(peaks)

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """Roots of the maximal perfect subtrees, largest (leftmost) first."""
        return tuple(self._peaks)

    def append(self, leaf_hash: bytes) -> None:
        """Add one leaf, given as its hash."""
        self.append_subtree(leaf_hash, 0)

    def extend(self, leaf_hashes: Sequence[bytes]) -> None:
        """Add leaves, given as their hashes, in order; several at once cost less than singly."""
        at = 0
        while at < len(leaf_hashes):
            height = (len(leaf_hashes) - at).bit_length() - 1
            if self._size:
                height = min(height, (self._size & -self._size).bit_length() - 1)
            end = at + (1 << height)
            self.append_subtree(perfect_root(leaf_hashes[at:end]), height)
            at = end

    def append_subtree(self, root: bytes, height: int) -> None:
        """Add 2^height leaves, given as the root over them.

        Raises:
            ValueError: the size is no multiple of so many leaves, so that they are no subtree.
        """
        if self._size & ((1 << height) - 1):
            raise ValueError(f"{1 << height} leaves are no subtree behind {self._size}.")
        peaks, merges = self._peaks, self._size >> height
        # Each trailing one bit is a perfect subtree that the new one pairs up with.
        while merges & 1:
            root = node_hash(peaks.pop(), root)
            merges >>= 1
        peaks.append(root)
        self._size += 1 << height

    def root(self) -> bytes:
        """Return the root of all leaves so far; `EMPTY_ROOT` for none."""
        if not self._peaks:
            return EMPTY_ROOT
        *rest, root = self._peaks
        for peak in reversed(rest):
            root = node_hash(peak, root)
        return root


class RootsAt:
    """Remembers the roots of a growing tree at sizes that are asked for beforehand."""

    def __init__(self, sizes: Iterable[int]) -> None:
        self._awaited = sorted({size for size in sizes if size > 0}, reverse=True)
        self._tree = CompactRange()
        self._roots = {0: EMPTY_ROOT}

    @property
    def size(self) -> int:
        """Number of leaves so far."""
        return self._tree.size

    def extend(self, leaf_hashes: Sequence[bytes], root: bytes | None = None) -> None:
        """Add leaves, given as their hashes, in order.

        Args:
            leaf_hashes: of the leaves.
            root: over them, when they are a complete subtree at their place and it is known.
        """
        end = self.size + len(leaf_hashes)
        if root is not None and not (self._awaited and self._awaited[-1] < end):
            self._tree.append_subtree(root, len(leaf_hashes).bit_length() - 1)
            leaf_hashes = ()
        while self._awaited and self._awaited[-1] <= end:
            size = self._awaited.pop()
            part = size - self.size
            self._tree.extend(leaf_hashes[:part])
            leaf_hashes = leaf_hashes[part:]
            self._roots[size] = self._tree.root()
        self._tree.extend(leaf_hashes)

    def get(self, size: int) -> bytes | None:
        """Return the root at one of the sizes, or at 0; None when the tree did not reach it."""
        return self._roots.get(size)

    def reached(self, sizes: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Yield those of the sizes that the tree reached, each with its root."""
        for size in sizes:
            root = self._roots.get(size)
            if root is not None:
                yield size, root

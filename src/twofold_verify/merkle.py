"""The Merkle tree hash of RFC 6962 over SHA-256: leaves, nodes, and a root that grows by appending.

Lowest module of the package: proofs, tiles and the verifier compute with these functions only.
"""

from collections.abc import Iterable, Sequence
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
    for hash_ in leaf_hashes:
        range_.append(hash_)
    return range_.root()


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
        peaks, merges = self._peaks, self._size
        # Each trailing one bit of the size is a perfect subtree that the new leaf pairs up with.
        while merges & 1:
            leaf_hash = node_hash(peaks.pop(), leaf_hash)
            merges >>= 1
        peaks.append(leaf_hash)
        self._size += 1

    def root(self) -> bytes:
        """Return the root of all leaves so far; `EMPTY_ROOT` for none."""
        if not self._peaks:
            return EMPTY_ROOT
        *rest, root = self._peaks
        for peak in reversed(rest):
            root = node_hash(peak, root)
        return root

"""Inclusion and consistency proofs: made from subtree hashes, checked against roots.

RFC 9162 2.1.3 and 2.1.4, and their generalisation of draft-ietf-plants-merkle-tree-certs: a subtree
covers the leaves from `start` up to but not including `end`, where `start` is a multiple of the
smallest power of two that is not less than the number of leaves. Above `merkle`, below whatever
serves or checks proofs.
"""

from collections.abc import Callable, Sequence

from twofold_verify.errors import VerificationError
from twofold_verify.merkle import EMPTY_ROOT, HASH_BYTES, node_hash

#: Gives the hash of the complete subtree at a binary level and index, such as `tiles.TileReader`.
Read = Callable[[int, int], bytes]


class ProofError(VerificationError):
    """A proof does not hold, or none exists for what was asked; the message says why."""

    code = "proof"


def subtree_root(read: Read, start: int, end: int) -> bytes:
    """Return the root of a subtree; of the tree of that size when `start` is 0.

    Raises:
        ProofError: the leaves are not a subtree.
    """
    _require_subtree(start, end)
    return EMPTY_ROOT if start == end else _root(read, start, end)


def inclusion_proof(read: Read, index: int, size: int) -> list[bytes]:
    """Return the proof that a leaf stands in the tree of a size; hashes from the leaf upwards.

    Raises:
        ProofError: the tree has no such leaf.
    """
    return subtree_inclusion_proof(read, index, 0, size)


def subtree_inclusion_proof(read: Read, index: int, start: int, end: int) -> list[bytes]:
    """Return the proof that a leaf stands in a subtree; hashes from the leaf upwards.

    Raises:
        ProofError: the leaves are not a subtree, or the leaf is not among them.
    """
    _require_subtree(start, end)
    if not start <= index < end:
        raise ProofError(f"Leaf {index} is not among the leaves {start} to {end}.")
    proof = []
    while end - start > 1:
        middle = _middle(start, end)
        if index < middle:
            proof.append(_root(read, middle, end))
            end = middle
        else:
            proof.append(_root(read, start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(read: Read, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of the old size is the beginning of that of the new size.

    Raises:
        ProofError: the old size is 0, of which there is nothing to prove, or above the new size.
    """
    _require_not_empty(old)
    return subtree_consistency_proof(read, 0, old, new)


def subtree_consistency_proof(read: Read, start: int, end: int, size: int) -> list[bytes]:
    """Return the proof that a subtree is part of the tree of a size; empty for an empty subtree.

    Raises:
        ProofError: the leaves are not a subtree, or not all in the tree.
    """
    _require_subtree(start, end, size)
    proof: list[bytes] = []
    low, high, whole = 0, size, True
    # Walk down to the largest complete part of the subtree that ends where the subtree ends.
    while start != end and (low, high) != (start, end):
        middle = _middle(low, high)
        if end <= middle:
            proof.append(_root(read, middle, high))
            high = middle
            continue
        proof.append(_root(read, low, middle))
        low = middle
        if start < middle:
            start, whole = middle, False
    return proof[::-1] if whole else [_root(read, low, high), *proof[::-1]]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Return when the proof shows that the leaf hash stands at the index of a tree with this root.

    Raises:
        ProofError: it does not (RFC 9162 2.1.3.2).
    """
    verify_subtree_inclusion(leaf, index, 0, size, proof, root)


def verify_subtree_inclusion(
    leaf: bytes, index: int, start: int, end: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Return when the proof shows that the leaf hash stands in a subtree of this root.

    Args:
        leaf: hash of the leaf.
        index: of the leaf in the whole tree.
        start: first leaf of the subtree.
        end: the leaf after its last.
        proof: sibling hashes from the leaf upwards.
        root: of the subtree.

    Raises:
        ProofError: it does not.
    """
    _require_subtree(start, end)
    _require_hashes([leaf, *proof])
    if not start <= index < end:
        raise ProofError(f"Leaf {index} is not among the leaves {start} to {end}.")
    place, last, computed = index - start, end - start - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("The proof is longer than the path from the leaf to the root.")
        if place & 1:
            computed = node_hash(sibling, computed)
        elif place == last:
            computed = node_hash(sibling, computed)
            # A node without right sibling moves up until it is somebody's right child.
            rise = _trailing_zeros(place)
            place, last = place >> rise, last >> rise
        else:
            computed = node_hash(computed, sibling)
        place >>= 1
        last >>= 1
    if last:
        raise ProofError("The proof is shorter than the path from the leaf to the root.")
    if computed != root:
        raise ProofError("The leaf and the proof lead to another root.")


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Return when the proof shows that the tree with the old root begins that with the new root.

    Raises:
        ProofError: it does not (RFC 9162 2.1.4.2), or the old tree is empty.
    """
    _require_not_empty(old)
    verify_subtree_consistency(0, old, new, old_root, new_root, proof)


def verify_subtree_consistency(
    start: int,
    end: int,
    size: int,
    subtree: bytes,
    root: bytes,
    proof: Sequence[bytes],
) -> None:
    """Return when the proof shows that a subtree with this root is part of the tree with that root.

    An empty subtree is part of every tree that reaches its place: nothing is learnt of the tree.

    Args:
        start: first leaf of the subtree.
        end: the leaf after its last.
        size: of the tree.
        subtree: root of the subtree.
        root: of the tree.
        proof: as `subtree_consistency_proof` gives it.

    Raises:
        ProofError: it does not.
    """
    _require_subtree(start, end, size)
    _require_hashes(proof)
    if start == end:
        if proof or subtree != EMPTY_ROOT:
            raise ProofError("An empty subtree has the empty root and an empty proof.")
        return
    rise = _rise_to_known(start, end, size)
    places = (start >> rise, (end - 1) >> rise, (size - 1) >> rise)
    rest = list(proof)
    if places[0] != places[1]:
        if not rest:
            raise ProofError("The proof is empty.")
        known = rest.pop(0)
    else:
        known = subtree
    below, above = _climb(places, known, rest)
    if below != subtree:
        raise ProofError("The proof leads to another root of the subtree.")
    if above != root:
        raise ProofError("The proof leads to another root of the tree.")


def _rise_to_known(start: int, end: int, size: int) -> int:
    """Return the level of the first node that the proof builds on, above the subtree's last leaf.

    It is the largest complete subtree that ends where the subtree ends, and the subtree itself when
    that is complete or reaches the end of the tree.
    """
    whole = (start ^ (end - 1)).bit_length()
    return whole if end == size else min(whole, _trailing_zeros(end))


def _climb(
    places: tuple[int, int, int], known: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Return the roots of the subtree and of the tree that the proof leads to."""
    first, last, end = places
    below = above = known
    for sibling in proof:
        if end == 0:
            raise ProofError("The proof is longer than the path to the root.")
        if last & 1 or last == end:
            if first < last:
                below = node_hash(sibling, below)
            above = node_hash(sibling, above)
            rise = _trailing_zeros(last)
            first, last, end = first >> rise, last >> rise, end >> rise
        else:
            above = node_hash(above, sibling)
        first, last, end = first >> 1, last >> 1, end >> 1
    if end:
        raise ProofError("The proof is shorter than the path to the root.")
    return below, above


def _root(read: Read, start: int, end: int) -> bytes:
    leaves = end - start
    if leaves.bit_count() == 1:
        level = leaves.bit_length() - 1
        return read(level, start >> level)
    middle = _middle(start, end)
    return node_hash(_root(read, start, middle), _root(read, middle, end))


def _middle(start: int, end: int) -> int:
    """Return where two leaves or more are split: after the largest smaller power of two."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _trailing_zeros(number: int) -> int:
    """Return how often the number can be halved; 0 for 0."""
    return (number & -number).bit_length() - 1 if number else 0


def _require_not_empty(old: int) -> None:
    if old == 0:
        raise ProofError("Every tree continues the empty one: there is nothing to prove.")


def _require_subtree(start: int, end: int, size: int | None = None) -> None:
    if not 0 <= start <= end:
        raise ProofError(f"There are no leaves {start} to {end}.")
    if size is not None and end > size:
        raise ProofError(f"Leaves up to {end} are not in a tree of {size}.")
    if end > start and start % (1 << (end - start - 1).bit_length()):
        raise ProofError(f"The leaves {start} to {end} are not a subtree.")


def _require_hashes(hashes: Sequence[bytes]) -> None:
    if not {HASH_BYTES}.issuperset(map(len, hashes)):
        raise ProofError("A hash in the proof does not have 32 bytes.")

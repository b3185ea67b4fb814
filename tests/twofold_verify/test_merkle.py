from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold_verify.merkle import (
    EMPTY_ROOT,
    CompactRange,
    RootsAt,
    leaf_hash,
    node_hash,
    perfect_root,
    root_of,
)

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
#: Roots over the first 1 to 8 of those leaves, as the certificate-transparency projects know them.
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def by_definition(hashes: list[bytes]) -> bytes:
    """RFC 6962 2.1, word for word: split after the largest power of two that leaves something."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    left, right = by_definition(hashes[:split]), by_definition(hashes[split:])
    return sha256(b"\x01" + left + right).digest()


def test_roots_of_the_well_known_leaves():
    hashes = [leaf_hash(leaf) for leaf in LEAVES]
    assert [root_of(hashes[: size + 1]).hex() for size in range(8)] == ROOTS


def test_root_without_leaves_is_the_hash_of_nothing():
    known = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert EMPTY_ROOT.hex() == known
    assert root_of([]) == CompactRange().root() == EMPTY_ROOT


def test_leaf_and_node_hashes_are_of_different_kinds():
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert node_hash(left, right) == sha256(b"\x01" + left + right).digest()
    assert leaf_hash(left + right) != node_hash(left, right)


@given(st.lists(st.binary(max_size=4), max_size=80))
def test_growing_root_is_the_root_by_definition_at_every_size(leaves):
    grown, hashes = CompactRange(), []
    for leaf in leaves:
        hashes.append(leaf_hash(leaf))
        grown.append(hashes[-1])
        assert grown.root() == by_definition(hashes)
        assert len(grown.peaks) == grown.size.bit_count()
    assert grown.size == len(leaves)


@given(st.integers(0, 70), st.integers(0, 70))
def test_range_continues_from_its_peaks(before, after):
    hashes = [leaf_hash(bytes([number])) for number in range(before + after)]
    first = CompactRange()
    for hash_ in hashes[:before]:
        first.append(hash_)
    second = CompactRange(first.size, first.peaks)
    for hash_ in hashes[before:]:
        second.append(hash_)
    assert second.root() == by_definition(hashes)


@pytest.mark.parametrize(
    ("size", "peaks"), [(-1, []), (1, []), (2, [bytes(32)] * 2), (1, [bytes(31)])]
)
def test_peaks_that_do_not_fit_the_size_are_refused(size, peaks):
    with pytest.raises(ValueError, match=r"peak"):
        CompactRange(size, peaks)


@given(st.integers(0, 40), st.integers(0, 300))
def test_many_leaves_at_once_are_as_many_by_themselves(before, after):
    hashes = [leaf_hash(number.to_bytes(2)) for number in range(before + after)]
    tree = CompactRange()
    tree.extend(hashes[:before])
    tree.extend(hashes[before:])
    assert (tree.size, tree.root()) == (len(hashes), by_definition(hashes))


def test_leaves_that_are_no_subtree_at_their_place_are_refused():
    tree = CompactRange()
    tree.append_subtree(bytes(32), 1)
    with pytest.raises(ValueError, match="4 leaves are no subtree behind 2"):
        tree.append_subtree(bytes(32), 2)


@given(st.lists(st.integers(0, 120), max_size=8), st.integers(1, 100), st.booleans())
def test_roots_are_remembered_at_the_sizes_that_were_asked_for(sizes, total, known):
    hashes = [leaf_hash(bytes([number])) for number in range(total)]
    roots = RootsAt(sizes)
    for start in range(0, total, 8):
        part = hashes[start : start + 8]
        roots.extend(part, perfect_root(part) if known and len(part) == 8 else None)
    assert roots.size == total
    reached = [size for size in sizes if size <= total]
    assert list(roots.reached(sizes)) == [(n, by_definition(hashes[:n])) for n in reached]
    assert all(roots.get(size) is None for size in sizes if size > total)

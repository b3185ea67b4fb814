import base64
import json
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twofold_verify import proof
from twofold_verify.merkle import EMPTY_ROOT, leaf_hash, root_of
from twofold_verify.proof import ProofError

HASHES = [leaf_hash(number.to_bytes(2, "big")) for number in range(64)]


def read(level: int, index: int) -> bytes:
    return root_of(HASHES[index << level : (index + 1) << level])


def outcome_of(check, *arguments) -> bool:
    """Return whether a check holds; any other error than `ProofError` is a failure of the test."""
    try:
        check(*arguments)
    except ProofError:
        return False
    return True


def decoded(vector: dict[str, object], *names: str) -> list[object]:
    """Return the named values of a vector, hashes and proofs as bytes."""
    values: list[object] = []
    for name in names:
        value = vector[name]
        if name == "proof":
            value = [base64.b64decode(item) for item in value or []]
        elif isinstance(value, str):
            value = base64.b64decode(value)
        values.append(value)
    return values


def run_vector(file: Path, check, *names: str) -> None:
    vector = json.loads(file.read_text())
    assert outcome_of(check, *decoded(vector, *names)) is not vector["wantErr"]


def test_public_inclusion_vector(inclusion_vector):
    names = ("leafHash", "leafIdx", "treeSize", "proof", "root")
    run_vector(inclusion_vector, proof.verify_inclusion, *names)


def test_public_consistency_vector(consistency_vector):
    names = ("size1", "size2", "root1", "root2", "proof")
    run_vector(consistency_vector, proof.verify_consistency, *names)


def test_public_subtree_inclusion_vector(subtreeinclusion_vector):
    names = ("leafHash", "leafIdx", "start", "end", "proof", "root")
    run_vector(subtreeinclusion_vector, proof.verify_subtree_inclusion, *names)


def test_public_subtree_consistency_vector(subtreeconsistency_vector):
    names = ("start", "end", "size", "root1", "root2", "proof")
    run_vector(subtreeconsistency_vector, proof.verify_subtree_consistency, *names)


def test_inclusion_paths_of_the_seven_leaf_tree_of_the_standard():
    # RFC 6962 2.1.3 draws this tree and lists these paths.
    a, b, c, d, e, f, j = HASHES[:7]
    g, h, i = root_of([a, b]), root_of([c, d]), root_of([e, f])
    k, l_ = root_of([a, b, c, d]), root_of([e, f, j])
    assert proof.inclusion_proof(read, 0, 7) == [b, h, l_]
    assert proof.inclusion_proof(read, 3, 7) == [c, g, l_]
    assert proof.inclusion_proof(read, 4, 7) == [f, j, k]
    assert proof.inclusion_proof(read, 6, 7) == [i, k]


def test_consistency_paths_of_the_seven_leaf_tree_of_the_standard():
    a, b, c, d, e, f, j = HASHES[:7]
    g, h, i = root_of([a, b]), root_of([c, d]), root_of([e, f])
    k, l_ = root_of([a, b, c, d]), root_of([e, f, j])
    assert proof.consistency_proof(read, 3, 7) == [c, d, g, l_]
    assert proof.consistency_proof(read, 4, 7) == [l_]
    assert proof.consistency_proof(read, 6, 7) == [i, j, k]
    assert h  # named in the drawing, and part of the first proof only through its leaves


def test_every_proof_of_every_small_tree_holds():
    for size in range(1, 24):
        root = root_of(HASHES[:size])
        assert proof.subtree_root(read, 0, size) == root
        for index in range(size):
            path = proof.inclusion_proof(read, index, size)
            proof.verify_inclusion(HASHES[index], index, size, path, root)
            path = proof.consistency_proof(read, index + 1, size)
            old_root = root_of(HASHES[: index + 1])
            proof.verify_consistency(index + 1, size, old_root, root, path)


@st.composite
def subtrees(draw):
    """A tree's size and a subtree of it that is not empty."""
    size = draw(st.integers(1, len(HASHES)))
    width = 1 << draw(st.integers(0, 6))
    start = draw(st.integers(0, (size - 1) // width)) * width
    end = draw(st.integers(start + width // 2 + 1, start + width))
    assume(end <= size)
    return start, end, size


@given(subtrees())
def test_every_subtree_proof_holds(tree):
    start, end, size = tree
    subtree, root = root_of(HASHES[start:end]), root_of(HASHES[:size])
    path = proof.subtree_consistency_proof(read, start, end, size)
    proof.verify_subtree_consistency(start, end, size, subtree, root, path)
    for index in range(start, end):
        path = proof.subtree_inclusion_proof(read, index, start, end)
        proof.verify_subtree_inclusion(HASHES[index], index, start, end, path, subtree)


@settings(deadline=None)
@given(subtrees(), st.data())
def test_any_flipped_bit_of_a_consistency_statement_fails(tree, data):
    start, end, size = tree
    path = proof.subtree_consistency_proof(read, start, end, size)
    hashes = [root_of(HASHES[start:end]), root_of(HASHES[:size]), *path]
    hashes = flipped(hashes, data)
    assert not outcome_of(
        proof.verify_subtree_consistency, start, end, size, hashes[0], hashes[1], hashes[2:]
    )


@given(subtrees(), st.data())
def test_any_flipped_bit_of_an_inclusion_statement_fails(tree, data):
    start, end, _ = tree
    index = data.draw(st.integers(start, end - 1))
    path = proof.subtree_inclusion_proof(read, index, start, end)
    hashes = flipped([HASHES[index], root_of(HASHES[start:end]), *path], data)
    assert not outcome_of(
        proof.verify_subtree_inclusion, hashes[0], index, start, end, hashes[2:], hashes[1]
    )


@given(subtrees(), st.data())
def test_an_inclusion_proof_holds_for_no_other_leaf_or_size(tree, data):
    _, _, size = tree
    index = data.draw(st.integers(0, size - 1))
    path, root = proof.inclusion_proof(read, index, size), root_of(HASHES[:size])
    other = data.draw(st.integers(0, size + 1).filter(lambda number: number != index))
    assert not outcome_of(proof.verify_inclusion, HASHES[index], other, size, path, root)
    longer = [*path, data.draw(st.sampled_from(HASHES))]
    assert not outcome_of(proof.verify_inclusion, HASHES[index], index, size, longer, root)
    if path:
        assert not outcome_of(proof.verify_inclusion, HASHES[index], index, size, path[:-1], root)


def flipped(hashes: list[bytes], data: st.DataObject) -> list[bytes]:
    """Return the hashes with one bit of one of them turned over."""
    place = data.draw(st.integers(0, len(hashes) - 1))
    bit = data.draw(st.integers(0, 255))
    number = int.from_bytes(hashes[place], "big") ^ (1 << bit)
    return [*hashes[:place], number.to_bytes(32, "big"), *hashes[place + 1 :]]


def test_empty_subtree_is_part_of_every_tree_that_reaches_its_place():
    assert proof.subtree_root(read, 5, 5) == EMPTY_ROOT
    assert proof.subtree_consistency_proof(read, 5, 5, 7) == []
    proof.verify_subtree_consistency(5, 5, 7, EMPTY_ROOT, b"any", [])


@pytest.mark.parametrize(
    ("start", "end", "size", "subtree", "path", "reason"),
    [
        (5, 5, 7, HASHES[0], [], "empty"),
        (5, 5, 7, EMPTY_ROOT, [HASHES[0]], "empty"),
        (5, 5, 4, EMPTY_ROOT, [], "not in a tree of 4"),
        (1, 3, 7, HASHES[0], [], "not a subtree"),
        (3, 2, 7, HASHES[0], [], "no leaves"),
        (-2, 0, 7, HASHES[0], [], "no leaves"),
        (0, 3, 7, HASHES[0], [], "proof is empty"),
        (0, 2, 7, HASHES[0], [HASHES[1]], "shorter"),
        (0, 2, 2, HASHES[0], [HASHES[1]], "longer"),
        (0, 2, 7, HASHES[0], [b"short"], "32 bytes"),
        (0, 2, 2, HASHES[0], [], "another root of the tree"),
        (0, 3, 3, HASHES[0], [], "another root of the tree"),
    ],
)
def test_consistency_refusal_says_why(start, end, size, subtree, path, reason):
    with pytest.raises(ProofError, match=reason):
        proof.verify_subtree_consistency(start, end, size, subtree, root_of(HASHES[:size]), path)


def test_consistency_refusal_names_the_subtree_whose_root_differs():
    path = proof.consistency_proof(read, 3, 7)
    with pytest.raises(ProofError, match="another root of the subtree"):
        proof.verify_consistency(3, 7, HASHES[0], root_of(HASHES[:7]), path)


@pytest.mark.parametrize(
    ("index", "size", "path", "reason"),
    [
        (7, 7, [], "not among"),
        (0, 2, [], "shorter"),
        (0, 1, [HASHES[1]], "longer"),
        (0, 1, [], "another root"),
        (0, 2, [b""], "32 bytes"),
    ],
)
def test_inclusion_refusal_says_why(index, size, path, reason):
    with pytest.raises(ProofError, match=reason):
        proof.verify_inclusion(HASHES[0], index, size, path, HASHES[9])


def test_there_is_no_proof_from_the_empty_tree():
    with pytest.raises(ProofError, match="nothing to prove"):
        proof.consistency_proof(read, 0, 3)
    with pytest.raises(ProofError, match="nothing to prove"):
        proof.verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])


def test_there_is_no_proof_of_a_leaf_outside():
    with pytest.raises(ProofError, match="not among"):
        proof.inclusion_proof(read, 3, 3)
    with pytest.raises(ProofError, match="not in a tree"):
        proof.consistency_proof(read, 4, 3)

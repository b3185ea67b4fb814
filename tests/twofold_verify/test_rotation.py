from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from twofold_verify.note import NoteError, Signer, sign
from twofold_verify.rotation import (
    Rotation,
    RotationError,
    digest,
    read,
    state,
    succession,
    walk,
)


def key(number, name="log.example/test"):
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)))


A, B, C, D = (key(number) for number in range(1, 5))
AB, BC, CD = state(A, B, size=10), state(B, C, size=20), state(C, D, size=30)


def test_a_statement_says_who_follows_whom_from_when():
    rotation = read(AB)

    assert rotation == Rotation("log.example/test", 10, A.verifier, B.verifier)
    assert AB.startswith(f"twofold-rotation/v1\nlog.example/test\n10\n{A.verifier}\n{B.verifier}\n")
    assert len(digest(AB)) == 64


@pytest.mark.parametrize("pinned", [A, B, C, D])
def test_whoever_pinned_any_key_finds_the_one_of_each_size(pinned):
    statements = [BC, CD, AB]
    expected = {0: A, 9: A, 10: B, 19: B, 20: C, 29: C, 30: D, 10**9: D}

    for size, signer in expected.items():
        assert walk(pinned.verifier, statements, size) == signer.verifier
    assert succession(pinned.verifier, statements).newest == D.verifier


def test_a_log_that_never_rotated_has_one_key():
    assert walk(A.verifier, [], 5) == A.verifier
    assert succession(A.verifier, []).origin == "log.example/test"


@pytest.mark.parametrize("signers", [[A], [B]])
def test_a_statement_needs_both_signatures(signers):
    with pytest.raises(RotationError, match="not signed by both"):
        read(sign(read(AB).text(), *signers))


def test_a_signature_that_does_not_hold_is_refused():
    text, signatures = AB.split("\n\n")
    edited = text.replace("test\n10\n", "test\n11\n")

    with pytest.raises(RotationError, match="not signed by both"):
        read(f"{edited}\n\n{signatures}")


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        ([AB, state(A, C, size=12)], "leave the same key"),
        ([AB, state(C, B, size=12)], "lead to the same one"),
        ([AB, AB], "leave the same key"),
        ([state(A, B, size=10), state(B, C, size=10)], "do not rise"),
        ([state(A, B, size=10), state(B, C, size=9)], "do not rise"),
        ([CD], "does not lead to or from"),
        ([AB, CD], "does not lead to or from"),
        ([AB, state(B, A, size=20)], "circle"),
        ([state(key(5, "other"), key(6, "other"), size=1)], "does not lead to or from"),
        (["x"] * 1001, "malformed|empty line"),
    ],
)
def test_statements_that_do_not_lead_from_key_to_key_are_refused(statements, reason):
    with pytest.raises((RotationError, NoteError), match=reason):
        succession(A.verifier, statements)


def test_endless_statements_are_refused():
    signers = [
        Signer("l", Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big")))
        for number in range(1, 1004)
    ]
    chain = [state(old, new, size=size) for size, (old, new) in enumerate(pairwise(signers), 1)]

    with pytest.raises(RotationError, match="more than 1000"):
        succession(signers[0].verifier, chain)


@pytest.mark.parametrize(
    "text",
    [
        "twofold-rotation/v2\n" + read(AB).text().partition("\n")[2],
        read(AB).text().replace("\n10\n", "\n010\n"),
        read(AB).text().replace("\n10\n", "\n0\n"),
        read(AB).text().replace("\n10\n", f"\n{2**63}\n"),
        read(AB).text() + "more\n",
        read(AB).text().replace("\nlog.example/test\n", "\nother\n"),
    ],
    ids=["version", "zeros", "size 0", "too large", "more lines", "another origin"],
)
def test_a_malformed_statement_is_refused(text):
    with pytest.raises(RotationError):
        read(sign(text, A, B))


def test_a_rotation_leads_to_another_key_of_the_same_log():
    with pytest.raises(RotationError, match="another key"):
        state(A, A, size=1)
    with pytest.raises(RotationError, match="name of the log"):
        state(A, key(9, "other"), size=1)

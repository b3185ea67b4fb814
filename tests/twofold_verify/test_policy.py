from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from memory_ledger import SIGNER, STRANGER, TRUST

from twofold_verify import policy as policies
from twofold_verify.cosignature import Cosigner
from twofold_verify.note import NoteError, Signer, sign
from twofold_verify.policy import Group, Log, Policy, PolicyError, Witness, parse

AT = datetime(2026, 3, 1, tzinfo=UTC)
COSIGNERS = [
    Cosigner(
        f"witness.example/{number}", Ed25519PrivateKey.from_private_bytes(bytes([number] * 32))
    )
    for number in range(1, 6)
]
X1, X2, X3, Y1, Y2 = (str(cosigner.key) for cosigner in COSIGNERS)
TWO_GROUPS = f"""
# Two organisations.
log {TRUST} https://log.example/

witness X1 {X1} https://x1.example/
witness X2\t{X2}
  witness X3 {X3}
group X-witnesses 2 X1 X2 X3
witness Y1 {Y1}
witness Y2 {Y2}
group Y-witnesses any Y1 Y2
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""
TEXT = "log.example/test\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


def note(*places, signer=SIGNER, text=TEXT):
    lines = [COSIGNERS[place].cosign(text, at=AT) for place in places]
    return sign(text, signer) + "".join(lines)


def test_a_policy_is_read():
    policy = parse(TWO_GROUPS)

    assert policy.logs == (Log(TRUST, "https://log.example/"),)
    assert [witness.name for witness in policy.witnesses] == ["X1", "X2", "X3", "Y1", "Y2"]
    assert policy.witnesses[0] == Witness("X1", COSIGNERS[0].key, "https://x1.example/")
    assert policy.groups[0] == Group("X-witnesses", 2, ("X1", "X2", "X3"))
    assert policy.groups[2] == Group("X-and-Y", 2, ("X-witnesses", "Y-witnesses"))
    assert policy.quorum == "X-and-Y"


def test_a_policy_reads_back_as_it_is_written():
    policy = parse(TWO_GROUPS)

    assert parse(policy.text()) == policy
    assert Policy().text() == "quorum none\n"
    assert parse("quorum none") == Policy()


@pytest.mark.parametrize(
    ("places", "met"),
    [
        ((0, 1, 3), True),
        ((0, 1, 2, 3, 4), True),
        ((1, 2, 4), True),
        ((0, 1), False),
        ((0, 3, 4), False),
        ((3, 4), False),
        ((), False),
    ],
)
def test_the_quorum_is_reached_or_not(places, met):
    policy = parse(TWO_GROUPS)

    if met:
        found = policies.check(note(*places), policy)
        assert found.checkpoint.size == 7
        assert [it.witness for it in found.cosigned] == [COSIGNERS[place].key for place in places]
    else:
        with pytest.raises(PolicyError, match="not the quorum X-and-Y"):
            policies.check(note(*places), policy)


def test_one_witness_counts_once_however_often_it_signs():
    with pytest.raises(PolicyError):
        policies.check(note(0, 0, 0, 3), parse(TWO_GROUPS))


def test_a_single_witness_can_be_the_quorum():
    policy = parse(f"log {TRUST}\nwitness w {X1}\nquorum w\n")

    assert policies.check(note(0), policy)
    with pytest.raises(PolicyError, match="cosigned by nobody"):
        policies.check(note(1), policy)


def test_without_quorum_the_log_is_enough():
    policy = parse(f"log {TRUST}\nquorum none\n")

    assert policies.check(note(), policy).cosigned == ()
    with pytest.raises(NoteError, match="known key"):
        policies.check(note(signer=STRANGER), policy)


def test_a_foreign_log_with_a_valid_cosignature_is_refused():
    foreign = Signer("foreign.example/log", Ed25519PrivateKey.generate())
    text = TEXT.replace("log.example/test", foreign.name)

    with pytest.raises(NoteError, match="not signed by a known key"):
        policies.check(note(0, 1, 3, signer=foreign, text=text), parse(TWO_GROUPS))
    with pytest.raises(PolicyError, match="is of the log foreign"):
        policies.check(note(0, 1, 3, text=text), parse(TWO_GROUPS))


def test_a_cosignature_that_does_not_hold_refuses_the_whole():
    bad = note(0, 1) + COSIGNERS[3].cosign(TEXT.replace("\n7\n", "\n8\n"), at=AT)

    with pytest.raises(NoteError, match="does not hold"):
        policies.check(bad, parse(TWO_GROUPS))


def test_other_keys_of_the_log_can_be_given():
    policy = parse(f"log {TRUST}\nquorum none\n")

    assert policies.check(note(signer=STRANGER), policy, logs=[STRANGER.verifier])


WITNESS = f"witness w {X1}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no quorum"),
        ("quorum none\nquorum none", "Line 2 .*already"),
        ("quorum missing", "Line 1 .*defined before"),
        (f"quorum w\n{WITNESS}", "Line 1"),
        (f"{WITNESS}quorum w w", "Line 2"),
        ("trust nobody\nquorum none", "begins with 'trust'"),
        (f"witness w {TRUST}\nquorum none", "Line 1 .*witness"),
        (f"log {X1}\nquorum none", "Line 1 .*Ed25519"),
        (f"log {TRUST} https://a b\nquorum none", "an address"),
        ("witness w\nquorum none", "Line 1"),
        (f"{WITNESS}{WITNESS}quorum none", "Line 2 .*stands there already"),
        (f"log {TRUST}\nlog {TRUST}\nquorum none", "Line 2 .*stands there already"),
        (f"{WITNESS}witness w {X2}\nquorum none", "Line 2 .*taken"),
        (f"witness none {X1}\nquorum none", "Line 1 .*taken"),
        (f"{WITNESS}group g any\nquorum g", "Line 2 .*members"),
        (f"{WITNESS}group g 2 w\nquorum g", "from 1 to 1"),
        (f"{WITNESS}group g 0 w\nquorum g", "from 1 to 1"),
        (f"{WITNESS}group g 01 w\nquorum g", "from 1 to 1"),
        (f"{WITNESS}group g any w w\nquorum g", "named already"),
        (f"{WITNESS}group g any w\ngroup h any w\nquorum g", "Line 3 .*named already"),
        (f"{WITNESS}group g any none\nquorum g", "not defined before"),
        (f"group g any w\n{WITNESS}quorum g", "not defined before"),
        ("quorum none\x07", "control character"),
        ("quorum none\r\n", "control character"),
        ("#" * (policies.MAX_BYTES + 1), "longer"),
    ],
)
def test_a_malformed_policy_is_refused_by_line(text, reason):
    with pytest.raises(PolicyError, match=reason):
        parse(text)


@given(st.lists(st.integers(0, 4), unique=True), st.integers(1, 5))
def test_so_many_of_all_are_so_many(places, least):
    lines = [f"witness w{place} {key}" for place, key in enumerate((X1, X2, X3, Y1, Y2))]
    policy = parse("\n".join([*lines, f"group g {least} w0 w1 w2 w3 w4", "quorum g"]))

    assert policy.met_by(COSIGNERS[place].key for place in places) is (len(places) >= least)

"""The log and real witnesses, each a server in a process of its own."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import factories
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction

from twofold.ledger import actions as ledger
from twofold.ledger import keys, triggers, witnesses
from twofold.ledger.asking import AskingError, ForkedError
from twofold.ledger.models import (
    LedgerCheckpoint,
    LedgerCosignature,
    LedgerTile,
    LedgerVoucher,
)
from twofold.ledger.rotations import rotate_key
from twofold.ledger.source import DatabaseSource
from twofold.ledger.vouching_queries import exposure, witness_lines
from twofold_verify import policy as policies
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.cosignature import Cosigner, cosignatures
from twofold_verify.note import sign
from twofold_verify.policy import Policy, Witness

pytestmark = pytest.mark.enable_socket
AT = factories.now()


def grow(count=1):
    for number in range(count):
        with transaction.atomic():
            ledger.note(f"ledger.test:{number}", "ledger.test.grown", by="system:test", at=AT)
    return ledger.sequence(at=AT)


def ask(witness, *, at=AT):
    return witnesses.cosign(witness.in_policy(), every=None, at=at)


def test_a_witness_cosigns_the_newest_checkpoint(db, running_witness):
    witness = running_witness(keys.verifier())
    checkpoint = grow(3)

    made = ask(witness)

    assert made.checkpoint == checkpoint
    (cosigned,) = cosignatures(checkpoint.note + made.line, [witness.key])
    assert cosigned.witness == witness.key
    assert abs(cosigned.at - factories.now()) < timedelta(minutes=1)
    assert made.cosigned_at == cosigned.at
    assert str(made) == f"cosignature of {witness.key}"
    line = witness_lines([witness.in_policy()])[0]
    assert (line.size, line.at, line.trouble) == (3, cosigned.at, None)
    assert exposure().vouched_size == 3
    assert exposure().since is None


def test_what_was_cosigned_meets_the_policy_of_an_auditor(db, running_witness):
    witness = running_witness(keys.verifier())
    grow(3)
    ask(witness)
    policy = Policy(
        (policies.Log(keys.verifier()),), (Witness("w1", witness.key),), (), quorum="w1"
    )

    met = policies.check(DatabaseSource().checkpoint(), policy)

    assert met.checkpoint.size == 3
    assert [it.witness.name for it in met.cosigned] == ["witness.example/w1"]


def test_a_witness_is_shown_that_the_log_only_grew(db, running_witness):
    witness = running_witness(keys.verifier())
    for size in (3, 260, 261, 700):
        grow(size - (LedgerCheckpoint.objects.order_by("-size").first() or grow(1)).size)
        assert ask(witness).checkpoint.size == size

    assert ask(witness) is None
    assert LedgerCosignature.objects.count() == 4


def test_a_log_that_forgot_how_far_the_witness_is_sends_the_proof_from_there(db, running_witness):
    witness = running_witness(keys.verifier())
    grow(3)
    ask(witness)
    triggers.drop(connection)
    LedgerCosignature.objects.all().delete()

    assert ask(witness).checkpoint.size == 3
    LedgerCosignature.objects.all().delete()
    grow(4)

    assert ask(witness).checkpoint.size == 7


def fork(size):
    """Write another log of this size over the checkpoint, signed by the true key."""
    triggers.drop(connection)
    signer = keys.signer()
    text = Checkpoint(signer.name, size, bytes(32)).text()
    LedgerCheckpoint.objects.filter(size=size).update(note=sign(text, signer), root=bytes(32))


@pytest.mark.parametrize("remembered", [True, False])
def test_a_fork_of_the_same_size_is_an_alarm(db, running_witness, remembered):
    witness = running_witness(keys.verifier())
    grow(3)
    ask(witness)
    fork(3)
    if remembered:
        LedgerCosignature.objects.filter(checkpoint__size=3).update(witness="another")
    else:
        LedgerCosignature.objects.all().delete()

    with pytest.raises(ForkedError, match="another log of 3 entries"):
        ask(witness)

    assert witness_lines([witness.in_policy()])[0].trouble.alarm


def test_a_fork_that_grew_is_refused_by_its_proof(db, running_witness):
    witness = running_witness(keys.verifier())
    grow(3)
    ask(witness)
    grow(2)
    fork(5)

    with pytest.raises(ForkedError, match="forked or altered"):
        ask(witness)

    trouble = witness_lines([witness.in_policy()])[0].trouble
    assert (trouble.alarm, trouble.failures) == (True, 1)
    assert "forked or altered" in trouble.message
    assert exposure().vouched_size == 3
    assert exposure().beyond == 2


def test_a_log_that_was_cut_back_is_an_alarm(db, running_witness):
    witness = running_witness(keys.verifier())
    grow(3)
    grow(4)
    ask(witness)
    triggers.drop(connection)
    LedgerCosignature.objects.all().delete()
    LedgerCheckpoint.objects.filter(size=7).delete()

    with pytest.raises(ForkedError, match="has seen 7 entries of this log, which has 3"):
        ask(witness)


def test_an_alarm_stays_until_the_witness_vouches_again(db, running_witness):
    witness = running_witness(keys.verifier())
    grow(3)
    row = LedgerVoucher.objects.create(
        kind="witness", name=str(witness.key), asked_at=AT, failures=3, error="x", alarm=True
    )

    assert witnesses.cosign(witness.in_policy(), every=witnesses.EVERY, at=AT) is None
    assert ask(witness)
    row.refresh_from_db()

    assert (row.alarm, row.failures, row.error, row.succeeded_at) == (False, 0, "", AT)
    assert str(row) == f"witness {witness.key}"


def test_a_witness_that_does_not_know_the_log_or_the_key_is_no_alarm(db, running_witness):
    witness = running_witness()
    grow(1)
    with pytest.raises(AskingError, match="404: it does not know our log"):
        ask(witness)
    witness.stop()
    stranger = type(keys.signer())(keys.verifier().name, Ed25519PrivateKey.generate())
    witness.trust(stranger.verifier)
    witness.start()

    with pytest.raises(AskingError, match="403: it does not know our key"):
        ask(witness)

    trouble = witness_lines([witness.in_policy()])[0].trouble
    assert (trouble.failures, trouble.alarm) == (2, False)


def test_a_witness_that_is_out_of_reach_is_asked_later_and_later(db, running_witness):
    witness = running_witness(keys.verifier())
    grow(1)
    witness.stop()
    at, asked = AT, []
    while at < AT + timedelta(hours=8):
        try:
            witnesses.cosign(witness.in_policy(), every=witnesses.EVERY, at=at)
        except AskingError:
            asked.append(at)
        at += timedelta(seconds=30)

    pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(asked)]
    assert pauses[:7] == [30, 60, 120, 240, 480, 960, 1920]
    assert set(pauses[7:]) == {3600}


# The same in every process that collects the tests: its words stand in their names.
STRANGER = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@pytest.mark.parametrize(
    ("status", "kind", "answer", "reason"),
    [
        (409, "text/plain", b"3\n", "does not say which it has seen"),
        (409, witnesses.SIZE_TYPE, b"three\n", "does not say which it has seen"),
        (409, witnesses.SIZE_TYPE, b"0\n", "status 409"),
        (200, "text/plain", b"", "without a cosignature of its key"),
        (200, "text/plain", b"\xff", "something else"),
        (200, "text/plain", b"nothing\n", "something else"),
        (200, "text/plain", STRANGER.cosign("x\n", at=AT).encode(), "without a cosignature"),
        (302, "text/plain", b"", "status 302"),
        (500, "text/plain", b"", "status 500"),
    ],
)
def test_a_witness_that_answers_otherwise_is_told_and_no_alarm(
    db, served_authority, status, kind, answer, reason
):
    witness = Witness("w1", Cosigner("witness.example/w1", Ed25519PrivateKey.generate()).key)
    witness = replace(witness, url=served_authority.url)
    served_authority.status, served_authority.answers_in = status, kind
    served_authority.reply = lambda _body: answer
    grow(3)

    with pytest.raises(AskingError, match=reason):
        witnesses.cosign(witness, every=None, at=AT)

    assert not witness_lines([witness])[0].trouble.alarm
    assert not LedgerCosignature.objects.exists()


def test_a_lost_tile_is_told(db, running_witness):
    witness = running_witness(keys.verifier())
    grow(3)
    ask(witness)
    grow(2)
    triggers.drop(connection)
    LedgerTile.objects.all().delete()

    with pytest.raises(AskingError, match="is missing"):
        ask(witness)

    assert witness_lines([witness.in_policy()])[0].trouble.failures == 1


def test_a_log_without_checkpoint_asks_nobody(db, running_witness):
    witness = running_witness(keys.verifier())
    witness.stop()

    assert ask(witness) is None


def test_a_witness_follows_the_log_to_its_next_key(recording_db, running_witness, tmp_path):
    witness = running_witness(keys.verifier())
    grow(3)
    ask(witness)
    statement = rotate_key(by="system:test", at=AT).statement
    grow(1)
    with pytest.raises(AskingError, match="403"):
        ask(witness)
    witness.stop()
    (tmp_path / "statement").write_text(statement)
    witness.command("rotate", witness.folder, tmp_path / "statement")
    witness.start()

    assert ask(witness).checkpoint.size == 5

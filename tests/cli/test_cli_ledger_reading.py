"""The commands that read the log: where it stands, proofs, kept checkpoints."""

import base64
from datetime import timedelta

import factories
import pytest
from factories import vouched

from twofold.cli.worker import drain
from twofold.ledger import keys
from twofold.ledger.models import LedgerEntry
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.note import sign
from twofold_verify.proof import verify_consistency
from twofold_verify.rotation import succession
from twofold_verify.tlog_proof import Checker


def test_the_state_of_a_log_that_nobody_vouches_for_is_told(run, cast):
    drain()

    ended = run("ledger", "status")

    assert ended.status == 0
    size = LedgerEntry.objects.count()
    assert f"checkpoint  {size} entries, root " in ended.out
    assert f"{keys.verifier()} from 0" in ended.out
    assert "nothing would show it" in ended.out
    assert "TWOFOLD_TSA_URL" in ended.out


def test_the_state_names_outsiders_and_ends_with_1_on_an_alarm(run, db, settings):
    settings.TIME_AUTHORITY = vouched.URL
    settings.LEDGER_POLICY = vouched.POLICY
    now = factories.now()
    last = vouched.grow(now - timedelta(hours=1))
    vouched.stamp(last, now)
    vouched.cosign(last, now)
    vouched.write(now - timedelta(minutes=5))

    ended = run("ledger", "status")

    assert ended.status == 1
    assert "authority   Time Authority: current" in ended.out
    assert "witness     audit-firm: current" in ended.out
    assert "waiting     1, since " in ended.out
    assert "- the witness audit-firm, which cosigned 1 entry" in ended.out
    assert "alarm: 1 entry waits for a checkpoint" in ended.out


def test_an_empty_log_has_no_checkpoint(run, db):
    assert "checkpoint  none yet" in run("ledger", "status").out


@pytest.mark.parametrize("by_name", [True, False])
def test_the_proof_of_an_entry_is_printed_and_holds(run, cast, tmp_path, by_name):
    drain()
    row = LedgerEntry.objects.get(subject=cast.owner.ledger_subject)

    ended = run(
        "ledger", "proof", row.subject if by_name else row.index, "--leaf", tmp_path / "leaf"
    )

    assert ended.status == 0
    checker = Checker(succession(keys.verifier(), []))
    assert checker.check(ended.out, (tmp_path / "leaf").read_bytes()).index == row.index
    assert run("ledger", "proof", row.index).out == ended.out


def test_an_entry_that_is_not_there_has_no_proof(run, db):
    vouched.grow(factories.now())
    vouched.write(factories.now(), count=2)

    for entry in ("7", "people.person:x", "ledger.test:1"):
        ended = run("ledger", "proof", entry)
        assert (ended.status, ended.err) == (1, f"twofold: The log has no entry {entry}.\n")


def test_the_log_continues_a_kept_checkpoint(run, db, tmp_path):
    kept = tmp_path / "kept.txt"
    kept.write_text(vouched.grow(factories.now()).note)
    vouched.grow(factories.now(), count=3)

    ended = run("ledger", "consistency", kept)

    assert ended.status == 0
    assert ended.out == (
        "The log continues it: what it covers (1 entry) stands unchanged at the beginning of what "
        "stands here now (4 entries).\n"
    )


def test_a_log_that_does_not_continue_it_ends_with_1(run, db, tmp_path):
    vouched.grow(factories.now(), count=3)
    signer = keys.signer()
    kept = tmp_path / "kept.txt"
    kept.write_text(sign(Checkpoint(signer.name, 2, bytes(32)).text(), signer))

    ended = run("ledger", "consistency", kept)

    assert ended.status == 1
    assert "rewritten" in ended.out


def test_the_proof_between_two_sizes_is_printed(run, db):
    vouched.grow(factories.now(), count=7)

    old, new, *hashes = run("ledger", "consistency", "--from", 3).out.splitlines()

    roots = [base64.b64decode(line.split()[2]) for line in (old, new)]
    assert (old.split()[1], new.split()[1]) == ("3", "7")
    verify_consistency(3, 7, *roots, [base64.b64decode(line) for line in hashes])
    assert run("ledger", "consistency", "--from", 3, "--to", 9).status == 1


def test_what_is_no_checkpoint_or_not_asked_is_refused(run, db, tmp_path):
    vouched.grow(factories.now())
    kept = tmp_path / "kept.txt"
    kept.write_bytes(b"\xff")

    assert "no checkpoint" in run("ledger", "consistency", kept).err
    assert run("ledger", "consistency").status == 2
    assert run("ledger", "consistency", kept, "--from", 1).status == 2

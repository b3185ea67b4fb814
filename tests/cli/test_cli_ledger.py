"""The commands that have the log vouched for, and the thread that does so by itself."""

import logging
import threading
import time
from datetime import timedelta

import factories
import pytest
from django.db import connection, transaction

from twofold.cli import vouching as cli_vouching
from twofold.cli.vouching import Vouching, vouching
from twofold.ledger import actions as ledger
from twofold.ledger import keys, triggers
from twofold.ledger.models import LedgerCosignature, LedgerStamp, LedgerVoucher
from twofold_verify import policy as policies
from twofold_verify import rotation
from twofold_verify.policy import Policy
from twofold_verify.stamps import load_roots

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def stamping(settings, served_authority):
    settings.TIME_AUTHORITY = served_authority.url
    settings.TIME_ROOTS = load_roots(served_authority.authority.root.read_bytes())
    return served_authority


@pytest.fixture
def witnessed(settings, running_witness):
    witness = running_witness(keys.verifier())
    settings.LEDGER_POLICY = Policy((), (witness.in_policy(),), (), "w1")
    return witness


def write(ago=timedelta(0)):
    with transaction.atomic():
        at = factories.now() - ago
        ledger.note("ledger.test:1", "ledger.test.written", by="system:test", at=at)


def test_the_key_is_rotated_and_the_statement_printed(run, cast):
    old = keys.verifier()

    ended = run("ledger", "rotate-key", "--as", "administrator@acme.example")

    assert ended.status == 0, ended.err
    assert rotation.read(ended.out).old == old
    assert rotation.read(ended.out).new == keys.verifier()
    assert run("verify", "--key", old).status == 0
    assert run("key").out.strip() == str(keys.verifier())


def test_who_may_not_rotate_the_key_is_told(run, cast):
    before = keys.verifier()

    ended = run("ledger", "rotate-key", "--as", "lead@acme.example")

    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert keys.verifier() == before


def test_a_checkpoint_is_stamped_at_once(run, cast, stamping):
    first = run("ledger", "anchor")

    assert first.status == 0, first.err
    assert first.out.startswith("Time Authority of the Tests stamped ")
    assert LedgerStamp.objects.count() == 1
    assert run("ledger", "anchor").out == "The newest checkpoint has its time stamp.\n"
    assert run("verify").status == 0


def test_an_authority_that_does_not_answer_is_told_in_one_line(run, cast, stamping):
    stamping.status = 500

    ended = run("ledger", "anchor")

    assert (ended.status, ended.out) == (1, "")
    assert ended.err == "twofold: The authority answers with the status 500.\n"


def test_without_settings_nobody_is_asked(run, cast):
    assert "TWOFOLD_TSA_URL" in run("ledger", "anchor").err
    assert "TWOFOLD_POLICY" in run("ledger", "witness").err


def test_witnesses_cosign_at_once(run, cast, witnessed):
    first = run("ledger", "witness")

    assert first.status == 0, first.err
    size = LedgerCosignature.objects.get().checkpoint.size
    assert first.out == f"w1 cosigned {size} entries.\n"
    assert run("ledger", "witness").out == "w1 has cosigned all there is.\n"


def test_a_witness_that_does_not_answer_is_told(run, cast, witnessed):
    witnessed.stop()

    ended = run("ledger", "witness")

    assert ended.status == 1
    assert ended.err.startswith("twofold: w1: No answer: ")


def test_the_policy_for_auditors_names_the_log_and_its_witnesses(run, cast, witnessed):
    ended = run("ledger", "policy")

    policy = policies.parse(ended.out)
    assert policy.logs[0].key == keys.verifier()
    assert policy.witnesses == (witnessed.in_policy(),)
    assert policy.quorum == "w1"


# The thread


def test_a_round_stamps_and_cosigns(cast, stamping, witnessed):
    ledger.sequence(at=factories.now())

    assert Vouching().run_once()

    assert LedgerStamp.objects.count() == LedgerCosignature.objects.count() == 1


def test_one_that_fails_keeps_no_other_from_vouching(cast, stamping, witnessed, caplog):
    ledger.sequence(at=factories.now())
    stamping.reply = lambda _query: b"nothing"

    assert not Vouching().run_once()

    assert LedgerCosignature.objects.count() == 1
    assert "The time stamp authority: " in caplog.text
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_a_log_that_was_cut_back_is_an_error_in_the_log(cast, witnessed, caplog):
    ledger.sequence(at=factories.now())
    write()
    last = ledger.sequence(at=factories.now())
    Vouching().run_once()
    triggers.drop(connection)
    LedgerCosignature.objects.all().delete()
    LedgerVoucher.objects.all().delete()
    last.delete()

    assert not Vouching().run_once()

    assert any(record.levelno == logging.ERROR for record in caplog.records)
    assert f"The witness w1: The witness has seen {last.size} entries" in caplog.text


def test_entries_that_wait_for_too_long_are_logged_once(db, settings, caplog):
    settings.ALARM_SECONDS = 60
    looking = Vouching()
    write(ago=timedelta(seconds=70))

    looking.run_once()
    assert caplog.records == []
    looking.run_once()
    looking.run_once()

    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "1 entries wait for a checkpoint" in caplog.text
    ledger.sequence(at=factories.now())
    looking.run_once()
    write(ago=timedelta(seconds=65))
    looking.run_once()
    looking.run_once()
    assert len(caplog.records) == 2


def test_a_database_that_refuses_is_logged_and_the_thread_goes_on(db, monkeypatch, caplog):
    def refuse(**_):
        raise cli_vouching.DatabaseError("It is gone.")

    monkeypatch.setattr(cli_vouching, "waiting", refuse)

    assert not Vouching().run_once()
    assert "could not be asked" in caplog.text


def test_the_thread_works_until_it_is_told_to_stop(recording_db, stamping, monkeypatch):
    monkeypatch.setattr(cli_vouching, "PAUSE_S", 0.01)
    write()
    ledger.sequence(at=factories.now())

    with vouching():
        names = {thread.name for thread in threading.enumerate()}
        patience = time.monotonic() + 20
        while not LedgerStamp.objects.exists() and time.monotonic() < patience:
            threading.Event().wait(0.02)

    assert "vouching" in names
    assert LedgerStamp.objects.count() == 1
    assert "vouching" not in {thread.name for thread in threading.enumerate()}


def test_a_stop_lets_no_further_step_begin(cast, stamping, witnessed):
    ledger.sequence(at=factories.now())
    looking = Vouching()
    looking.stop()

    assert looking.run_once()
    assert not LedgerStamp.objects.exists()

"""Time stamps of the log by `openssl ts`, over HTTP."""

import subprocess
from datetime import timedelta

import factories
import pytest
from django.db import connection, transaction

from twofold.ledger import actions as ledger
from twofold.ledger import anchors, triggers
from twofold.ledger.asking import AskingError
from twofold.ledger.errors import LedgerError
from twofold.ledger.floor import anchored_floor
from twofold.ledger.models import LedgerEntry, LedgerStamp
from twofold.ledger.vouching_queries import authority_trouble, exposure, newest_anchors
from twofold.reporting.integrity import verify_record
from twofold_verify.report import Outcome
from twofold_verify.stamps import TOLERANCE, load_roots

pytestmark = pytest.mark.enable_socket
HOUR = timedelta(hours=1)


def grow(at=None):
    note(at or factories.now())
    return ledger.sequence(at=factories.now())


def note(at, subject="ledger.test:1"):
    with transaction.atomic():
        ledger.note(subject, "ledger.test.grown", by="system:test", at=at)


@pytest.fixture
def roots(authority):
    return load_roots(authority.root.read_bytes())


@pytest.fixture
def anchor(served_authority, roots):
    def ask(*, every=None, at=None):
        return anchors.anchor(served_authority.url, roots, every=every, at=at or factories.now())

    return ask


def test_the_newest_checkpoint_is_stamped(db, anchor, served_authority):
    checkpoint = grow()

    made = anchor()

    assert made.checkpoint == checkpoint
    assert made.authority == "Time Authority of the Tests"
    assert abs(made.stamped_at - factories.now()) < timedelta(minutes=1)
    (shown,) = newest_anchors()
    assert (shown.authority, shown.size, shown.at) == (made.authority, 1, made.stamped_at)
    assert authority_trouble(served_authority.url) is None
    assert exposure().since is None
    assert served_authority.asked_in == "application/timestamp-query"
    assert str(made) == "time stamp by Time Authority of the Tests"


def test_what_was_stamped_is_the_text_that_openssl_checks(db, anchor, authority, tmp_path):
    made, checkpoint = (grow(), anchor())[1], tmp_path / "checkpoint.txt"
    checkpoint.write_bytes(anchors.signed_text(made.checkpoint.note))
    (tmp_path / "stamp.tsr").write_bytes(made.token)

    def verified(data):
        command = ["openssl", "ts", "-verify", "-in", tmp_path / "stamp.tsr", "-data", data]
        done = subprocess.run(
            [*command, "-CAfile", authority.root], check=False, capture_output=True, text=True
        )
        return done.returncode == 0

    assert verified(checkpoint)
    checkpoint.write_bytes(checkpoint.read_bytes() + b"x\n")
    assert not verified(checkpoint)


def test_the_same_checkpoint_is_stamped_once(db, anchor, served_authority):
    grow()
    anchor()

    assert anchor() is None
    assert served_authority.asked == 1


def test_a_log_without_checkpoint_is_not_stamped(db, anchor):
    assert anchor() is None


def test_stamps_are_as_far_apart_as_was_set(db, anchor):
    grow()
    anchor(every=HOUR)
    grow()

    assert anchor(every=HOUR) is None
    assert anchor(every=timedelta(0)).checkpoint.size == 2


def test_nothing_is_stamped_while_something_old_waits(db, anchor, served_authority):
    grow()
    note(factories.now() - TOLERANCE - timedelta(minutes=1), "ledger.test:old")

    assert anchor() is None
    assert served_authority.asked == 0
    ledger.sequence(at=factories.now())

    assert anchor().checkpoint.size == 2


def test_what_waits_for_a_moment_does_not_keep_from_stamping(db, anchor):
    grow()
    note(factories.now())

    assert anchor().checkpoint.size == 1
    assert exposure().beyond == 1


@pytest.mark.parametrize("garbage", [b"", b"no time stamp", b"x" * 300_000])
def test_an_answer_that_is_no_stamp_is_not_kept(db, anchor, served_authority, garbage):
    grow()
    served_authority.reply = lambda _query: garbage

    with pytest.raises(AskingError):
        anchor()

    trouble = authority_trouble(served_authority.url)
    assert (trouble.failures, trouble.alarm, trouble.since) == (1, False, None)
    assert trouble.message
    assert not LedgerStamp.objects.exists()
    assert anchored_floor() is None


def test_the_answer_to_another_question_is_not_kept(db, anchor, served_authority, authority):
    first = grow()
    stamp = authority.stamp(anchors.signed_text(first.note))
    served_authority.reply = lambda _query: stamp

    with pytest.raises(AskingError, match="another question"):
        anchor()


def test_a_stamp_of_another_text_is_not_kept(db, anchor, served_authority, authority):
    grow()
    stamp = authority.stamp(b"another text")
    served_authority.reply = lambda _query: stamp

    with pytest.raises(AskingError, match="does not hold"):
        anchor()


def test_an_authority_that_is_down_is_told_and_asked_later(db, anchor, served_authority):
    grow()
    served_authority.status = 503

    with pytest.raises(AskingError, match="503"):
        anchor()

    assert anchor(every=HOUR) is None
    assert served_authority.asked == 1
    served_authority.status = 200
    assert anchor(every=HOUR, at=factories.now() + timedelta(seconds=31))
    assert authority_trouble(served_authority.url) is None


def test_a_clock_that_goes_wrong_is_told_and_puts_nothing_in_doubt(db, anchor):
    grow()

    with pytest.raises(AskingError, match="apart"):
        anchor(at=factories.now() + timedelta(minutes=6))

    assert not LedgerStamp.objects.exists()


def test_nothing_is_recorded_with_a_time_before_the_newest_stamp(db, anchor):
    grow()
    made = anchor()
    floor = made.stamped_at - TOLERANCE

    assert anchored_floor() == floor
    with pytest.raises(LedgerError, match="before the newest time stamp"):
        note(floor - timedelta(seconds=1))
    note(floor)

    assert LedgerEntry.objects.count() == 2
    with pytest.raises(LedgerError, match="before the newest time stamp"):
        factories.cast(floor - timedelta(days=1))


def test_a_stamp_that_was_rolled_back_refuses_nothing(db, anchor):
    grow()
    made = anchor()
    assert anchored_floor() is not None
    triggers.drop(connection)
    LedgerStamp.objects.all().delete()

    note(made.stamped_at - HOUR)

    assert anchored_floor() is None


@pytest.fixture
def trusting(settings, roots):
    settings.TIME_ROOTS = roots


def test_a_stamped_record_is_sound(db, anchor, trusting):
    grow()
    anchor()
    grow()
    anchor()

    report = verify_record()

    assert report.outcome is Outcome.SOUND, report.problems
    assert (report.figures.stamps, report.figures.stamped) == (2, 2)


def test_a_stamp_without_a_known_root_is_left_unchecked(db, anchor):
    grow()
    anchor()

    report = verify_record()

    assert report.outcome is Outcome.INCOMPLETE
    assert "root certificate" in report.problems[0].message


def test_a_stamp_whose_time_was_edited_is_named(db, anchor, trusting):
    grow()
    anchor()
    triggers.drop(connection)
    LedgerStamp.objects.update(stamped_at=factories.now() - HOUR)

    report = verify_record()

    assert [problem.record for problem in report.problems] == ["time stamp at 1"]


def test_a_stamp_that_was_put_under_another_checkpoint_is_named(db, anchor, trusting):
    grow()
    anchor()
    later = grow()
    triggers.drop(connection)
    LedgerStamp.objects.update(checkpoint=later)

    assert verify_record().outcome is Outcome.TAMPERED


def test_a_damaged_stamp_is_named(db, anchor, trusting):
    grow()
    anchor()
    triggers.drop(connection)
    LedgerStamp.objects.update(token=b"damaged")

    report = verify_record()

    assert {problem.record for problem in report.problems} == {"stamps", "time stamp at 1"}

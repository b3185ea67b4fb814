"""What nobody can find, and what the documents say of it: it must not be promised elsewhere.

Should one of these begin to be found, it belongs into the corpus.
"""

from random import Random

import pytest

from tampering.logbook import Line
from tampering.record import Evidence, Record, rolled_back
from twofold.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerStamp
from twofold_verify.report import Outcome

pytestmark = pytest.mark.enable_socket


def assert_not_found(record: Record):
    report = record.verify(*Evidence)
    assert (report.outcome, report.problems) == (Outcome.SOUND, ())


def waiting_note(chance):
    rows = LedgerEntry.objects.filter(index=None, kept_revision=None).order_by("id")
    return chance.choice(list(rows))


def test_a_note_that_waits_for_its_checkpoint_can_be_removed(tampered):
    with rolled_back():
        waiting_note(Random(1)).delete()

        assert_not_found(tampered)


def test_an_entry_that_waits_can_be_written_anew_with_its_hash(tampered):
    with rolled_back():
        row = waiting_note(Random(1))
        line = Line(row.pk, bytes(row.data))
        data = line.data.replace(b"system:test", b"system:else")
        assert data != line.data
        LedgerEntry.objects.filter(pk=row.pk).update(data=data, leaf_hash=Line(None, data).leaf)

        assert_not_found(tampered)


def test_some_of_the_time_stamps_can_be_removed(tampered):
    with rolled_back():
        LedgerStamp.objects.order_by("-checkpoint__size")[0].delete()

        assert_not_found(tampered)


def test_the_time_beside_a_checkpoint_is_nobody_s_word(tampered):
    with rolled_back():
        row = LedgerCheckpoint.objects.order_by("-size")[0]
        earlier = LedgerCheckpoint.objects.order_by("size")[0].signed_at
        LedgerCheckpoint.objects.filter(pk=row.pk).update(signed_at=earlier)

        assert_not_found(tampered)

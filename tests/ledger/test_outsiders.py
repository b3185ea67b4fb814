"""Single words of outsiders: time stamps as files, statements of rotation, and who fell behind."""

from datetime import timedelta

import factories
import pytest
from django.db import transaction

from twofold.ledger import actions as ledger
from twofold.ledger import keys
from twofold.ledger.models import LedgerCheckpoint, LedgerStamp
from twofold.ledger.outsiders import (
    rotation_lines,
    signed_since,
    stamp_files,
    stamps,
    statement_at,
)
from twofold.ledger.rotations import rotate_key
from twofold.ledger.served import AbsentError
from twofold_verify import rotation

AT = factories.now()


def grow(at=AT):
    with transaction.atomic():
        ledger.note("ledger.test:1", "ledger.test.grown", by="system:test", at=at)
    return ledger.sequence(at=at)


def stamp(checkpoint, at=AT):
    return LedgerStamp.objects.create(
        checkpoint=checkpoint, authority="Somebody", token=b"der", stamped_at=at
    )


def test_a_time_stamp_comes_with_the_text_that_it_is_of(db):
    checkpoint = grow()
    made = stamp(checkpoint)

    files = stamp_files(made.pk)

    assert (files.size, files.token) == (1, b"der")
    assert files.text.decode() + "\n" == checkpoint.note.partition("— ")[0]


def test_time_stamps_are_listed_newest_first(db):
    checkpoint = grow()
    old, new = stamp(checkpoint, AT - timedelta(hours=1)), stamp(checkpoint)

    assert list(stamps()) == [new, old]


@pytest.mark.parametrize("key", [0, 7, 2**63, 10**30])
def test_a_stamp_or_statement_that_is_not_there_is_absent(db, key):
    with pytest.raises(AbsentError):
        stamp_files(key)
    with pytest.raises(AbsentError):
        statement_at(key)


def test_a_rotation_has_its_statement_and_the_entry_that_tells_of_it(recording_db):
    first = keys.verifier()
    grow()
    made = rotate_key(by="system:test", at=AT)

    assert rotation.read(statement_at(made.size)).old == first
    line = rotation_lines()[made.size]
    assert (line.entry.kind, line.entry.actor) == (rotation.KIND, "system:test")


def test_nobody_is_behind_a_log_that_did_not_grow(db):
    grow()

    assert signed_since(1) is None


def test_somebody_is_behind_since_the_first_checkpoint_beyond_what_they_saw(db):
    grow(AT - timedelta(hours=2))
    second = grow(AT - timedelta(hours=1))
    grow(AT)

    assert signed_since(1) == second.signed_at
    assert signed_since(0) == LedgerCheckpoint.objects.get(size=1).signed_at

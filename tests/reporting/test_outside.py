"""How far others vouch for the log, in words that say no more than is so."""

from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import vouched

from twofold.ledger import keys
from twofold.ledger.rotations import rotate_key
from twofold.reporting.outside import Reach, State, entries_text, outside, span

AT = factories.AT


@pytest.fixture
def asked(settings):
    settings.TIME_AUTHORITY = vouched.URL
    settings.LEDGER_POLICY = vouched.POLICY


def test_an_empty_log_has_nothing_to_rewrite(db):
    told = outside(at=AT).told

    assert told.reach is Reach.EMPTY
    assert told.vouchers == ()


def test_with_nobody_outside_a_full_rewrite_is_said_to_be_unseen_and_what_to_do(db):
    vouched.grow(AT, count=3)

    told = outside(at=AT).told

    assert told.reach is Reach.ALONE
    assert "rewrite all 3 entries, and nothing would show it" in told.sentences[0]
    assert "TWOFOLD_TSA_URL" in told.advice
    assert "checkpoint" in told.advice


def test_entries_that_wait_can_be_rewritten_too(db):
    vouched.write(AT)

    told = outside(at=AT).told

    assert told.reach is Reach.ALONE
    assert "all 1 entry" in told.sentences[0]


def test_outsiders_that_are_set_and_have_said_nothing_count_for_nothing(db, asked):
    vouched.grow(AT)

    found = outside(at=AT)

    assert found.told.reach is Reach.ASKED
    assert "rewrite" in found.told.sentences[0]
    assert found.authority.state is State.NEVER
    assert found.authority.name == "tsa.example"
    assert found.witnesses[0].state is State.NEVER


def test_the_window_of_exposure_begins_with_the_first_entry_nobody_vouches_for(db, asked):
    vouched.stamp(vouched.grow(AT, count=3), AT)
    later = AT + timedelta(minutes=4)
    vouched.cosign(vouched.grow(AT + timedelta(minutes=1)), AT + timedelta(minutes=2))
    vouched.grow(later, count=2)

    found = outside(at=later)

    assert found.told.reach is Reach.PARTLY
    assert "since 20 Nov 2026, 09:34 UTC (2 entries)" in found.told.sentences[0]
    assert found.told.vouchers == (
        "the time stamp of Time Authority of 20 Nov 2026, 09:30 UTC, over 3 entries",
        "the witness audit-firm, which cosigned 4 entries on 20 Nov 2026, 09:32 UTC",
    )
    assert (found.authority.behind, found.authority.state) == (3, State.BEHIND)
    assert (found.witnesses[0].behind, found.witnesses[0].state) == (2, State.BEHIND)


def test_what_is_all_vouched_for_has_no_window(db, asked):
    vouched.cosign(vouched.grow(AT, count=3), AT)

    found = outside(at=AT)

    assert found.told.reach is Reach.WHOLLY
    assert "All 3 entries" in found.told.sentences[0]
    assert found.witnesses[0].state is State.CURRENT


def test_a_witness_that_is_not_asked_any_more_still_vouches(db):
    vouched.cosign(vouched.grow(AT), AT, witness="somebody+else")

    (voucher,) = outside(at=AT).told.vouchers

    assert voucher == "a witness that is not asked any more, which cosigned 1 entry"


def test_a_witness_that_saw_another_log_is_told_before_anything_else(db, asked):
    vouched.cosign(vouched.grow(AT), AT)
    vouched.trouble("witness", AT, alarm=True, message="It was forked.")

    found = outside(at=AT)

    assert found.told.reach is Reach.REFUSED
    assert "audit-firm" in found.told.sentences[0]
    assert found.witnesses[0].state is State.REFUSES


@pytest.mark.parametrize(
    ("minutes", "witness", "authority"),
    [
        (10, State.BEHIND, State.BEHIND),
        (11, State.LATE, State.BEHIND),
        (121, State.LATE, State.LATE),
    ],
)
def test_who_does_not_follow_for_long_is_late(db, asked, minutes, witness, authority):
    first = vouched.grow(AT)
    vouched.stamp(first, AT)
    vouched.cosign(first, AT)
    vouched.grow(AT)

    found = outside(at=AT + timedelta(minutes=minutes))

    assert (found.witnesses[0].state, found.authority.state) == (witness, authority)


def test_who_never_vouched_is_late_in_the_end(db, asked):
    vouched.grow(AT)

    found = outside(at=AT + timedelta(hours=3))

    assert (found.witnesses[0].state, found.authority.state) == (State.LATE, State.LATE)


def test_keys_are_told_with_who_rotated_them(recording_db):
    cast = factories.cast()
    first = keys.verifier()
    vouched.grow(AT)
    made = rotate_key(by=factories.actor(cast.administrator).ledger_name, at=AT)
    vouched.grow(AT)

    old, new = outside(at=AT).keys

    assert (old.line.key, old.by, old.index) == (str(first), "", None)
    assert (new.line.key, new.by) == (str(keys.verifier()), "Administrator")
    assert new.line.from_size == made.size
    assert new.index is not None


def test_reading_it_costs_the_same_for_a_log_of_any_length(db, asked):
    vouched.cosign(vouched.grow(AT), AT)
    with CaptureQueriesContext(connection) as short:
        outside(at=AT)
    for _checkpoint in range(5):
        vouched.stamp(vouched.grow(AT, count=20), AT)
    with CaptureQueriesContext(connection) as long:
        outside(at=AT)

    assert len(long) == len(short)


def test_counts_and_spans_are_told_as_people_say_them():
    assert entries_text(1) == "1 entry"
    assert entries_text(12_345) == "12,345 entries"
    assert span(AT, AT + timedelta(seconds=59)) == "less than a minute"
    assert span(AT, AT + timedelta(minutes=61)) == "1 hour"

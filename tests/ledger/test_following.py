"""Following the ledger: what was written since, and when everything must be read anew."""

import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from factories import AT, whole_record
from factories.numbered import entry_number
from hypothesis import given
from hypothesis import strategies as st

from twofold.evidence.models import EvidenceItem
from twofold.ledger import actions as ledger
from twofold.ledger import queries
from twofold.ledger.models import LedgerEntry, LedgerRevision
from twofold.ledger.queries import (
    Gap,
    Mark,
    PastMark,
    began_at,
    changes_since,
    gaps_between,
    mark_now,
    newest_checkpoints,
    past_mark,
    recorded_states,
    subjects_between,
)
from twofold.people.models import Unit

BY = "system:test"


def days(number):
    return AT + timedelta(days=number)


def rename(unit, name, *, at=AT):
    Unit.objects.filter(pk=unit.pk).update(name=name)
    with transaction.atomic():
        ledger.record(unit, "renamed", by=BY, at=at)


def newest_entry():
    return LedgerEntry.objects.order_by("-id")[0]


def test_the_mark_of_an_empty_ledger_follows_from_the_first_entry(db):
    mark = mark_now()
    assert mark == Mark()
    assert changes_since(mark) == (mark, [])

    with transaction.atomic():
        ledger.note("test.thing:1", "test.thing.noted", by=BY, at=AT)

    after, subjects = changes_since(mark)
    assert subjects == ["test.thing:1"]
    assert after == mark_now()


def test_the_mark_of_now_is_the_newest_entry_and_its_hash(cast):
    entry = newest_entry()
    assert mark_now() == Mark(entry.pk, bytes(entry.leaf_hash))


def test_without_changes_the_mark_stays_and_one_query_is_asked(cast, django_assert_num_queries):
    mark = mark_now()
    with django_assert_num_queries(1):
        assert changes_since(mark) == (mark, [])


def test_each_subject_that_was_written_since_is_told_once_in_the_order_of_writing(
    cast, django_assert_num_queries
):
    mark = mark_now()
    rename(cast.elsewhere, "Trips")
    rename(cast.unit, "Loans")
    rename(cast.elsewhere, "Journeys")

    with django_assert_num_queries(1):
        after, subjects = changes_since(mark)

    assert subjects == [cast.elsewhere.ledger_subject, cast.unit.ledger_subject]
    assert after == mark_now()
    assert changes_since(after) == (after, [])


def test_a_ledger_that_was_rolled_back_must_be_read_anew(cast):
    with transaction.atomic():
        rename(cast.unit, "Loans")
        mark = mark_now()
        transaction.set_rollback(True)

    assert changes_since(mark) is None


def test_a_ledger_that_was_restored_and_written_on_must_be_read_anew(cast):
    before = newest_entry().pk
    with transaction.atomic():
        rename(cast.unit, "Loans")
        lost = newest_entry()
        transaction.set_rollback(True)
    rename(cast.elsewhere, "Trips")
    kept = newest_entry()
    assert kept.pk > before

    # What stands under the number now is not what was read under it.
    assert changes_since(Mark(kept.pk, bytes(lost.leaf_hash))) is None
    assert changes_since(Mark(kept.pk, bytes(kept.leaf_hash))) is not None


def test_too_many_changes_must_be_read_anew(cast):
    mark = mark_now()
    whole_record.fill(cast, 4999)
    assert len(changes_since(mark)[1]) == 4999

    whole_record.fill(cast, 1)
    assert changes_since(mark) is None


@pytest.fixture
def many_writers(monkeypatch):
    """As on PostgreSQL, where a transaction that began earlier may commit later."""
    monkeypatch.setattr(queries, "_may_have_gaps", lambda: True)


def test_an_entry_that_was_missing_is_told_when_it_comes(cast, many_writers):
    rename(cast.unit, "Loans")
    late = newest_entry()
    rename(cast.elsewhere, "Trips")
    newest = newest_entry()
    gaps = (Gap(late.pk, late.pk, time.monotonic()), Gap(newest.pk + 7, newest.pk + 7, 0.0))
    mark = Mark(newest.pk, bytes(newest.leaf_hash), gaps)

    after, subjects = changes_since(mark)

    assert subjects == [cast.unit.ledger_subject]
    assert (after.entry, after.leaf) == (newest.pk, bytes(newest.leaf_hash))
    assert late.pk not in {gap.first for gap in after.gaps}


def test_a_reader_of_everything_keeps_in_mind_what_lies_between(cast, many_writers, untriggered):
    rename(cast.unit, "Loans")
    between = newest_entry()
    rename(cast.elsewhere, "Trips")
    number = between.pk
    LedgerRevision.objects.filter(entry=between).delete()
    between.delete()

    (gap,) = mark_now().gaps

    assert (gap.first, gap.last) == (number, number)


def test_more_gaps_than_anybody_follows_are_read_anew(cast, many_writers, monkeypatch):
    mark = Mark(newest_entry().pk, bytes(newest_entry().leaf_hash), (Gap(900, 950, 1e12),))
    rename(cast.unit, "Loans")
    assert changes_since(mark)[1] == [cast.unit.ledger_subject]

    monkeypatch.setattr(queries, "_MOST_GAPS", 0)
    assert changes_since(mark) is None


def spans(last, ids, *known, now=1000.0):
    return [(gap.first, gap.last) for gap in gaps_between(last, ids, known, now=now)]


def test_numbers_between_that_are_not_there_are_gaps():
    assert spans(3, [3, 4, 5]) == []
    assert spans(3, [3, 6]) == [(4, 5)]
    assert spans(0, [2, 5, 1000]) == [(1, 1), (3, 4), (6, 999)]


def test_a_gap_shrinks_by_what_appears_in_it_and_is_given_up_after_an_hour():
    known = Gap(10, 20, 500.0)
    assert spans(30, [30], known) == [(10, 20)]
    assert spans(30, [12, 13, 20, 30], known) == [(10, 11), (14, 19)]
    assert spans(30, [*range(10, 21), 30], known) == []
    assert spans(30, [30], known, now=500.0 + 3600) == []
    assert gaps_between(30, [30], [known], now=600.0)[0].since == 500.0


@given(st.sets(st.integers(1, 40)), st.integers(2, 12), st.randoms())
def test_whatever_the_order_of_commits_every_number_is_told_or_kept_in_mind(drawn, rounds, random):
    """Numbers appear in any order over some rounds; none that appears is missed."""
    waiting, there, told, last = sorted(drawn), [], set(), 0
    gaps = ()
    for _ in range(rounds):
        fresh = [number for number in waiting if random.random() < 0.4]
        waiting = [number for number in waiting if number not in fresh]
        there = sorted([*there, *fresh])
        seen = [
            number
            for number in there
            if number >= last or any(gap.first <= number <= gap.last for gap in gaps)
        ]
        told |= set(seen)
        gaps = gaps_between(last, seen, gaps, now=0.0)
        last = max([last, *there])
    assert told == set(there)


def test_sqlite_has_one_writer_and_no_gaps(cast):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has many writers")
    assert mark_now().gaps == ()


def test_the_mark_of_a_past_time_is_the_newest_entry_that_was_recorded_before_it(cast):
    first, founding = newest_entry(), LedgerEntry.objects.count()
    rename(cast.unit, "Loans", at=days(2))
    second = newest_entry()

    assert past_mark(before=AT) == PastMark(Mark(), 0)
    assert past_mark(before=days(1)) == PastMark(Mark(first.pk, bytes(first.leaf_hash)), founding)
    assert past_mark(before=days(2)) == PastMark(Mark(first.pk, bytes(first.leaf_hash)), 0)
    assert past_mark(before=days(3)) == PastMark(Mark(second.pk, bytes(second.leaf_hash)), 1)


def test_what_is_committed_late_below_a_newer_entry_changes_the_mark(cast):
    first = newest_entry().pk
    with entry_number(first + 2):
        rename(cast.unit, "Loans", at=days(1))
    before = past_mark(before=days(2))

    # Its number was drawn first; its transaction ended last.
    with entry_number(first + 1):
        rename(cast.elsewhere, "Trips", at=days(1))
    after = past_mark(before=days(2))

    assert newest_entry().pk == first + 2
    assert after.newest == before.newest
    assert after != before


def names(*, before):
    return {state["name"] for state in recorded_states("people.unit", before=before)}


def test_states_are_those_of_the_newest_revisions_before_a_time(cast):
    rename(cast.unit, "Loans", at=days(2))
    rename(cast.unit, "Credit", at=days(4))

    assert names(before=AT) == set()
    assert names(before=days(1)) == {"Acme", "Lending", "Travel"}
    assert names(before=days(2)) == {"Acme", "Lending", "Travel"}
    assert names(before=days(3)) == {"Acme", "Loans", "Travel"}
    assert names(before=days(9)) == {"Acme", "Credit", "Travel"}


def test_states_of_a_past_time_are_unchanged_by_what_is_written_later(cast):
    before = list(recorded_states("people.unit", before=days(1)))
    rename(cast.unit, "Loans", at=days(2))

    assert list(recorded_states("people.unit", before=days(1))) == before


def test_states_are_of_one_model_and_not_of_one_whose_name_begins_alike(cast):
    whole_record.fill(cast, 2)

    assert len(list(recorded_states("evidence.evidenceitem", before=days(1)))) == 2
    assert list(recorded_states("evidence.evidence", before=days(1))) == []
    assert list(recorded_states("evidence.evidenceversion", before=days(1))) == []


def test_a_state_holds_every_column_as_texts(cast):
    whole_record.fill(cast, 1)
    item = EvidenceItem.objects.get()

    (state,) = recorded_states("evidence.evidenceitem", before=days(1))

    assert state["id"] == str(item.pk)
    assert state["unit_id"] == str(cast.unit.pk)
    assert state["created_at"] == "2026-11-20T09:30:00.000000+00:00"
    assert set(state) == {field.attname for field in EvidenceItem._meta.concrete_fields}


def test_the_newest_checkpoints_before_a_time_come_newest_first(cast):
    for number in range(3):
        rename(cast.unit, f"Name {number}", at=days(number))
        ledger.sequence(at=days(number))

    found = newest_checkpoints(before=days(2), limit=5)
    assert [signed for _key, signed in found] == [days(1), days(0)]
    assert newest_checkpoints(before=days(9), limit=1)[0][1] == days(2)


def test_a_ledger_began_with_its_first_entry_and_an_empty_one_did_not(db):
    assert began_at() is None
    for number, day in enumerate((3, 1)):
        with transaction.atomic():
            ledger.note(f"test.thing:{number}", "test.thing.noted", by=BY, at=days(day))

    assert began_at() == days(3)


def test_subjects_between_two_times_are_told_once_without_the_last_moment(cast):
    rename(cast.unit, "Loans", at=days(2))
    rename(cast.unit, "Credit", at=days(3))
    rename(cast.elsewhere, "Trips", at=days(4))

    assert subjects_between(days(2), days(4)) == [cast.unit.ledger_subject]
    assert set(subjects_between(days(3), days(5))) == {
        cast.unit.ledger_subject,
        cast.elsewhere.ledger_subject,
    }
    assert subjects_between(days(5), days(9)) == []


def test_states_of_chosen_records_alone_are_read(cast):
    rename(cast.unit, "Loans", at=days(2))

    def chosen(*keys, on=9):
        texts = [str(key) for key in keys]
        found = recorded_states("people.unit", before=days(on), keys=texts)
        return {state["name"] for state in found}

    assert chosen(cast.unit.pk) == {"Loans"}
    assert chosen(cast.unit.pk, on=1) == {"Lending"}
    assert chosen(cast.unit.pk, cast.elsewhere.pk) == {"Loans", "Travel"}
    assert chosen(cast.owner.pk) == set()
    assert chosen() == set()

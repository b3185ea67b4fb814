from datetime import timedelta
from itertools import pairwise

import factories
import pytest
from django.db import transaction
from factories import AT

from twofold.evidence.models import EvidenceItem
from twofold.ledger import actions as ledger
from twofold.ledger.errors import LedgerError
from twofold.ledger.models import LedgerEntry, LedgerRevision
from twofold.ledger.queries import history, last_checkpoint, newest, position
from twofold.ledger.recorded import state_hash
from twofold.people.models import Unit
from twofold_verify.entry import Blob, decode
from twofold_verify.merkle import leaf_hash

BY = "system:test"


def items(cast, count):
    return EvidenceItem.objects.bulk_create(
        EvidenceItem(unit=cast.unit, title=f"Item {n}", kind="report", created_at=AT)
        for n in range(count)
    )


def entries_of(row):
    rows = LedgerEntry.objects.filter(subject=row.ledger_subject).order_by("revision")
    return [(decode(bytes(row.data)), row) for row in rows]


def test_an_entry_says_what_happened_and_commits_to_the_state(cast):
    (item,) = items(cast, 1)
    file = Blob("ab" * 32, 5)

    ledger.record(item, "added", by=BY, at=AT, body={"why": "seen"}, blobs=[file])

    ((entry, row),) = entries_of(item)
    assert entry.kind == "evidence.evidenceitem.added"
    assert (entry.subject, entry.revision, entry.previous) == (item.ledger_subject, 1, None)
    assert (entry.actor, entry.recorded_at, entry.body) == (BY, AT, {"why": "seen"})
    assert entry.blobs == (file,)
    assert entry.state == state_hash(LedgerRevision.objects.get(entry=row).state)
    assert bytes(row.leaf_hash) == leaf_hash(bytes(row.data))
    assert str(row) == f"{item.ledger_subject} revision 1"
    assert str(row.kept_revision) == f"state of entry {row.pk}"


def test_each_entry_continues_the_one_before(cast):
    (item,) = items(cast, 1)
    for title in ("First", "Second", "Third"):
        item.title = title
        item.save()
        ledger.record(item, "changed", by=BY, at=AT)

    made = entries_of(item)

    assert [entry.revision for entry, _row in made] == [1, 2, 3]
    for (_before, row), (entry, _row) in pairwise(made):
        assert entry.previous == bytes(row.leaf_hash).hex()
    assert len({entry.state for entry, _row in made}) == 3


def test_an_entry_is_never_dated_before_the_one_it_continues(cast):
    (item,) = items(cast, 1)
    for minutes in (5, -60, 7):
        ledger.record(item, "changed", by=BY, at=AT + timedelta(minutes=minutes))

    times = [entry.recorded_at - AT for entry, _row in entries_of(item)]

    assert times == [timedelta(minutes=minutes) for minutes in (5, 5, 7)]


def test_a_rolled_back_change_leaves_neither_row_nor_entry(recording_db):
    cast = factories.cast()
    before = LedgerEntry.objects.count()

    with transaction.atomic():
        item = EvidenceItem.objects.create(unit=cast.unit, title="Gone", kind="r", created_at=AT)
        ledger.record(item, "added", by=BY, at=AT)
        assert LedgerEntry.objects.count() == before + 1
        transaction.set_rollback(True)

    assert not EvidenceItem.objects.exists()
    assert LedgerEntry.objects.count() == LedgerRevision.objects.count() == before


def test_nothing_is_appended_outside_a_transaction(recording_db):
    cast = factories.cast()
    before = LedgerEntry.objects.count()

    for append in (
        lambda: ledger.record(cast.unit, "changed", by=BY, at=AT),
        lambda: ledger.record_all([cast.unit], "changed", by=BY, at=AT),
        lambda: ledger.note("test.export:1", "test.made", by=BY, at=AT),
    ):
        with pytest.raises(LedgerError, match="in the transaction"):
            append()

    assert LedgerEntry.objects.count() == before


def test_many_rows_are_recorded_as_one_after_the_other_is(cast):
    together, singly = items(cast, 3), items(cast, 3)
    for _time in range(2):
        ledger.record_all(together, "changed", by=BY, at=AT, body={"why": "all"})
        for item in singly:
            ledger.record(item, "changed", by=BY, at=AT, body={"why": "all"})

    for left, right in zip(together, singly, strict=True):
        of_left, of_right = entries_of(left), entries_of(right)
        assert len(of_left) == len(of_right) == 2
        for (entry, _row), (other, _other_row) in zip(of_left, of_right, strict=True):
            assert (entry.kind, entry.revision, entry.body) == (
                other.kind,
                other.revision,
                other.body,
            )
        assert of_left[1][0].previous == bytes(of_left[0][1].leaf_hash).hex()


def test_recording_many_rows_takes_a_few_queries(cast, django_assert_max_num_queries):
    made = items(cast, 40)

    with django_assert_max_num_queries(8):
        ledger.record_all(made, "added", by=BY, at=AT)

    assert LedgerEntry.objects.filter(subject__startswith="evidence.").count() == 40


def test_more_rows_than_fit_into_a_statement_are_recorded(cast, monkeypatch):
    monkeypatch.setattr(ledger, "_TOGETHER", 7)

    ledger.record_all(items(cast, 20), "added", by=BY, at=AT)

    assert LedgerEntry.objects.filter(subject__startswith="evidence.").count() == 20


def test_recording_no_rows_appends_nothing(cast):
    before = LedgerEntry.objects.count()

    ledger.record_all([], "added", by=BY, at=AT)

    assert LedgerEntry.objects.count() == before


@pytest.mark.parametrize("rows", [lambda unit: [Unit(name="x")], lambda unit: [unit, unit]])
def test_a_row_that_is_not_stored_or_given_twice_is_refused(cast, rows):
    with pytest.raises(LedgerError, match=r"people\.Unit"):
        ledger.record_all(rows(cast.unit), "added", by=BY, at=AT)


@pytest.mark.parametrize("body", [{"rate": 0.5}, {"ä": 1}, {"n": 2**53}, {"text": "x" * 70_000}])
def test_a_body_that_has_no_form_in_an_entry_is_refused(cast, body):
    before = LedgerEntry.objects.count()

    with pytest.raises(LedgerError, match=cast.unit.ledger_subject):
        ledger.record(cast.unit, "changed", by=BY, at=AT, body=body)

    assert LedgerEntry.objects.count() == before


def test_notes_of_a_subject_continue_each_other(cast):
    for number in range(2):
        ledger.note("test.export:1", "test.export.made", by=BY, at=AT, body={"n": number})

    first, second = LedgerEntry.objects.filter(subject="test.export:1").order_by("revision")
    assert decode(bytes(second.data)).previous == bytes(first.leaf_hash).hex()
    assert decode(bytes(second.data)).state is None
    assert not LedgerRevision.objects.filter(entry=second).exists()


def test_a_note_about_a_recorded_row_is_refused(cast):
    for subject in (cast.unit.ledger_subject, f"people.unit:{cast.owner.pk}"):
        with pytest.raises(LedgerError, match="is a record"):
            ledger.note(subject, "test.made", by=BY, at=AT)


def test_a_note_with_an_endless_subject_is_refused(cast):
    with pytest.raises(LedgerError, match="120"):
        ledger.note("test.export:" + "x" * 120, "test.made", by=BY, at=AT)


def test_the_position_tells_how_far_the_ledger_reaches(cast):
    empty = position()
    assert (empty.size, empty.root, empty.note, empty.signed_at) == (0, "", "", None)
    assert last_checkpoint() is None
    waiting = empty.waiting
    assert waiting == LedgerEntry.objects.count()

    checkpoint = ledger.sequence(at=AT)

    reached = position()
    assert (reached.size, reached.waiting, reached.signed_at) == (waiting, 0, AT)
    assert reached.note == checkpoint.note == last_checkpoint().note
    assert reached.root == bytes(checkpoint.root).hex()
    assert reached.verifier.startswith(f"{reached.origin}+")
    assert str(checkpoint) == f"checkpoint at {waiting}"


def test_history_and_newest_are_newest_first(cast):
    for _time in range(3):
        ledger.record(cast.unit, "changed", by=BY, at=AT)
    ledger.sequence(at=AT)

    lines = history(cast.unit.ledger_subject, limit=3)

    assert [line.entry.revision for line in lines] == [4, 3, 2]
    indexes = [line.index for line in newest(limit=5)]
    assert indexes == sorted(indexes, reverse=True)
    assert lines[0].leaf_hash == newest(limit=1)[0].leaf_hash


def test_a_page_still_shows_an_entry_that_was_made_unreadable(cast, untriggered):
    LedgerEntry.objects.filter(subject=cast.unit.ledger_subject).update(data=b"garbage")

    (line,) = history(cast.unit.ledger_subject)

    assert line.entry.kind == "ledger.entry.unreadable"
    assert line.entry.subject == cast.unit.ledger_subject

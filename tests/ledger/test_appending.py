import threading
from collections import defaultdict
from datetime import timedelta, timezone
from itertools import pairwise

import pytest
from django.db import connection, transaction
from factories import AT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twofold.evidence.models import EvidenceItem
from twofold.ledger import actions as ledger
from twofold.ledger import appending, chains, keys, sequencer
from twofold.ledger.appending import Acknowledgement, Appender
from twofold.ledger.errors import LedgerError
from twofold.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerTile
from twofold.ledger.notes import Note
from twofold.reporting.integrity import verify_record
from twofold_verify import checkpoint
from twofold_verify.entry import decode
from twofold_verify.merkle import leaf_hash, root_of
from twofold_verify.note import open_note

BY = "system:test"


def note(subject="test.gate:1", *, at=AT, **body):
    return Note(subject, "test.gate.asked", by=BY, at=at, body=body)


def prepared(*notes):
    return [(one.draft(), one.at) for one in notes]


def leaves():
    rows = LedgerEntry.objects.exclude(index=None).order_by("index")
    assert list(rows.values_list("index", flat=True)) == list(range(len(rows)))
    return [leaf_hash(bytes(data)) for data in rows.values_list("data", flat=True)]


def assert_covered(subject, body, place):
    """Hold an acknowledgement against the entry that stands and the note that was signed."""
    entry = decode(bytes(LedgerEntry.objects.get(index=place.index).data))
    assert (entry.subject, dict(entry.body)) == (subject, body)
    signed = LedgerCheckpoint.objects.get(size=place.size)
    stated = checkpoint.parse(open_note(signed.note, [keys.verifier()]).text)
    assert place.index < stated.size == place.size
    assert stated.root == root_of(leaves()[: place.size])


def assert_chained():
    """Each subject's entries continue each other in the order of the log."""
    chains_ = defaultdict(list)
    for data in LedgerEntry.objects.order_by("index").values_list("data", flat=True):
        entry = decode(bytes(data))
        chains_[entry.subject].append((entry, leaf_hash(bytes(data)).hex()))
    for chain in chains_.values():
        assert [entry.revision for entry, _leaf in chain] == list(range(1, len(chain) + 1))
        for (before, leaf), (entry, _leaf) in pairwise(chain):
            assert entry.previous == leaf
            assert entry.recorded_at >= before.recorded_at


def in_threads(*works):
    """Run works at once and return what they raised."""
    failures, ready = [], threading.Barrier(len(works))

    def guarded(work):
        try:
            connection.ensure_connection()
            ready.wait()
            work()
        except BaseException as failure:  # noqa: BLE001 - told by the test
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=guarded, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_an_appended_entry_is_acknowledged_with_its_place_under_a_checkpoint(cast):
    waiting = LedgerEntry.objects.filter(index=None).count()

    place = ledger.append("test.gate:1", "test.gate.asked", by=BY, at=AT, body={"answer": "no"})

    assert place == Acknowledgement(index=waiting, size=waiting + 1)
    assert not LedgerEntry.objects.filter(index=None).exists()
    assert_covered("test.gate:1", {"answer": "no"}, place)
    assert verify_record().problems == ()


def test_an_entry_written_before_has_its_place_before(cast):
    ledger.sequence(at=AT)
    with transaction.atomic():
        ledger.note("test.gate:1", "test.gate.asked", by=BY, at=AT)

    place = ledger.append("test.gate:1", "test.gate.asked", by=BY, at=AT - timedelta(hours=1))

    first, second = LedgerEntry.objects.filter(subject="test.gate:1").order_by("revision")
    assert (first.index, second.index) == (place.index - 1, place.index)
    assert decode(bytes(second.data)).recorded_at == AT
    assert_chained()


def test_many_are_appended_in_order_under_one_checkpoint(cast):
    ledger.sequence(at=AT)
    signed = LedgerCheckpoint.objects.count()
    notes = [note(f"test.gate:{number % 7}", n=number) for number in range(600)]

    places = ledger.append_all(notes)

    assert LedgerCheckpoint.objects.count() == signed + 1
    assert [place.index for place in places] == list(
        range(places[0].index, places[0].index + len(notes))
    )
    assert {place.size for place in places} == {places[-1].index + 1}
    for one, place in (*zip(notes[:2], places[:2], strict=True), (notes[-1], places[-1])):
        assert_covered(one.subject, one.body, place)
    assert_chained()
    assert verify_record().problems == ()


def test_appending_nothing_signs_nothing(cast):
    assert ledger.append_all([]) == []
    assert not LedgerCheckpoint.objects.exists()


def test_of_many_none_is_appended_when_one_cannot_be(cast):
    before = LedgerEntry.objects.count()

    with pytest.raises(LedgerError, match="rate"):
        ledger.append_all([note(), note(rate=0.5)])

    assert LedgerEntry.objects.count() == before


def test_nothing_is_appended_inside_a_transaction_that_could_be_rolled_back(recording_db):
    before = LedgerEntry.objects.count()

    for write in (ledger.append, ledger.enter):
        with pytest.raises(LedgerError, match="inside another"), transaction.atomic():
            write("test.gate:1", "test.gate.asked", by=BY, at=AT)

    assert LedgerEntry.objects.count() == before


def test_a_recorded_row_is_not_appended_to(cast):
    for write in (ledger.append, ledger.enter):
        with pytest.raises(LedgerError, match="is a record"):
            write(cast.unit.ledger_subject, "test.made", by=BY, at=AT)


def test_an_entry_that_is_too_long_is_refused_to_its_caller_alone(cast):
    ledger.sequence(at=AT)
    size = LedgerEntry.objects.count()
    drafts = [prepared(note("test.gate:1", n=1)), prepared(note(text="x" * 65_500), note())]
    drafts.append(prepared(note("test.gate:1", n=2)))
    group = [appending._Waiting(drafts) for drafts in drafts]  # noqa: SLF001 - looked at from within

    appending._commit(group)  # noqa: SLF001 - looked at from within

    assert [waiting.first for waiting in group if not waiting.failure] == [size, size + 1]
    assert isinstance(group[1].failure, LedgerError)
    assert LedgerEntry.objects.count() == size + 2
    assert_chained()


def test_nothing_is_signed_when_every_entry_of_a_group_is_refused(cast):
    ledger.sequence(at=AT)
    size = LedgerEntry.objects.count()

    with pytest.raises(LedgerError, match="bytes"):
        ledger.append("test.gate:1", "test.gate.asked", by=BY, at=AT, body={"text": "x" * 65_500})

    assert LedgerEntry.objects.count() == size
    assert LedgerCheckpoint.objects.count() == 1


def test_entered_entries_wait_for_the_sequencer_and_continue_each_other(recording_db):
    for number in range(3):
        ledger.enter("test.gate:1", "test.gate.asked", by=BY, at=AT, body={"n": number})
    waiting = LedgerEntry.objects.filter(subject="test.gate:1").order_by("revision")
    assert [row.index for row in waiting] == [None] * 3

    ledger.sequence(at=AT)

    assert_chained()
    assert [decode(bytes(row.data)).body for row in waiting.all()] == [{"n": n} for n in range(3)]


def test_an_entry_that_is_too_long_is_not_entered(recording_db):
    for subject in ("test.gate:1", "test.gate:2"):
        with pytest.raises(LedgerError, match="bytes"):
            ledger.enter(subject, "test.gate.asked", by=BY, at=AT, body={"text": "x" * 65_500})
    assert not LedgerEntry.objects.exists()


def test_a_tree_that_was_altered_is_not_appended_to(cast, untriggered):
    ledger.append_all([note()])
    LedgerTile.objects.filter(level=0).update(hashes=b"\x07" * 32 * LedgerEntry.objects.count())
    before = LedgerEntry.objects.count()

    for _time in range(2):
        with pytest.raises(LedgerError, match="not the one of the last checkpoint"):
            ledger.append_all([note()])

    assert LedgerEntry.objects.count() == before
    assert LedgerCheckpoint.objects.count() == 1


def test_a_tile_that_does_not_read_back_is_not_signed_over(cast, monkeypatch):
    monkeypatch.setattr(sequencer, "stored_edge", lambda _size: {None: b"other"})

    with pytest.raises(LedgerError, match="does not read back"):
        ledger.append_all([note()])

    assert not LedgerCheckpoint.objects.exists()


def test_what_a_process_remembers_is_not_believed_of_another_tree(recording_db):
    ledger.append_all([note()])
    with transaction.atomic():
        ledger.note("test.gate:2", "test.gate.asked", by=BY, at=AT)
        ledger.sequence(at=AT)
        transaction.set_rollback(True)

    place = ledger.append("test.gate:3", "test.gate.asked", by=BY, at=AT)

    assert place == Acknowledgement(1, 2)
    assert_covered("test.gate:3", {}, place)


STEPS = st.lists(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), min_size=1, max_size=6),
    min_size=2,
    max_size=6,
)


@given(STEPS, st.integers(1, 4))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_however_threads_interleave_what_was_acknowledged_is_in_the_tree(recording_db, steps, most):
    appender, acknowledged = Appender(most=most), []

    def append(number, turns):
        for turn, (subject, count) in enumerate(turns):
            minutes = timedelta(minutes=(number * 7 + turn) % 5)
            notes = [
                note(f"test.gate:{subject}", at=AT + minutes, thread=number, turn=turn, n=n)
                for n in range(count)
            ]
            places = appender.append(prepared(*notes))
            acknowledged.extend(zip(notes, places, strict=True))

    def rival():
        for number in range(4):
            ledger.enter(f"test.gate:{number}", "test.gate.asked", by=BY, at=AT)
            ledger.sequence(at=AT)

    works = [lambda n=n, turns=turns: append(n, turns) for n, turns in enumerate(steps)]
    failures = in_threads(*works, rival)

    assert failures == []
    assert len(acknowledged) == sum(count for turns in steps for _subject, count in turns)
    ledger.sequence(at=AT)
    for one, place in acknowledged:
        assert_covered(one.subject, one.body, place)
    assert_chained()
    assert verify_record().problems == ()


def test_callers_that_wait_share_a_checkpoint(recording_db):
    appender = Appender()
    with transaction.atomic():
        # Whoever commits first waits for this transaction; the others gather behind it.
        EvidenceItem.objects.update(title="Held")
        sequencer.wait_for_turn()
        works = [lambda n=n: appender.append(prepared(note(f"test.gate:{n}"))) for n in range(9)]
        threads = [threading.Thread(target=in_threads, args=[work]) for work in works]
        for thread in threads:
            thread.start()
        until_queued(appender, 9)
    for thread in threads:
        thread.join()

    assert LedgerEntry.objects.exclude(index=None).count() == 9
    assert LedgerCheckpoint.objects.count() <= 2


def until_queued(appender, count):
    """Return once so many callers wait, but for the group that is being committed."""
    queued = threading.Event()
    while not queued.wait(0.001):
        if len(appender._queue) + appender._expected >= count:  # noqa: SLF001 - looked at from within
            queued.set()


def test_a_failure_is_told_to_each_caller_and_the_next_is_served(recording_db, monkeypatch):
    appender, told = Appender(), []

    def refuse(_group):
        raise OSError("The disk is full.")

    def call():
        try:
            appender.append(prepared(note()))
        except OSError as failure:
            told.append(str(failure))

    with monkeypatch.context() as patched:
        patched.setattr(appending, "_write", refuse)
        assert in_threads(*[call] * 5) == []
    assert told == ["The disk is full."] * 5

    assert appender.append(prepared(note())) == [Acknowledgement(0, 1)]


@pytest.mark.parametrize("where", ["_commit", "_take"])
def test_an_interrupted_caller_leaves_nobody_waiting(recording_db, monkeypatch, where):
    appender, owner = Appender(), {"_commit": appending, "_take": Appender}[where]
    usual, interrupted = getattr(owner, where), threading.Event()

    def interrupt(group):
        if not interrupted.is_set():
            interrupted.set()
            raise KeyboardInterrupt
        return usual(group)

    monkeypatch.setattr(owner, where, interrupt)
    failures = in_threads(*[lambda: appender.append(prepared(note()))] * 6)

    assert {type(failure) for failure in failures} == {KeyboardInterrupt}
    entries = LedgerEntry.objects.count()
    assert entries + len(failures) == 6
    assert appender.append(prepared(note())) == [Acknowledgement(entries, entries + 1)]


def test_ends_of_chains_are_those_of_the_newest_entries(cast):
    ledger.append_all([note("test.gate:1"), note("test.gate:2"), note("test.gate:1")])

    ends = chains.ends_of(["test.gate:1", "test.gate:2", "test.gate:none"])

    assert {subject: end.revision for subject, end in ends.items()} == {
        "test.gate:1": 2,
        "test.gate:2": 1,
    }
    assert all(end.recorded_at == AT for end in ends.values())


@pytest.mark.parametrize("microsecond", [0, 1, 123456])
def test_times_are_kept_as_the_models_keep_them(cast, microsecond):
    local = AT.replace(microsecond=microsecond).astimezone(timezone(timedelta(hours=5)))
    ledger.append_all([note(at=local)])

    (row,) = LedgerEntry.objects.filter(subject="test.gate:1")
    assert row.recorded_at == local
    assert LedgerEntry.objects.filter(pk=row.pk, recorded_at=local).exists()

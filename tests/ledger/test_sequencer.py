import threading
from datetime import timedelta

import factories
import pytest
from django.db import connection, transaction
from factories import AT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twofold.evidence.models import EvidenceItem
from twofold.ledger import actions as ledger
from twofold.ledger import bookkeeping, keys, sequencer
from twofold.ledger.errors import LedgerError
from twofold.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerTile
from twofold.ledger.tail import Tail, root_at, stored_edge
from twofold.reporting.integrity import verify_record
from twofold_verify import checkpoint
from twofold_verify.merkle import EMPTY_ROOT, CompactRange, leaf_hash, root_of
from twofold_verify.note import open_note
from twofold_verify.report import Figures, Findings
from twofold_verify.tiles import tiles_of


def append(unit, count):
    rows = EvidenceItem.objects.bulk_create(
        EvidenceItem(unit=unit, title="Item", kind="report", created_at=AT) for _ in range(count)
    )
    with transaction.atomic():
        ledger.record_all(rows, "added", by="system:test", at=AT)


def sequenced():
    return LedgerEntry.objects.exclude(index=None).order_by("index")


def assert_sound(size):
    """Hold the log against an independent computation over the entries' bytes."""
    assert list(sequenced().values_list("index", flat=True)) == list(range(size))
    hashes = [leaf_hash(bytes(data)) for data in sequenced().values_list("data", flat=True)]
    last = LedgerCheckpoint.objects.order_by("-size").first()
    stated = checkpoint.parse(open_note(last.note, [keys.verifier()]).text)
    assert (stated.size, stated.root) == (size, root_of(hashes))
    kept = set(LedgerTile.objects.values_list("level", "index", "width"))
    assert kept == {(tile.level, tile.index, tile.width) for tile in tiles_of(size)}


def test_nothing_to_do_returns_none(cast):
    assert ledger.sequence(at=AT).size == LedgerEntry.objects.count()
    assert ledger.sequence(at=AT) is None
    assert LedgerCheckpoint.objects.count() == 1


def test_nothing_is_signed_when_a_limit_of_none_is_asked_for(cast):
    assert ledger.sequence(at=AT, limit=0) is None


def test_a_limit_leaves_the_rest_for_the_next_time(cast):
    total = LedgerEntry.objects.count()
    sizes = []
    while made := ledger.sequence(at=AT, limit=7):
        sizes.append(made.size)

    assert sizes == [*range(7, total, 7), total]
    assert_sound(total)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=4))
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_log_is_sound_however_it_grew(cast, steps):
    with transaction.atomic():
        for step in steps:
            append(cast.unit, step)
            ledger.sequence(at=AT, limit=5000)
        assert_sound(LedgerEntry.objects.count())
        assert verify_record().problems == ()
        transaction.set_rollback(True)


@pytest.mark.parametrize("size", [255, 256, 257, 511, 512, 513])
def test_the_log_is_sound_on_both_sides_of_a_full_tile(cast, size):
    append(cast.unit, size - LedgerEntry.objects.count())
    ledger.sequence(at=AT)
    assert_sound(size)

    append(cast.unit, 1)
    ledger.sequence(at=AT)

    assert_sound(size + 1)
    assert verify_record().problems == ()


def grow(old_size, hashes):
    """Lay tiles as the sequencer does, without entries."""
    tail = Tail(keys.verifier(), None, old_size, (), stored_edge(old_size))
    sequencer._grow(tail, hashes)  # noqa: SLF001 - looked at from within


def test_a_third_level_begins_with_entry_65536(cast):
    hashes = [leaf_hash(b"%d" % number) for number in range(65_800)]
    grow(0, hashes[:65_530])

    grow(65_530, hashes[65_530:])

    tree = CompactRange()
    for hash_ in hashes:
        tree.append(hash_)
    assert root_at(65_800) == tree.root()
    kept = set(LedgerTile.objects.values_list("level", "index", "width"))
    assert kept == {(tile.level, tile.index, tile.width) for tile in tiles_of(65_800)}
    assert (2, 0, 1) in kept


def test_of_many_upper_tiles_the_altered_one_is_named(cast, untriggered):
    grow(0, [leaf_hash(b"%d" % number) for number in range(65_800)])
    LedgerTile.objects.filter(level=1, index=1).update(hashes=b"x" * 32)
    findings = Findings()

    bookkeeping.check_tree(findings, keys.verifier())

    named = [problem.record for problem in findings.report(Figures()).problems]
    assert named == ["tile/1/001.p/1"]


def test_the_root_of_nothing_is_the_empty_root(db):
    assert root_at(0) == EMPTY_ROOT


ALTERATIONS = {
    "a waiting entry's bytes": (
        lambda: LedgerEntry.objects.filter(index=None).update(data=b"{}"),
        "does not read back",
    ),
    "the hash of a waiting entry": (
        lambda: LedgerEntry.objects.filter(index=None).update(leaf_hash=b"x" * 32),
        "does not read back",
    ),
    "a tile": (
        lambda: LedgerTile.objects.filter(level=0).update(hashes=b"\x07" * 32 * 19),
        "not the one of the last checkpoint|missing or damaged",
    ),
    "a tile's width": (
        lambda: LedgerTile.objects.filter(level=0).update(width=255),
        "missing or damaged",
    ),
    "a tile's length": (
        lambda: LedgerTile.objects.filter(level=0).update(hashes=b"short"),
        "missing or damaged",
    ),
    "the tiles removed": (lambda: LedgerTile.objects.all().delete(), "missing or damaged"),
    "the checkpoint removed": (
        lambda: LedgerCheckpoint.objects.all().delete(),
        "beyond the last checkpoint",
    ),
    "the checkpoint's note": (
        lambda: LedgerCheckpoint.objects.update(note="forged\n"),
        "not of this installation's key",
    ),
    "the checkpoint's size": (
        lambda: LedgerCheckpoint.objects.update(size=1),
        "beyond the last checkpoint",
    ),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_what_was_altered_is_not_signed_over(cast, untriggered, name):
    alter, message = ALTERATIONS[name]
    ledger.sequence(at=AT)
    append(cast.unit, 3)
    alter()
    before = LedgerCheckpoint.objects.count()

    with pytest.raises(LedgerError, match=message):
        ledger.sequence(at=AT)

    assert LedgerEntry.objects.filter(index=None).count() == 3
    assert LedgerCheckpoint.objects.count() == before


def test_a_key_that_was_lost_and_made_anew_does_not_sign(cast, settings):
    ledger.sequence(at=AT)
    append(cast.unit, 1)
    settings.LEDGER_KEY.unlink()

    with pytest.raises(LedgerError, match="not of this installation's key"):
        ledger.sequence(at=AT)


def in_threads(*works):
    failures = []

    def guarded(work):
        try:
            work()
        except Exception as failure:  # noqa: BLE001 - told by the test
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=guarded, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_two_that_sequence_at_once_leave_a_sound_log(recording_db):
    cast = factories.cast()
    done = threading.Event()

    def write():
        try:
            for _time in range(15):
                append(cast.unit, 20)
        finally:
            done.set()

    def drain():
        while not done.is_set():
            ledger.sequence(at=AT, limit=13)

    failures = in_threads(write, drain, drain)

    assert failures == []
    while ledger.sequence(at=AT):
        pass
    assert_sound(LedgerEntry.objects.count())
    assert verify_record().problems == ()


def test_a_rival_that_is_sequencing_is_not_waited_for(recording_db):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's write lock makes the second wait")
    factories.cast()
    seen = []
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [0x54776F666F6C64])
        failures = in_threads(lambda: seen.append(ledger.sequence(at=AT)))

    assert (seen, failures) == ([None], [])


def test_notes_of_one_subject_written_at_once_continue_each_other(recording_db):
    def write():
        for _time in range(10):
            with transaction.atomic():
                ledger.note("test.export:1", "test.made", by="system:test", at=AT)

    failures = in_threads(write, write)

    assert failures == []
    assert LedgerEntry.objects.filter(subject="test.export:1").count() == 20
    ledger.sequence(at=AT + timedelta(minutes=1))
    assert verify_record().problems == ()

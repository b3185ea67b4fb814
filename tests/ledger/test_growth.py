"""That the log only grew: proofs between its sizes, and checkpoints that somebody kept."""

import factories
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from twofold.ledger import actions as ledger
from twofold.ledger import keys
from twofold.ledger.errors import LedgerError
from twofold.ledger.growth import SizeError, Verdict, growth, hold
from twofold.ledger.models import LedgerCheckpoint, LedgerTile
from twofold.ledger.rotations import rotate_key
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.merkle import EMPTY_ROOT
from twofold_verify.note import Signer, sign
from twofold_verify.proof import verify_consistency

AT = factories.now()


def grow(count):
    with transaction.atomic():
        for number in range(count):
            ledger.note(f"ledger.test:{number}", "ledger.test.grown", by="system:test", at=AT)
    return ledger.sequence(at=AT)


def signed(size, root):
    signer = keys.signer()
    return sign(Checkpoint(signer.name, size, root).text(), signer)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 300), (256, 300), (299, 300), (300, 300)])
def test_proof_between_two_sizes_verifies(db, old, new):
    sizes = {}
    for size in sorted({old, new, 300}):
        while (last := LedgerCheckpoint.objects.order_by("-size").first()) is None or (
            last.size < size
        ):
            grow(size - (last.size if last else 0))
        sizes[size] = bytes(LedgerCheckpoint.objects.get(size=size).root)

    found = growth(old, new)

    assert (found.old_root, found.new_root) == (sizes[old], sizes[new])
    verify_consistency(old, new, found.old_root, found.new_root, found.hashes)


def test_proof_goes_to_the_newest_size_and_from_nothing(db):
    last = grow(5)

    found = growth(0)

    assert (found.old, found.new) == (0, 5)
    assert (found.old_root, found.new_root) == (EMPTY_ROOT, bytes(last.root))
    assert found.hashes == ()


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (3, 2), (2, 6), (6, None)])
def test_sizes_that_the_log_never_had_are_refused(db, old, new):
    grow(5)

    with pytest.raises(SizeError, match="from 0 to 5"):
        growth(old, new)


def test_proof_from_a_damaged_tile_is_refused(untriggered):
    grow(5)
    LedgerTile.objects.update(hashes=b"short")

    with pytest.raises(LedgerError, match="tile"):
        growth(2)


def test_the_newest_checkpoint_is_known_as_such(db):
    last = grow(5)

    held = hold(last.note)

    assert (held.verdict, held.sound, held.size) == (Verdict.SAME, True, 5)
    assert (held.kept.size, held.kept.root) == (5, bytes(last.root))


@pytest.mark.parametrize("size", [1, 5, 260])
def test_the_log_continues_a_checkpoint_that_was_kept(db, size):
    kept = grow(size).note
    grow(40)

    held = hold(kept)

    assert (held.verdict, held.sound) == (Verdict.CONTINUED, True)
    assert (held.kept.size, held.size) == (size, size + 40)


def test_a_checkpoint_of_the_empty_log_is_continued_by_every_log(db):
    grow(3)

    assert hold(signed(0, EMPTY_ROOT)).verdict is Verdict.CONTINUED
    assert hold(signed(0, bytes(32))).verdict is Verdict.CONTRADICTED


def test_line_ends_and_space_of_copying_are_passed_over(db):
    note = grow(5).note

    assert hold("\n  " + note.replace("\n", " \r\n") + "\r\n\r\n").verdict is Verdict.SAME


def test_a_checkpoint_signed_before_the_key_was_rotated_still_counts(recording_db):
    kept = grow(3).note
    rotate_key(by="system:test", at=AT)
    grow(2)

    assert hold(kept).verdict is Verdict.CONTINUED


def test_a_log_that_was_cut_back_is_shorter_than_what_was_kept(db):
    grow(5)

    held = hold(signed(6, bytes(32)))

    assert (held.verdict, held.sound) == (Verdict.BEYOND, False)


@pytest.mark.parametrize("size", [2, 5])
def test_a_log_that_was_rewritten_contradicts_what_was_kept(db, size):
    grow(5)

    held = hold(signed(size, bytes(32)))

    assert (held.verdict, held.sound) == (Verdict.CONTRADICTED, False)


@pytest.mark.parametrize("text", ["", "nonsense", "a\n1\nb\n\n— c d\n"])
def test_what_is_no_checkpoint_is_refused(db, text):
    grow(2)

    with pytest.raises(LedgerError, match="no checkpoint of this log"):
        hold(text)


def test_a_checkpoint_of_a_foreign_key_is_refused(db):
    grow(2)
    foreign = Signer(keys.verifier().name, Ed25519PrivateKey.generate())
    note = sign(Checkpoint(foreign.name, 1, bytes(32)).text(), foreign)

    with pytest.raises(LedgerError, match="no checkpoint of this log"):
        hold(note)


def test_an_empty_log_has_nothing_to_hold_it_against(db):
    with pytest.raises(LedgerError, match="no checkpoint yet"):
        hold("x")

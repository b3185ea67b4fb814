"""Rotation of the log's key, and every place at which it can be cut off."""

import stat
from pathlib import Path

import factories
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction

from twofold.ledger import actions as ledger
from twofold.ledger import keys, rotations, succession, triggers
from twofold.ledger.errors import LedgerError
from twofold.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerRotation
from twofold.ledger.rotations import rotate_key
from twofold.ledger.vouching_queries import key_history
from twofold.people import access
from twofold.people.errors import AccessDenied
from twofold.reporting import vouching
from twofold.reporting.integrity import verify_record
from twofold_verify import rotation
from twofold_verify.entry import decode
from twofold_verify.note import NoteError, Signer, open_note, sign
from twofold_verify.report import Outcome

AT = factories.now()


def grow():
    with transaction.atomic():
        ledger.note("ledger.test:1", "ledger.test.grown", by="system:test", at=AT)
    return ledger.sequence(at=AT)


def rotate():
    return rotate_key(by="system:test", at=AT)


def beside(path, signer):
    return Path(path).with_name(f"{Path(path).name}.{signer.verifier.key_id.hex()}")


def test_the_next_checkpoint_is_signed_by_the_new_key(db):
    old, before = keys.verifier(), grow()

    made = rotate()
    after = grow()

    new = keys.verifier()
    assert new != old
    assert str(made) == "rotation at 2"
    assert new.name == old.name
    assert made.size == before.size + 1
    assert open_note(before.note, [old])
    assert open_note(after.note, [new])
    with pytest.raises(NoteError):
        open_note(after.note, [old])
    assert rotation.walk(old, [made.statement], after.size) == new
    assert rotation.walk(new, [made.statement], before.size) == old


def test_the_rotation_is_an_entry_that_commits_to_the_statement(db):
    made = rotate()

    (row,) = LedgerEntry.objects.filter(subject=rotations.SUBJECT)
    entry = decode(bytes(row.data))
    stated = rotation.read(made.statement)
    assert entry.kind == rotation.KIND
    assert entry.body == {
        "size": 1,
        "old": str(stated.old),
        "new": str(stated.new),
        "statement": rotation.digest(made.statement),
    }


def test_the_record_stays_sound_over_rotations_for_every_key_that_was_pinned(db):
    pinned = [keys.verifier()]
    for _turn in range(3):
        grow()
        rotate()
        grow()
        pinned.append(keys.verifier())

    assert len({str(key) for key in pinned}) == 4
    for key in pinned:
        report = verify_record(key)
        assert report.outcome is Outcome.SOUND, report.problems


def test_a_key_is_rotated_again_once_it_has_signed(db):
    grow()
    rotate()
    key = keys.verifier()

    with pytest.raises(LedgerError, match="rotated already"):
        rotate()

    assert keys.verifier() == key
    grow()
    assert rotate().size == 4
    assert verify_record().outcome is Outcome.SOUND


def test_keys_are_kept_for_their_owner_alone(db, settings):
    old = keys.verifier()
    rotate()

    folder = Path(settings.LEDGER_KEY).parent
    names = {path.name for path in folder.glob("ledger.key*")}
    new = keys.verifier()
    assert names == {"ledger.key", *(f"ledger.key.{key.key_id.hex()}" for key in (old, new))}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.glob("ledger.key*")} == {0o600}


def test_the_history_of_keys_says_who_signed_from_where(db):
    first = keys.verifier()
    assert [(line.key, line.from_size) for line in key_history()] == [(str(first), 0)]
    grow()
    rotate()
    grow()
    second = keys.verifier()
    rotate()

    lines = key_history()

    assert [line.key for line in lines] == [str(first), str(second), str(keys.verifier())]
    assert [line.from_size for line in lines] == [0, 2, 4]
    assert [line.since for line in lines] == [None, AT, AT]


def test_a_rotation_that_ends_before_its_statement_changes_nothing(db, settings):
    old = keys.verifier()
    grow()
    keys.prepare_successor()

    assert keys.verifier() == old
    assert open_note(grow().note, [old])
    assert verify_record().outcome is Outcome.SOUND


def test_a_rotation_that_ends_after_its_statement_is_finished_by_the_next_checkpoint(
    db, monkeypatch
):
    old = keys.verifier()
    grow()
    with monkeypatch.context() as cut_off:
        cut_off.setattr(keys, "promote", lambda _key: None)
        stated = rotation.read(rotate().statement)
    assert keys.verifier() == old

    checkpoint = grow()

    assert keys.verifier() == stated.new
    assert open_note(checkpoint.note, [stated.new])
    assert verify_record(old).outcome is Outcome.SOUND


def test_a_key_is_promoted_as_often_as_is_asked(db):
    rotate()

    assert keys.promote(keys.verifier()).verifier == keys.verifier()


def test_a_machine_without_the_new_key_signs_nothing(db, settings, tmp_path):
    old_file = Path(settings.LEDGER_KEY).read_bytes() if keys.signer() else b""
    rotate()
    settings.LEDGER_KEY = tmp_path / "elsewhere" / "ledger.key"
    settings.LEDGER_KEY.parent.mkdir()
    settings.LEDGER_KEY.write_bytes(old_file)

    with pytest.raises(LedgerError, match="is not here; nothing is signed"):
        grow()

    assert LedgerCheckpoint.objects.count() == 0


def test_a_file_with_another_key_than_its_name_is_not_promoted(db, settings):
    successor = keys.prepare_successor()
    stranger = Ed25519PrivateKey.generate()
    path = beside(settings.LEDGER_KEY, successor)
    path.unlink()
    keys._make(path, stranger, successor.name)

    with pytest.raises(LedgerError, match="does not hold the key of its name"):
        keys.promote(successor.verifier)


def test_key_files_that_cannot_be_made_are_told(db, settings, monkeypatch):
    keys.signer()
    successor = keys.prepare_successor()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.link", full)

    with pytest.raises(LedgerError, match="No space left"):
        rotate()
    with pytest.raises(LedgerError, match="No space left"):
        keys.promote(successor.verifier)
    assert not LedgerRotation.objects.exists()
    assert keys.verifier() != successor.verifier


def test_a_statement_that_was_edited_stops_the_signing_and_is_named(db):
    grow()
    rotate()
    grow()
    triggers.drop(connection)
    LedgerRotation.objects.update(size=1)

    report = verify_record()

    assert [problem.record for problem in report.problems] == ["rotation at 1"]
    LedgerRotation.objects.update(statement="nothing")
    assert verify_record().outcome is Outcome.TAMPERED
    with pytest.raises(LedgerError, match="rotation of the log's key does not hold"):
        grow()
    with pytest.raises(LedgerError, match="rotations of the log's key do not hold"):
        succession.of_key(keys.verifier())
    assert {line.key for line in key_history()} == {""}


def test_a_thief_of_the_old_key_cannot_sign_on(db):
    thief = keys.signer()
    grow()
    rotate()
    last = grow()
    text = last.note.rpartition("\n\n")[0] + "\n"
    triggers.drop(connection)
    LedgerCheckpoint.objects.filter(pk=last.pk).update(note=sign(text, thief))

    assert verify_record(thief.verifier).outcome is Outcome.TAMPERED


def test_the_key_is_rotated_by_administrators_alone(cast):
    with pytest.raises(AccessDenied):
        vouching.rotate_key(by=access.actor_of(cast.owner), at=factories.AT)
    assert not LedgerRotation.objects.exists()

    statement = vouching.rotate_key(by=access.actor_of(cast.administrator), at=factories.AT)

    assert rotation.read(statement).new == keys.verifier()
    assert vouching.policy().logs[0].key == keys.verifier()


def test_signers_of_another_name_are_no_successors():
    one = Signer("a", Ed25519PrivateKey.generate())
    with pytest.raises(rotation.RotationError):
        rotation.state(one, Signer("b", Ed25519PrivateKey.generate()), size=1)

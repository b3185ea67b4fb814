import shutil
import subprocess
import sys
import threading
import zipfile

import factories
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction
from factories import AT, whole_record

from twofold.evidence.models import EvidenceItem, EvidenceVersion
from twofold.evidence.storage import delete_stored, open_stored
from twofold.ledger import actions as ledger
from twofold.ledger import keys
from twofold.ledger.models import (
    LedgerEntry,
    LedgerRevision,
    LedgerTile,
)
from twofold.ledger.source import DatabaseSource
from twofold.people.errors import AccessDenied, Conflict, InvalidInput
from twofold.people.models import Unit
from twofold.reporting.exporting import export_bundle
from twofold.reporting.integrity import verify_record
from twofold.telemetry.queries import open_sealed
from twofold_verify import bundle
from twofold_verify.cli import main as offline
from twofold_verify.note import Signer

DAMAGES = {
    "altered": lambda path: path.write_bytes(b"!" + path.read_bytes()[1:]),
    "removed": lambda path: path.unlink(),
}


def bundle_of(whole, path):
    return export_bundle(path, by=factories.actor(whole.auditor), at=AT)


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_an_exported_bundle_is_sound_and_the_export_is_noted(whole, tmp_path, name):
    path = bundle_of(whole, tmp_path / name)

    assert offline([str(path), "--key", str(keys.verifier())]) == 0
    last = LedgerEntry.objects.order_by("-index")[0]
    assert last.subject == f"ledger.export:person:{whole.auditor.pk}"
    command = [sys.executable, "-m", "twofold_verify", str(path), "--key", str(keys.verifier())]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("SOUND")


def test_a_bundle_is_not_verified_with_a_wrong_key(whole, tmp_path, capsys):
    path = bundle_of(whole, tmp_path / "bundle")
    stranger = Signer(keys.verifier().name, Ed25519PrivateKey.generate()).verifier

    assert offline([str(path), "--key", str(stranger)]) == 1
    assert "not signed by a known key" in capsys.readouterr().out


@pytest.mark.parametrize("zipped", [False, True])
def test_damage_to_any_file_of_a_bundle_is_found(whole, tmp_path, zipped):
    whole_bundle = bundle_of(whole, tmp_path / "bundle")
    names = [str(p.relative_to(whole_bundle)) for p in whole_bundle.rglob("*") if p.is_file()]
    assert len(names) > 8
    for number, name in enumerate(names):
        for damage in ("altered", "removed"):
            copy = tmp_path / f"copy-{number}-{damage}"
            shutil.copytree(whole_bundle, copy)
            DAMAGES[damage](copy / name)
            if zipped:
                with zipfile.ZipFile(copy.with_suffix(".zip"), "w") as archive:
                    for file in sorted(copy.rglob("*")):
                        archive.write(file, file.relative_to(copy))
                copy = copy.with_suffix(".zip")
            status = offline([str(copy), "--key", str(keys.verifier())])
            # Without its introduction for people a bundle says all that it said.
            assert status in {1, 2}, f"{name} {damage}"


TAMPERINGS = {
    "row": lambda whole: Unit.objects.filter(pk=whole.unit.pk).update(name="Another"),
    "entry": lambda whole: LedgerEntry.objects.filter(index=4).update(data=b"{}"),
    "revision": lambda whole: LedgerRevision.objects.update(state="{}"),
    "tile": lambda whole: LedgerTile.objects.filter(width__gt=1).delete(),
    "file": lambda whole: delete_stored(EvidenceVersion.objects.first().stored_sha256),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_what_was_tampered_with_before_an_export_is_found_in_the_bundle(whole, tmp_path, name):
    TAMPERINGS[name](whole)

    # The sequencer would not sign this tree any more: the export is made of what stands.
    bundle.write(DatabaseSource(open_stored, open_sealed), tmp_path / "bundle", at_text="")

    assert offline([str(tmp_path / "bundle"), "--key", str(keys.verifier())]) == 1


def test_an_export_needs_the_permission(whole, tmp_path):
    with pytest.raises(AccessDenied):
        export_bundle(tmp_path / "bundle", by=factories.actor(whole.reviewer), at=AT)

    assert not (tmp_path / "bundle").exists()


def test_an_export_overwrites_nothing_and_makes_no_folders(whole, tmp_path):
    by = factories.actor(whole.auditor)
    (tmp_path / "there").mkdir()

    with pytest.raises(Conflict):
        export_bundle(tmp_path / "there", by=by, at=AT)
    with pytest.raises(InvalidInput):
        export_bundle(tmp_path / "nowhere" / "bundle", by=by, at=AT)

    assert not LedgerEntry.objects.filter(subject__startswith="ledger.export").exists()


def change_titles(stop, item):
    """Commit changes of an item until told to stop."""
    try:
        number = 0
        while not stop.is_set():
            number += 1
            with transaction.atomic():
                EvidenceItem.objects.filter(pk=item.pk).update(title=f"Title {number}")
                ledger.record(item, "changed", by="system:test", at=AT)
            if number % 5 == 0:
                ledger.sequence(at=AT)
            stop.wait(0.002)
    finally:
        connection.close()


@pytest.fixture
def writing(recording_db):
    """A record to which another thread writes as fast as it may."""
    cast = factories.cast()
    whole_record.fill(cast, 300)
    stop = threading.Event()
    thread = threading.Thread(target=change_titles, args=[stop, EvidenceItem.objects.first()])
    thread.start()
    yield cast
    stop.set()
    thread.join()


def test_a_writer_that_commits_meanwhile_makes_no_false_alarm(writing):
    before = LedgerEntry.objects.count()
    for _time in range(12):
        report = verify_record()
        assert report.problems == (), report.problems

    assert LedgerEntry.objects.count() > before


def test_an_export_while_others_write_is_sound(writing, tmp_path):
    path = bundle_of(writing, tmp_path / "bundle")

    assert offline([str(path), "--key", str(keys.verifier())]) == 0


def test_verifying_keeps_no_writer_waiting(recording_db, monkeypatch):
    """A change is committed by another thread while a verification stands in the middle."""
    cast = factories.cast()
    whole_record.fill(cast, 3)
    item = EvidenceItem.objects.first()
    live, written = DatabaseSource.live, []

    def write():
        with transaction.atomic():
            EvidenceItem.objects.filter(pk=item.pk).update(title="Meanwhile")
            ledger.record(item, "changed", by="system:test", at=AT)
        ledger.sequence(at=AT)
        written.append(True)
        connection.close()

    def interrupted(source):
        thread = threading.Thread(target=write)
        thread.start()
        thread.join(timeout=10)
        assert written
        yield from live(source)

    monkeypatch.setattr(DatabaseSource, "live", interrupted)
    assert verify_record().problems == ()

    monkeypatch.setattr(DatabaseSource, "live", live)
    report = verify_record()
    assert report.problems == ()
    assert EvidenceItem.objects.get(pk=item.pk).title == "Meanwhile"

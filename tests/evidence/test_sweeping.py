import os
from datetime import timedelta

import factories
import pytest

from twofold.controls import actions as controls
from twofold.evidence import erasure, sweeping
from twofold.evidence.storage import store_of_installation

LATER = timedelta(days=2)


@pytest.fixture
def item(cast):
    return factories.evidence_item(cast)


def aged(path, days=2):
    old = factories.now().timestamp() - days * 24 * 60 * 60
    os.utime(path, (old, old))


@pytest.fixture(autouse=True)
def arriving(settings, tmp_path):
    """A folder of arriving files that no other test looks into."""
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "arriving"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()


def test_what_nothing_refers_to_is_listed_and_removed_when_it_is_old(item):
    stray = store_of_installation().put([b"nobody refers to it"])

    young = sweeping.sweep(remove=True, at=factories.now())
    kept = sweeping.sweep(remove=False, at=factories.now() + LATER)
    old = sweeping.sweep(remove=True, at=factories.now() + LATER)
    after = sweeping.sweep(remove=True, at=factories.now() + LATER)

    assert [entry.sha256 for entry in young.unreferenced] == [stray.sha256]
    assert [found.removed for found in (young, kept, old)] == [0, 0, 1]
    assert after.unreferenced == ()


def test_what_versions_refer_to_stays(item, monkeypatch):
    monkeypatch.setattr(sweeping, "_TOGETHER", 1)
    store_of_installation().put([b"nobody refers to it"])

    sweeping.sweep(remove=True, at=factories.now() + LATER)

    (left,) = store_of_installation().listing()
    assert left.sha256 == item.versions.get().stored_sha256


def test_what_was_begun_and_never_ended_goes_after_a_day(item, settings):
    half = settings.BLOBS / "unfinished-0123"
    arrived = settings.FILE_UPLOAD_TEMP_DIR / "tmp1.upload"
    young = settings.FILE_UPLOAD_TEMP_DIR / "tmp2.upload"
    for path in (half, arrived, young):
        path.write_bytes(b"half")
    aged(half)
    aged(arrived)

    assert sweeping.remove_forgotten(at=factories.now()) == 2
    assert [path.exists() for path in (half, arrived, young)] == [False, False, True]


def test_an_export_that_ended_with_its_process_goes_after_a_day(settings, db):
    old, young = (settings.FILE_UPLOAD_TEMP_DIR / f"export-{name}" for name in ("old", "young"))
    for folder in (old, young):
        folder.mkdir(parents=True)
        (folder / "bundle.zip").write_bytes(b"half")
    aged(old)

    sweeping.remove_forgotten(at=factories.now())

    assert (old.exists(), young.exists()) == (False, True)


def test_files_of_erased_items_go_at_once(cast, item):
    at = factories.now()
    request = erasure.ask(item, reason="Asked for.", by=factories.actor(cast.lead), at=at)
    controls.erase_evidence(request, by=factories.actor(cast.approver), at=at)

    found = sweeping.sweep(remove=False, at=at)

    assert (found.erased, found.unreferenced) == (1, ())
    assert list(store_of_installation().listing()) == []

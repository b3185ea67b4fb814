"""Stored files in S3, against a real server."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta

import factories
import pytest
from factories import AT, content, whole_record

from twofold.controls import actions as controls
from twofold.evidence import actions, erasure, sweeping
from twofold.evidence.contents import handed_out, keep, open_content
from twofold.evidence.models import EvidenceItem
from twofold.evidence.storage import (
    FolderStore,
    StoreUnavailable,
    delete_stored,
    open_stored,
    store_of_installation,
)
from twofold.people.errors import Conflict
from twofold.reporting.integrity import verify_record

KEY = bytes(32)
MEGABYTE = 1 << 20
PIECES = [bytes([number]) * MEGABYTE for number in range(20)]
# An item's file is uploaded, and the process is killed before its rows are written.
KILLED = """
import json, os, signal, sys
import django
django.setup()
from twofold.evidence import contents
from django.conf import settings
from pathlib import Path
settings.BLOBS = Path(sys.argv[1])
settings.BLOBS_BUCKET = json.loads(sys.argv[2])
contents.keep([b"what was seen"], key=bytes(32), limit=100)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_file_lies_at_its_hash_and_nothing_of_it_in_the_folder(bucket, settings):
    blob = store_of_installation().put([b"what ", b"was seen"])

    assert blob.sha256 == hashlib.sha256(b"what was seen").hexdigest()
    assert bucket.objects() == [f"{blob.sha256[:2]}/{blob.sha256}"]
    with open_stored(blob.sha256) as file:
        assert file.read() == b"what was seen"
    assert not [path for path in settings.BLOBS.rglob("*") if path.is_file()]


def test_a_large_file_goes_up_in_parts_and_comes_back_in_pieces(bucket):
    kept = keep(iter(PIECES), key=KEY, limit=len(PIECES) * MEGABYTE)

    digest = hashlib.sha256()
    with open_stored(kept.stored_sha256) as file:
        while piece := file.read(100_000):
            digest.update(piece)
    assert digest.hexdigest() == kept.stored_sha256
    (listed,) = store_of_installation().listing()
    assert (listed.sha256, listed.size) == (kept.stored_sha256, kept.stored_size)


@pytest.mark.parametrize("pieces", [[b"small"], PIECES[:9]])
def test_what_lies_at_an_address_is_not_written_again(locked_bucket, pieces):
    store = store_of_installation()

    assert store.put(pieces) == store.put(pieces)
    assert len(locked_bucket.versions()) == 1


def test_a_file_is_deleted_once_and_then_not_there(bucket):
    blob = store_of_installation().put([b"seen"])

    assert delete_stored(blob.sha256)
    assert not delete_stored(blob.sha256)
    assert open_stored(blob.sha256) is None


def test_evidence_in_a_bucket_is_added_handed_out_and_verified(cast, bucket):
    item = factories.evidence_item(cast)
    whole_record.sequence()

    assert b"".join(handed_out(item.versions.get())) == b"what was seen"
    assert verify_record().problems == ()


def test_an_object_that_was_exchanged_is_found_and_not_handed_out(cast, bucket):
    item = factories.evidence_item(cast)
    version = item.versions.get()
    whole_record.sequence()
    (name,) = bucket.objects()
    with open_stored(version.stored_sha256) as file:
        altered = file.read()[:-1] + b"!"

    assert bucket.write(name, altered) == 200

    with pytest.raises(Conflict, match="altered"):
        handed_out(version)
    (problem,) = verify_record().problems
    assert "was altered" in problem.message


def test_files_from_before_the_bucket_are_found_in_the_folder(bucket, settings):
    blob = FolderStore(settings.BLOBS).put([b"from before"])

    with open_stored(blob.sha256) as file:
        assert file.read() == b"from before"
    assert delete_stored(blob.sha256)
    assert open_stored(blob.sha256) is None


def test_what_a_locked_bucket_keeps_of_an_erased_item_cannot_be_read(
    cast, locked_bucket, django_capture_on_commit_callbacks
):
    item = factories.evidence_item(cast)
    version = item.versions.get()
    request = erasure.ask(item, reason="Asked for.", by=factories.actor(cast.lead), at=AT)
    with django_capture_on_commit_callbacks(execute=True):
        controls.erase_evidence(request, by=factories.actor(cast.approver), at=AT)

    ((name, version_id),) = locked_bucket.versions()
    assert locked_bucket.delete_version(name, version_id) == 403
    assert open_stored(version.stored_sha256) is None
    version.refresh_from_db()
    assert open_content(version) is None


def test_a_crash_between_upload_and_commit_leaves_an_object_that_a_sweep_finds(
    cast, bucket, settings, tmp_path
):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "twofold.config.settings",
        "TWOFOLD_DATA": str(tmp_path / "data"),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, settings.BLOBS, json.dumps(bucket.setting)],
        check=False,
        env=environment,
    )
    kept = factories.evidence_item(cast).versions.get().stored_sha256

    seen = sweeping.sweep(remove=True, at=factories.now())
    later = sweeping.sweep(remove=True, at=factories.now() + timedelta(days=2))

    assert ended.returncode == -signal.SIGKILL
    assert EvidenceItem.objects.count() == 1
    assert len(seen.unreferenced) == 1
    assert seen.unreferenced[0].sha256 != kept
    assert (seen.removed, later.removed) == (0, 1)
    assert [name.rpartition("/")[2] for name in bucket.objects()] == [kept]


def test_a_service_that_does_not_answer_is_told_and_nothing_is_half_written(cast, settings, bucket):
    item = factories.evidence_item(cast)
    version = item.versions.get()
    settings.BLOBS_BUCKET = {**settings.BLOBS_BUCKET, "name": "no-such-bucket-here"}
    by = factories.actor(cast.owner)

    assert open_stored(version.stored_sha256) is None
    settings.BLOBS_BUCKET = {**settings.BLOBS_BUCKET, "endpoint": "http://127.0.0.1:9"}
    with pytest.raises(StoreUnavailable, match="bucket no-such-bucket-here refuses"):
        open_stored(version.stored_sha256)
    with pytest.raises(Conflict, match="cannot be stored now") as refusal:
        actions.add_version(item, content=content(b"second"), by=by, at=AT)
    assert refusal.value.field == "file"
    assert item.versions.count() == 1
    assert not [path for path in settings.BLOBS.rglob("*") if path.is_file()]


def test_wrong_credentials_are_told(bucket, monkeypatch, settings):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    settings.BLOBS_BUCKET = {**settings.BLOBS_BUCKET, "prefix": "elsewhere"}

    with pytest.raises(StoreUnavailable, match="refuses"):
        store_of_installation().put([b"seen"])

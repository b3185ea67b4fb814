import hashlib
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twofold.evidence.contents import ContentEmpty, ContentTooLarge, keep
from twofold.evidence.storage import FolderStore, delete_stored, open_stored

DAY = 24 * 60 * 60
KEY = bytes(32)
KILLED = """
import os, signal, sys
from pathlib import Path
from twofold.evidence.storage.folder import FolderStore
def chunks():
    yield b"half of it"
    os.kill(os.getpid(), signal.SIGKILL)
FolderStore(Path(sys.argv[1])).put(chunks())
"""


@pytest.fixture
def store(settings):
    return FolderStore(settings.BLOBS)


def files(folder):
    return sorted(path for path in Path(folder).rglob("*") if path.is_file())


def test_a_file_is_found_by_its_hash(store, settings):
    blob = store.put([b"what ", b"", b"was seen"])

    assert (blob.sha256, blob.size) == (hashlib.sha256(b"what was seen").hexdigest(), 13)
    with open_stored(blob.sha256) as file:
        assert file.read() == b"what was seen"
    assert files(settings.BLOBS) == [store.path_of(blob.sha256)]


def test_the_same_bytes_are_stored_once(store, settings):
    assert store.put([b"same"]) == store.put([b"sa", b"me"])
    assert len(files(settings.BLOBS)) == 1


def test_what_is_stored_is_listed_and_what_is_unfinished_is_not(store, settings):
    blob = store.put([b"seen"])
    (settings.BLOBS / "unfinished-0").write_bytes(b"half")
    (settings.BLOBS / blob.sha256[:2] / "notes.txt").write_text("by somebody")

    (listed,) = store.listing()

    assert (listed.sha256, listed.size) == (blob.sha256, 4)
    assert abs(datetime.now(UTC).timestamp() - listed.written_at.timestamp()) < 60  # noqa: TID251 - the store has the real clock


def test_a_file_is_deleted_once(store):
    blob = store.put([b"seen"])

    assert delete_stored(blob.sha256)
    assert not delete_stored(blob.sha256)
    assert open_stored(blob.sha256) is None


@pytest.mark.parametrize("address", ["0" * 64, "", "../../etc/passwd", "0" * 63 + "G"])
def test_a_file_that_is_not_there_is_none(address):
    assert open_stored(address) is None


def test_nothing_is_kept_of_a_content_that_is_too_large(settings):
    with pytest.raises(ContentTooLarge):
        keep([b"12345", b"6"], key=KEY, limit=5)

    assert files(settings.BLOBS) == []


@pytest.mark.parametrize("chunks", [[], [b"", b""]])
def test_nothing_is_kept_of_an_empty_content(settings, chunks):
    with pytest.raises(ContentEmpty):
        keep(chunks, key=KEY, limit=5)

    assert files(settings.BLOBS) == []


def test_nothing_is_kept_of_a_stream_that_breaks_off(settings):
    def broken():
        yield b"half of it"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        keep(broken(), key=KEY, limit=1000)

    assert files(settings.BLOBS) == []


def test_a_content_is_measured_in_clear_and_as_it_lies():
    kept = keep([b"what was seen"], key=KEY, limit=13)

    assert (kept.sha256, kept.size) == (hashlib.sha256(b"what was seen").hexdigest(), 13)
    with open_stored(kept.stored_sha256) as file:
        lying = file.read()
    assert (hashlib.sha256(lying).hexdigest(), len(lying)) == (kept.stored_sha256, kept.stored_size)
    assert b"seen" not in lying


def test_a_killed_process_leaves_no_half_file_at_an_address_and_its_rest_goes_a_day_later(
    store, settings
):
    subprocess.run([sys.executable, "-c", KILLED, settings.BLOBS], check=False, env=python_path())
    (rest,) = files(settings.BLOBS)
    store.put([b"soon after"])
    kept_at_first = rest.exists()
    old = time.time() - 2 * DAY
    os.utime(rest, (old, old))
    store.put([b"days after"])

    assert rest.name.startswith("unfinished-")
    assert kept_at_first
    assert not rest.exists()
    assert len(files(settings.BLOBS)) == 2


def python_path():
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }

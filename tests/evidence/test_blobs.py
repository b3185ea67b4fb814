import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from twofold.evidence.blobs import BlobEmpty, BlobTooLarge, open_blob, path_of, store

DAY = 24 * 60 * 60
KILLED = """
import os, signal, sys
from django.conf import settings
settings.configure(BLOBS=sys.argv[1])
from twofold.evidence.blobs import store
def chunks():
    yield b"half of it"
    os.kill(os.getpid(), signal.SIGKILL)
store(chunks(), limit=1000)
"""


def files(folder):
    return sorted(path for path in Path(folder).rglob("*") if path.is_file())


def test_a_file_is_found_by_its_hash(settings):
    blob = store([b"what ", b"", b"was seen"], limit=13)

    assert (blob.sha256, blob.size) == (hashlib.sha256(b"what was seen").hexdigest(), 13)
    with open_blob(blob.sha256) as file:
        assert file.read() == b"what was seen"
    assert files(settings.BLOBS) == [path_of(blob.sha256)]


def test_the_same_bytes_are_stored_once(settings):
    assert store([b"same"], limit=9) == store([b"sa", b"me"], limit=9)
    assert len(files(settings.BLOBS)) == 1


def test_nothing_is_kept_of_a_file_that_is_too_large(settings):
    with pytest.raises(BlobTooLarge):
        store([b"12345", b"6"], limit=5)

    assert files(settings.BLOBS) == []


@pytest.mark.parametrize("chunks", [[], [b"", b""]])
def test_nothing_is_kept_of_an_empty_file(settings, chunks):
    with pytest.raises(BlobEmpty):
        store(chunks, limit=5)

    assert files(settings.BLOBS) == []


def test_nothing_is_kept_of_a_stream_that_breaks_off(settings):
    def broken():
        yield b"half of it"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store(broken(), limit=1000)

    assert files(settings.BLOBS) == []


def test_a_killed_process_leaves_no_half_file_at_an_address_and_its_rest_goes_a_day_later(settings):
    subprocess.run([sys.executable, "-c", KILLED, settings.BLOBS], check=False, env=python_path())
    (rest,) = files(settings.BLOBS)
    store([b"soon after"], limit=100)
    kept_at_first = rest.exists()
    old = time.time() - 2 * DAY
    os.utime(rest, (old, old))
    store([b"days after"], limit=100)

    assert rest.name.startswith("unfinished-")
    assert kept_at_first
    assert not rest.exists()
    assert len(files(settings.BLOBS)) == 2


def python_path():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def test_a_file_that_is_not_there_is_none(settings):
    assert open_blob("0" * 64) is None

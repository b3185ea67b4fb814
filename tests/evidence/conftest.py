"""Fixtures of stored files: a real S3 server, installations that keep theirs in it, a scanner."""

import itertools
from collections.abc import Iterator

import pytest
from factories.buckets import (
    ACCESS_KEY,
    LOCKED,
    PLAIN,
    SECRET_KEY,
    Place,
    S3Server,
    shared_server,
)
from factories.scanner import Scanner, running_scanner
from pytest_django.fixtures import Settings

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scanner]:
    """A real scanner that knows one signature, ours."""
    with running_scanner(tmp_path_factory.mktemp("clamd")) as scanner:
        yield scanner


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[S3Server]:
    """The S3 server of this run of the suite, whichever of its processes asks."""
    base = tmp_path_factory.getbasetemp()
    with shared_server((base if worker_id == "master" else base.parent) / "s3") as server:
        yield server


@pytest.fixture
def bucket(
    s3: S3Server, settings: Settings, monkeypatch: pytest.MonkeyPatch, worker_id: str
) -> Place:
    """A new place in a bucket, in which the installation of the test keeps its files."""
    return _installed(Place(s3, PLAIN, f"{worker_id}-{next(_numbers)}"), settings, monkeypatch)


@pytest.fixture
def locked_bucket(
    s3: S3Server, settings: Settings, monkeypatch: pytest.MonkeyPatch, worker_id: str
) -> Place:
    """The same in a bucket that locks objects for a day."""
    return _installed(Place(s3, LOCKED, f"{worker_id}-{next(_numbers)}"), settings, monkeypatch)


def _installed(place: Place, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    settings.BLOBS_BUCKET = place.setting
    return place

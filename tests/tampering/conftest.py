"""The record that every class of tampering is tried on, once for all tests of a module."""

import threading
from collections.abc import Iterator

import pytest
from django.test import override_settings
from factories.outsiders import ServedAuthority, TimeAuthority
from pytest_django import DjangoDbBlocker
from pytest_socket import enable_socket

from tampering.record import Record, made, places


@pytest.fixture(autouse=True)
def own_folder() -> None:
    """Nothing of its own: a test works on the folder of the record."""


@pytest.fixture(scope="module")
def record(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    authority: TimeAuthority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Record]:
    """The record in the test's database, whose triggers are dropped; all of it is rolled back."""
    enable_socket()
    other = TimeAuthority(tmp_path_factory.mktemp("other-authority"))
    served = ServedAuthority(authority)
    thread = threading.Thread(target=served.server.serve_forever, args=(0.01,))
    thread.start()
    folder = tmp_path_factory.mktemp("record")
    try:
        with django_db_blocker.unblock(), made(folder, authority, other, served) as found:
            yield found
    finally:
        served.server.shutdown()
        thread.join()
        served.server.server_close()


@pytest.fixture
def tampered(record: Record, db: None) -> Iterator[Record]:
    """The record, for a test that undoes what it does to it."""
    with override_settings(**places(record.folder)):
        yield record

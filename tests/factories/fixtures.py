"""Fixtures that every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

import factories
from twofold.ledger import triggers
from twofold.telemetry import segments


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, settings: Settings) -> Iterator[None]:
    """Give each test stored files, segments and a ledger key of its own."""
    settings.BLOBS = tmp_path / "blobs"
    settings.EVIDENCE_KEY_FILE = tmp_path / "evidence.key"
    settings.TELEMETRY = tmp_path / "telemetry"
    settings.LEDGER_KEY = tmp_path / "ledger.key"
    settings.SETUP_CODE = tmp_path / "setup.code"
    yield
    segments.writer.close()


@pytest.fixture
def cast(db: None) -> factories.Cast:
    """The fixed cast, in a test whose changes are rolled back."""
    return factories.cast()


@pytest.fixture
def restored_triggers(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Create the append-only triggers again, after the tables were cleared."""
    yield
    with django_db_blocker.unblock():
        triggers.drop(connection)
        triggers.create(connection)


@pytest.fixture
def recording_db(restored_triggers: None, transactional_db: None) -> Iterator[None]:
    """A database whose changes are committed; its append-only tables are cleared at the end."""
    yield
    triggers.drop(connection)


@pytest.fixture
def untriggered(db: None) -> None:
    """Let a test tamper with the ledger's own tables, as an insider with the database can."""
    triggers.drop(connection)

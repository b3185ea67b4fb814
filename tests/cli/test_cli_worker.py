import time

import factories
import pytest

from twofold.cli import worker
from twofold.cli.worker import Worker, drain, working
from twofold.ledger.models import LedgerEntry
from twofold.ledger.queries import position
from twofold.telemetry import actions as telemetry
from twofold.telemetry.models import DayProfile, SealedFile


@pytest.fixture
def events(cast):
    """Sixty events that are accepted and not yet counted."""
    system = factories.system(cast, code="loans", at=factories.now())
    schema = factories.schema(system, cast, at=factories.now())
    body = factories.body(factories.events(60, at=factories.now()))
    telemetry.accept_events(schema, body=body, by=factories.actor(cast.engineer),
                            at=factories.now())  # fmt: skip


def test_all_that_waits_is_done_at_once(events):
    drain(seal_everything=True)

    assert sum(DayProfile.objects.values_list("events", flat=True)) == 60
    assert SealedFile.objects.exists()
    assert position().waiting == 0


def test_a_step_that_fails_keeps_none_from_running(events, monkeypatch, caplog):
    def fail(**_told):
        raise OSError("the disk is full")

    monkeypatch.setattr(worker, "seal", fail)

    assert not Worker().run_once()

    assert "the disk is full" in caplog.text
    assert DayProfile.objects.exists()
    assert position().waiting == 0


def test_no_step_begins_after_the_stop(events):
    stopped = Worker()
    stopped.stop()

    stopped.run_once()

    assert not DayProfile.objects.exists()
    assert LedgerEntry.objects.filter(index=None).exists()


def test_the_worker_beside_a_block_ends_with_it(recording_db):
    factories.cast(factories.now())
    patience = time.monotonic() + 20

    with working() as thread:
        while position().waiting and time.monotonic() < patience:
            time.sleep(0.02)

    assert not thread.is_alive()
    assert position().waiting == 0 < position().size


def test_events_that_come_in_wake_a_worker_that_pauses(recording_db, monkeypatch):
    # By the clock alone it would look again after a minute, long after patience is over.
    monkeypatch.setattr(worker, "PAUSE_S", 60.0)
    cast = factories.cast(factories.now())
    system = factories.system(cast, code="loans", at=factories.now())
    schema = factories.schema(system, cast, at=factories.now())
    body = factories.body(factories.events(60, at=factories.now()))
    patience = time.monotonic() + 20

    with working() as thread:
        while position().waiting and time.monotonic() < patience:
            time.sleep(0.02)
        telemetry.accept_events(
            schema, body=body, by=factories.actor(cast.engineer), at=factories.now()
        )
        while not DayProfile.objects.exists() and time.monotonic() < patience:
            time.sleep(0.02)

    assert DayProfile.objects.exists()
    assert not thread.is_alive()

"""A batch whose bytes are gone is set aside in sight of all, and holds nobody up."""

import logging
from datetime import timedelta
from pathlib import Path

import factories
import pytest
from factories import AT, FIELDS, monitored
from factories.monitored import count, send

from twofold.ledger.queries import history
from twofold.reporting.monitoring import system_monitoring
from twofold.telemetry import segments
from twofold.telemetry.damage import RETRY_AFTER
from twofold.telemetry.models import Batch, DayProfile, SealedFile
from twofold.telemetry.queries import damaged_batches, something_to_profile
from twofold.telemetry.sealing import seal


@pytest.fixture
def two_batches(loans, cast):
    """Two accepted batches, in a segment each."""
    send(loans, cast, factories.events(3, name="first"))
    segments.writer.close()
    send(loans, cast, factories.events(4, name="second"))
    return list(Batch.objects.order_by("id"))


def segment_of(batch, settings):
    return Path(settings.TELEMETRY) / "segments" / batch.segment


def damage(batch, settings):
    """Flip one byte of a batch and return what undoes it."""
    path = segment_of(batch, settings)
    data = path.read_bytes()
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    return lambda: path.write_bytes(data)


def kinds(batch):
    return [line.entry.kind for line in history(f"telemetry.batch:{batch.pk}")]


def test_a_damaged_batch_is_set_aside_and_the_others_are_counted(
    two_batches, loans, settings, caplog
):
    damage(two_batches[0], settings)

    with caplog.at_level(logging.ERROR, "twofold.telemetry"):
        assert count() == 2

    poisoned = Batch.objects.get(profiled=False)
    assert DayProfile.objects.get().events == 4
    assert poisoned == two_batches[0]
    assert poisoned.damage == f"Segment {poisoned.segment} is damaged at byte 0."
    assert "3 accepted events cannot be read" in caplog.text
    assert poisoned.segment in caplog.text
    assert kinds(poisoned) == ["telemetry.batch.damaged"]
    assert list(damaged_batches([loans.system])) == [poisoned]
    assert system_monitoring(loans.system, on=AT.date()).damaged == 3


def test_a_damaged_batch_is_left_alone_for_an_hour_and_told_of_once_in_the_ledger(
    two_batches, settings
):
    damage(two_batches[0], settings)
    count()

    assert count(at=AT + RETRY_AFTER - timedelta(seconds=1)) == 0
    assert not something_to_profile()
    assert count(at=AT + RETRY_AFTER) == 1
    assert Batch.objects.get(profiled=False).damaged_at == AT + RETRY_AFTER
    assert kinds(two_batches[0]) == ["telemetry.batch.damaged"]


def test_a_segment_that_comes_back_is_counted_after_all(two_batches, loans, settings):
    restore = damage(two_batches[0], settings)
    count()
    restore()

    assert count(at=AT + RETRY_AFTER) == 1
    assert DayProfile.objects.get().events == 7
    assert kinds(two_batches[0]) == ["telemetry.batch.restored", "telemetry.batch.damaged"]
    assert not damaged_batches([loans.system]).exists()


def test_sealing_sets_a_damaged_batch_aside_and_keeps_its_segment(two_batches, settings):
    count()
    segment_of(two_batches[0], settings).unlink()
    segments.writer.close()

    made = seal(by=monitored.WORKER, at=AT, everything=True)

    assert [file.events for file in made] == [4]
    assert list(Batch.objects.all()) == [two_batches[0]]
    assert Batch.objects.get().damage.endswith("is missing.")
    assert seal(by=monitored.WORKER, at=AT, everything=True) == []


def test_what_comes_back_is_sealed_in_a_file_of_its_own(two_batches, settings):
    count()
    path = segment_of(two_batches[0], settings)
    aside = path.rename(path.with_suffix(".aside"))
    seal(by=monitored.WORKER, at=AT, everything=True)
    aside.rename(path)

    made = seal(by=monitored.WORKER, at=AT + RETRY_AFTER, everything=True)

    assert [file.events for file in made] == [3]
    assert SealedFile.objects.count() == 2
    assert not Batch.objects.exists()


def test_only_damaged_batches_make_no_file(two_batches, settings):
    count()
    for batch in two_batches:
        segment_of(batch, settings).unlink()

    assert seal(by=monitored.WORKER, at=AT, everything=True) == []
    assert Batch.objects.exclude(damaged_at=None).count() == 2


def test_events_that_no_longer_fit_their_schema_are_damage_too(two_batches, loans):
    # An edit of the declaration behind the application's back.
    loans.fields = [{**FIELDS[0], "type": "boolean"}, *FIELDS[1:]]
    loans.save()

    assert count() == 2
    assert Batch.objects.filter(profiled=False).exclude(damage="").count() == 2
    assert not DayProfile.objects.exists()

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import factories
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from factories import AT, monitored
from factories.monitored import count, send

from twofold.ledger import actions as ledger
from twofold.ledger.queries import history
from twofold.reporting.integrity import verify_record
from twofold.telemetry import sealing, segments
from twofold.telemetry.models import Batch, SealedFile
from twofold.telemetry.queries import open_sealed

SOON = AT + timedelta(seconds=59)
LATER = AT + timedelta(minutes=1)


def seal(*, at=LATER, everything=False):
    return sealing.seal(by=monitored.WORKER, at=at, everything=everything)


def table_of(file, settings):
    return pq.ParquetFile(Path(settings.TELEMETRY) / file.path).read()


def test_a_file_holds_exactly_the_events_with_their_types(loans, cast, settings):
    events = [
        {
            "id": "a",
            "at": "2026-11-20T10:30:00.123456+02:00",
            "values": {"amount": 1.5, "approved": True, "score": 0.25, "sex": "f\u00e9"},
        },
        {"id": "b", "at": "2026-11-20T08:00:00Z", "values": {"repaid": None, "amount": 2}},
    ]
    send(loans, cast, events)
    count()

    (file,) = seal()

    table = table_of(file, settings)
    assert table.schema.remove_metadata() == pa.schema(
        [
            ("event_id", pa.string()),
            ("event_at", pa.timestamp("us", tz="UTC")),
            ("value_amount", pa.float64()),
            ("value_approved", pa.bool_()),
            ("value_score", pa.float64()),
            ("value_repaid", pa.bool_()),
            ("value_sex", pa.string()),
        ]
    )
    assert table.to_pylist() == [
        {
            "event_id": "a",
            "event_at": datetime(2026, 11, 20, 8, 30, 0, 123456, tzinfo=UTC),
            "value_amount": 1.5,
            "value_approved": True,
            "value_score": 0.25,
            "value_repaid": None,
            "value_sex": "f\u00e9",
        },
        {
            "event_id": "b",
            "event_at": datetime(2026, 11, 20, 8, tzinfo=UTC),
            "value_amount": 2.0,
            "value_approved": None,
            "value_score": None,
            "value_repaid": None,
            "value_sex": None,
        },
    ]


def test_what_is_counted_is_sealed_once_and_each_day_in_a_file(loans, cast, settings):
    send(loans, cast, factories.events(3) + factories.events(2, name="b", at=AT - timedelta(1)))
    count()

    made = seal()

    assert [(file.day.day, file.events) for file in made] == [(19, 2), (20, 3)]
    assert seal() == []
    assert not Batch.objects.exists()
    assert [len(table_of(file, settings)) for file in made] == [2, 3]


def test_the_ledger_commits_to_the_file_and_verification_reads_it(loans, cast, settings):
    send(loans, cast, factories.events(3))
    count()
    (file,) = seal()
    path = Path(settings.TELEMETRY) / file.path
    while ledger.sequence(at=LATER):
        pass

    (line,) = history(file.ledger_subject)
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert [(blob.sha256, blob.size) for blob in line.entry.blobs] == [
        (file.sha256, path.stat().st_size)
    ]
    assert verify_record().exit_status == 0
    path.write_bytes(path.read_bytes() + b" ")
    report = verify_record()
    assert report.exit_status == 1
    assert file.sha256 in str(report.problems)


def test_a_sealed_file_is_found_by_its_hash(loans, cast):
    send(loans, cast, factories.events(3))
    count()
    (file,) = seal()

    with open_sealed(file.sha256) as found:
        assert hashlib.file_digest(found, "sha256").hexdigest() == file.sha256
        Path(found.name).unlink()
    assert open_sealed(file.sha256) is None
    assert open_sealed("0" * 64) is None


def test_uncounted_events_are_not_sealed(loans, cast):
    send(loans, cast, factories.events(3))

    assert seal(everything=True) == []
    assert Batch.objects.count() == 1


def test_events_wait_until_they_are_old_or_many(loans, cast, monkeypatch):
    send(loans, cast, factories.events(3))
    count()

    assert seal(at=SOON) == []
    monkeypatch.setattr(sealing, "READY_EVENTS", 3)
    assert [file.events for file in seal(at=SOON)] == [3]


def test_one_system_that_waits_does_not_seal_another(loans, cast):
    young = factories.schema(factories.system(cast), cast)
    send(loans, cast, factories.events(3))
    send(young, cast, factories.events(3), at=SOON)
    count()

    assert [file.schema for file in seal()] == [loans]
    assert [file.schema for file in seal(everything=True)] == [young]


def test_no_more_events_are_held_at_once_than_a_portion(loans, cast, monkeypatch):
    monkeypatch.setattr(sealing, "PORTION_EVENTS", 5)
    for number, size in enumerate((2, 3, 1, 9, 4)):
        send(loans, cast, factories.events(size, name=str(number)))
    count()

    assert [file.events for file in seal()] == [5, 1, 9, 4]
    assert len({file.path for file in SealedFile.objects.all()}) == 4


def test_segments_go_when_all_they_held_is_sealed_and_nobody_writes(loans, cast):
    send(loans, cast, factories.events(3))
    count()
    first = segments.names()
    seal()
    held_by_the_writer = segments.names()
    segments.writer.close()
    send(loans, cast, factories.events(3, name="b"))
    count()
    send(loans, cast, factories.events(3, name="c"))
    seal()
    segments.writer.close()

    assert held_by_the_writer == first
    assert len(segments.names()) == 1
    assert segments.names() == [Batch.objects.get().segment]


def test_a_crash_before_the_commit_leaves_a_file_that_the_next_attempt_writes_over(
    loans, cast, settings
):
    send(loans, cast, factories.events(3))
    count()

    with pytest.raises(monitored.PowerCut):
        monitored.cut_short(seal)
    left_behind = sorted(Path(settings.TELEMETRY).rglob("*.parquet"))
    send(loans, cast, factories.events(2, name="more"))
    count()
    (file,) = seal()

    assert left_behind == [Path(settings.TELEMETRY) / file.path]
    assert sorted(Path(settings.TELEMETRY).rglob("*.parquet*")) == left_behind
    assert len(table_of(file, settings)) == file.events == 5


def test_a_disk_that_refuses_seals_nothing_and_loses_nothing(loans, cast, settings):
    send(loans, cast, factories.events(3))
    count()
    blocked = Path(settings.TELEMETRY) / "sealed"
    blocked.write_text("a file stands where the folder should")
    with pytest.raises(OSError, match="sealed"):
        seal()
    blocked.unlink()

    assert [file.events for file in seal()] == [3]

"""What is acknowledged is durable and counted once; what fails leaves nothing."""

import threading
import time
from pathlib import Path
from uuid import uuid4

import factories
import pytest
from django.db import DatabaseError, connection, transaction
from factories import AT, FIELDS, monitored
from factories.monitored import send

from twofold.inventory.models import AISystem
from twofold.telemetry import actions, segments
from twofold.telemetry.events import codec_of
from twofold.telemetry.intake import intake
from twofold.telemetry.models import Batch, DayProfile, EventId, EventSchema


def receipt(answer):
    return answer.accepted, answer.duplicates


def decoded(schema, events):
    return codec_of(schema).decode(factories.body(events), at=AT)


def test_a_batch_sent_again_changes_nothing(loans, cast):
    events = factories.events(5)

    assert receipt(send(loans, cast, events)) == (5, 0)
    assert receipt(send(loans, cast, events)) == (0, 5)
    assert Batch.objects.get().events == EventId.objects.count() == 5


def test_the_first_of_an_id_within_a_batch_is_kept(loans, cast):
    first, second = factories.events(2)

    assert receipt(send(loans, cast, [first, second, {**second, "id": first["id"]}])) == (2, 1)
    monitored.count()
    assert DayProfile.objects.get().events == 2


def test_an_id_is_known_across_the_versions_of_a_schema(loans, cast):
    newer = factories.schema(loans.system, cast, version="2")
    send(loans, cast, factories.events(3))

    assert receipt(send(newer, cast, factories.events(4))) == (1, 3)


def test_an_id_is_free_in_another_system(loans, cast):
    other = factories.schema(factories.system(cast), cast)
    send(loans, cast, factories.events(3))

    assert receipt(send(other, cast, factories.events(3))) == (3, 0)


def test_ids_beyond_one_statement_are_known_again(loans, cast):
    events = factories.events(6000)

    assert receipt(send(loans, cast, events)) == (6000, 0)
    assert receipt(send(loans, cast, events[::-1])) == (0, 6000)


def test_a_folder_that_refuses_leaves_nothing_and_the_next_batch_is_accepted(
    recording_db, settings
):
    cast = factories.cast()
    schema = factories.schema(factories.system(cast), cast)
    blocked = Path(settings.TELEMETRY)
    blocked.write_text("a file stands where the folder should")

    with pytest.raises(OSError, match="Not a directory"):
        send(schema, cast, factories.events(3))
    nothing = not Batch.objects.exists() and not EventId.objects.exists()
    blocked.unlink()

    assert nothing
    assert receipt(send(schema, cast, factories.events(3))) == (3, 0)


def test_a_database_that_refuses_leaves_nothing_and_bytes_without_a_row_are_not_counted(
    recording_db,
):
    cast = factories.cast()
    schema = factories.schema(factories.system(cast), cast)
    send(schema, cast, factories.events(2, name="before"))
    homeless = EventSchema(system=AISystem(pk=uuid4()), fields=list(FIELDS))

    with pytest.raises(DatabaseError):
        intake.submit(homeless, decoded(homeless, factories.events(3)), at=AT)

    assert EventId.objects.count() == 2
    assert receipt(send(schema, cast, factories.events(4, name="after"))) == (4, 0)
    monitored.count()
    assert DayProfile.objects.get().events == 6


def test_an_answer_is_never_given_inside_a_transaction_that_may_be_rolled_back(recording_db):
    cast = factories.cast()
    schema = factories.schema(factories.system(cast), cast)

    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        send(schema, cast, factories.events(1))


class Submitter(threading.Thread):
    """Submits a batch in a connection of its own and keeps what came of it."""

    def __init__(self, schema, events):
        super().__init__()
        self.schema = schema
        self.events = events
        self.receipt = None
        self.failure = None
        self.inserts = 0

    def run(self):
        def counting(execute, sql, params, many, context):
            self.inserts += sql.startswith("INSERT") and "telemetry_batch" in sql
            return execute(sql, params, many, context)

        try:
            with connection.execute_wrapper(counting):
                self.receipt = intake.submit(self.schema, self.events, at=AT)
        except DatabaseError as failure:
            self.failure = failure
        finally:
            connection.close()


def submit_together(submitters):
    """Have all of them wait for the one who commits."""
    with segments.writer_lock:
        for submitter in submitters:
            submitter.start()
        deadline = time.monotonic() + 20
        while len(intake._waiting) < len(submitters):  # noqa: SLF001 - all are to wait
            assert time.monotonic() < deadline, "They never came to wait."
            time.sleep(0.005)
    for submitter in submitters:
        submitter.join(30)
        assert not submitter.is_alive()


def test_callers_who_wait_share_one_commit_and_each_gets_its_own_receipt(recording_db):
    cast = factories.cast()
    schemas = [factories.schema(factories.system(cast), cast) for _ in range(2)]
    submitters = [
        Submitter(schema, decoded(schema, factories.events(3 + number, name=f"of {number % 4}")))
        for number in range(8)
        for schema in [schemas[number % 2]]
    ]

    submit_together(submitters)

    # Four and four share their names: of two batches, the later brings four events more.
    assert sum(submitter.inserts for submitter in submitters) == 1
    assert all(sum(receipt(s.receipt)) == len(s.events) for s in submitters)
    assert sum(s.receipt.accepted for s in submitters) == 7 + 8 + 9 + 10 == EventId.objects.count()
    assert len({batch.segment for batch in Batch.objects.all()}) == 1


def test_a_failure_is_told_to_all_who_waited_and_nothing_of_theirs_is_kept(recording_db):
    cast = factories.cast()
    schema = factories.schema(factories.system(cast), cast)
    homeless = EventSchema(system=AISystem(pk=uuid4()), fields=list(FIELDS))
    submitters = [
        Submitter(of, decoded(of, factories.events(2, name=f"of {number}")))
        for number, of in enumerate([schema, homeless, schema])
    ]

    submit_together(submitters)

    assert all(submitter.failure for submitter in submitters)
    assert not Batch.objects.exists()
    assert receipt(send(schema, cast, factories.events(2, name="of 0"))) == (2, 0)


def test_many_threads_that_send_the_same_events_accept_each_once(recording_db):
    cast = factories.cast()
    schema = factories.schema(factories.system(cast), cast)
    events = decoded(schema, factories.events(50))
    submitters = [Submitter(schema, events[place:] + events[:place]) for place in range(0, 50, 7)]
    for submitter in submitters:
        submitter.start()
    for submitter in submitters:
        submitter.join(30)

    assert sum(submitter.receipt.accepted for submitter in submitters) == 50
    actions.profile_pending(by=monitored.WORKER, at=AT)
    assert DayProfile.objects.get().events == 50

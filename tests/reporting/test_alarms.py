"""What is wrong with the keeping of the record, and who is told."""

from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import vouched

from twofold.evidence import collections
from twofold.evidence.collections import Plan
from twofold.evidence.models import CollectionRun, EvidenceCollection
from twofold.reporting.alarms import Code, Severity, alarms, ledger_alarms, reasons

AT = factories.AT


@pytest.fixture
def asked(settings):
    settings.TIME_AUTHORITY = vouched.URL
    settings.LEDGER_POLICY = vouched.POLICY


def collection(cast, title):
    return collections.plan(
        cast.unit,
        Plan(title, "report", "", EvidenceCollection.Source.FOLDER, "reports", "0 6 * * *", 7, 30),
        by=factories.actor(cast.engineer),
        at=AT,
    )


def fail(of, *, days=1):
    collections.enter_run(
        of, CollectionRun.Outcome.FAILED, message="There is no such folder.",
        due_at=AT + timedelta(days=days), at=AT + timedelta(days=days),
    )  # fmt: skip


def test_a_log_that_is_looked_after_has_no_alarm(db, asked):
    last = vouched.grow(AT)
    vouched.stamp(last, AT)
    vouched.cosign(last, AT)

    assert ledger_alarms(at=AT + timedelta(days=3)) == []
    assert reasons(at=AT + timedelta(days=3)) == []


def test_with_nobody_set_up_nobody_can_be_late(db):
    vouched.grow(AT)

    assert ledger_alarms(at=AT + timedelta(days=3)) == []


def test_entries_that_wait_too_long_are_an_alarm(db):
    vouched.write(AT, count=2)

    assert ledger_alarms(at=AT + timedelta(seconds=60)) == []
    (alarm,) = ledger_alarms(at=AT + timedelta(seconds=150))
    assert (alarm.code, alarm.severity) == (Code.SEQUENCING_LATE, Severity.ALARM)
    assert "2 entries wait for a checkpoint, the oldest for 2 minutes" in alarm.sentence


def test_a_witness_that_saw_another_log_is_an_alarm_with_its_reason(db, asked):
    last = vouched.grow(AT)
    vouched.stamp(last, AT)
    vouched.cosign(last, AT)
    vouched.trouble("witness", AT, alarm=True, message="It was forked.")

    (alarm,) = ledger_alarms(at=AT)

    assert (alarm.code, alarm.severity) == (Code.WITNESS_REFUSES, Severity.ALARM)
    assert alarm.sentence == (
        "The witness audit-firm has seen another log than this one: It was forked."
    )


def test_who_does_not_follow_is_a_warning_with_the_reason_the_worst_first(db, asked):
    vouched.stamp(vouched.grow(AT), AT)
    vouched.grow(AT)
    for kind in ("witness", "authority"):
        vouched.trouble(kind, AT)
    vouched.write(AT)

    found = ledger_alarms(at=AT + timedelta(hours=3))

    assert [alarm.code for alarm in found] == [
        Code.SEQUENCING_LATE, Code.WITNESS_LATE, Code.STAMPS_LATE
    ]  # fmt: skip
    assert found[1].sentence == "The witness audit-firm has not followed for 3 hours. No answer."
    assert found[2].sentence == (
        "The time stamp authority Time Authority has not stamped since 20 Nov 2026, 09:30 UTC. "
        "No answer."
    )


def test_an_authority_that_never_stamped_is_a_warning(db, asked):
    vouched.cosign(vouched.grow(AT), AT)

    (alarm,) = ledger_alarms(at=AT + timedelta(hours=3))

    assert alarm.sentence == "The time stamp authority tsa.example has not stamped the log yet."


def test_collections_that_failed_last_are_named_to_who_collects(cast):
    for title in ("Access lists", "Back-ups", "Drills", "Exams"):
        fail(collection(cast, title))
    at = AT + timedelta(days=2)
    vouched.grow(at)

    (alarm,) = alarms(factories.actor(cast.engineer), at=at)

    assert (alarm.code, alarm.severity) == (Code.COLLECTION_FAILING, Severity.WARNING)
    assert alarm.sentence.startswith("4 collections of evidence failed at their last run: ")
    assert alarm.sentence.endswith(", ….")
    assert alarms(factories.actor(cast.outsider), at=at) == []
    assert alarms(factories.actor(cast.reviewer), at=at) == []
    assert reasons(at=at) == [(Code.COLLECTION_FAILING, Severity.WARNING)]


def test_a_collection_that_went_well_again_or_ended_is_no_alarm(cast):
    mended, ended = collection(cast, "Access lists"), collection(cast, "Back-ups")
    for of in (mended, ended):
        fail(of)
    at = AT + timedelta(days=3)
    collections.enter_run(
        mended, CollectionRun.Outcome.UNCHANGED, message="", due_at=AT + timedelta(days=2), at=at
    )
    collections.end(ended, by=factories.actor(cast.engineer), at=at)
    vouched.grow(at)

    assert alarms(factories.actor(cast.engineer), at=at) == []
    assert reasons(at=at) == []


@pytest.mark.parametrize(
    ("name", "told"), [("auditor", True), ("administrator", True), ("lead", True),
                       ("engineer", False), ("reviewer", False)]
)  # fmt: skip
def test_alarms_of_the_log_are_for_who_may_export_it(cast, name, told):
    vouched.write(AT)

    found = alarms(factories.actor(getattr(cast, name)), at=AT + timedelta(hours=1))

    assert [alarm.code for alarm in found] == [Code.SEQUENCING_LATE] * told


def test_alarms_cost_as_many_queries_for_many_collections_as_for_one(cast):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert alarms(factories.actor(cast.lead), at=AT + timedelta(days=2))
        return len(queries)

    fail(collection(cast, "Access lists"))
    one = cost()
    for number in range(6):
        fail(collection(cast, f"Drill {number}"))
    assert cost() == one

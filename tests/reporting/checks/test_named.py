"""What people call the records that speak against a check."""

import factories
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import governed, whole_record

from twofold.controls.models import Implementation
from twofold.monitoring.models import Alert, Breach, Monitor
from twofold.people.models import ApiToken, RoleAssignment
from twofold.reporting.checks.named import record_names
from twofold.telemetry.models import DayProfile


def test_records_are_called_by_what_people_know_of_them(cast):
    system = factories.system(cast, code="loans")
    run = factories.implementation(cast, of=system)
    claim = factories.claim(run, factories.evidence_item(cast), cast)
    finding, decision = governed.finding(cast), governed.decision(cast)
    statement = governed.statement(cast)
    role = RoleAssignment.objects.get(person=cast.reviewer)

    names = record_names(
        row.ledger_subject for row in (system, run, claim, finding, decision, statement, role)
    )

    assert list(names.values()) == [
        "Loans", "TF-MON-01 Loans", "The system was watched in the period.",
        "F-1 Logs of two servers are missing", "27001:A.8.15",
        "Statement of Applicability 27001, version 1",
        "Reviewer of AI decisions in Lending: Reviewer",
    ]  # fmt: skip


def test_records_of_monitoring_are_called_by_system_and_day(untriggered):
    whole_record.make()
    rows = [model.objects.first() for model in (Monitor, Breach, Alert, DayProfile, ApiToken)]

    monitor, breach, alert, events, token = record_names(
        row.ledger_subject for row in rows
    ).values()

    system = Implementation.objects.first().system.name
    assert monitor == f"Volume of {system}"
    assert breach.startswith("Breach of ")
    assert breach.endswith(f": {monitor}")
    assert alert.startswith("Alert of ")
    assert events.startswith(f"Events of {system} on ")
    assert token == "Token test of Owner"


def test_what_is_not_known_keeps_its_name_in_the_ledger(cast):
    gone = "inventory.aisystem:7a1c6a52-5be1-4a3c-9d0e-0d8f0a1f2b3c"

    assert record_names([gone, "x.y:1", "ledger.ledgercheckpoint:3"]) == {
        gone: gone, "x.y:1": "x.y:1", "ledger.ledgercheckpoint:3": "Newest checkpoint",
    }  # fmt: skip


def test_names_cost_one_query_a_kind(cast):
    systems = [factories.system(cast) for _number in range(5)]
    runs = [factories.implementation(cast, of=system) for system in systems]

    with CaptureQueriesContext(connection) as asked:
        names = record_names(row.ledger_subject for row in (*systems, *runs, *systems))

    assert len(asked) == 2
    assert len(names) == 10

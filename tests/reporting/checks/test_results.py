"""Evaluating checks: what is recorded, and that one fault stops nothing else."""

from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import AT
from factories.checked import check

from twofold.catalog.load import catalog
from twofold.catalog.model import EvidenceNeed
from twofold.controls import actions as controls
from twofold.controls.models import CheckResult, Implementation
from twofold.controls.queries import checks_of
from twofold.domain.checks import POPULATIONS, CheckKind, Outcome
from twofold.ledger.queries import history
from twofold.people.access import part_of_product
from twofold.people.errors import AccessDenied, Conflict
from twofold.reporting.checks import found_on, results, run_checks

PRODUCT = part_of_product("checks")
LATER = AT + timedelta(days=1)


@pytest.fixture
def system(cast):
    return factories.system(cast)


@pytest.fixture
def run(cast, system):
    return factories.implementation(cast, of=system)


def loaded():
    return list(Implementation.objects.select_related("unit", "system").order_by("pk"))


def of_every_population(cast, run):
    """Have an implementation run one check of every population."""
    wanted = [
        check(of, name=of, need="monitoring-report" if of == "evidence" else "", at_least=0)
        for of in POPULATIONS
    ]
    controls.set_checks(run, wanted, by=factories.actor(cast.owner), at=AT)


def test_every_population_that_a_rule_may_name_is_gathered():
    assert results.GATHER.keys() == POPULATIONS.keys()


def test_each_check_of_the_library_gives_a_result(cast):
    for control in catalog().controls:
        factories.implementation(cast, control=control.id, approved=False)

    found = found_on(loaded(), on=AT.date())

    assert len(found) == sum(len(control.checks) for control in catalog().controls)
    faults = {(entry.check.id, entry.fault) for entry in found if entry.fault}
    # A description that nobody approved has no review to count the days to.
    assert {fault for _check, fault in faults} <= {"days_left is not known of every record."}


def test_results_are_recorded_once_and_then_revised(cast, run):
    first = run_checks([run], by=PRODUCT, at=AT)
    again = run_checks([run], by=PRODUCT, at=LATER)

    assert {row.check_id for row in first} == {entry.id for entry in checks_of(run)}
    assert {row.pk for row in first} == {row.pk for row in again}
    assert CheckResult.objects.count() == len(first)
    assert set(CheckResult.objects.values_list("ran_at", flat=True)) == {LATER}
    lines = history(first[0].ledger_subject)
    assert [line.entry.kind for line in lines] == ["controls.checkresult.ran"] * 2
    assert {line.entry.actor for line in lines} == {"system:checks"}


def test_what_speaks_against_it_is_named(cast, run, system):
    wanted = [
        check("systems", name="watched", at_most=0, where=(("monitored", "no"),)),
        check("systems", name="owned", kind=CheckKind.APPROVAL, by="owner"),
    ]
    controls.set_checks(run, wanted, by=factories.actor(cast.owner), at=AT)

    found = {entry.check.id: entry.result for entry in found_on(loaded(), on=AT.date())}

    assert (found["watched"].outcome, found["watched"].records) == (
        Outcome.FAIL, (system.ledger_subject,),
    )  # fmt: skip
    assert (found["owned"].outcome, found["owned"].looked_at) == (Outcome.PASS, 1)


@pytest.mark.parametrize("broken", POPULATIONS)
def test_a_population_that_fails_is_an_error_and_stops_no_other(
    broken, cast, run, monkeypatch, caplog
):
    of_every_population(cast, run)

    def fail(asked):
        with connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column FROM people_unit")

    monkeypatch.setattr(results, "GATHER", {**results.GATHER, broken: fail})

    rows = {row.check_id: row for row in run_checks(loaded(), by=PRODUCT, at=AT)}

    assert rows[broken].outcome == Outcome.ERROR
    assert rows[broken].fault.startswith(f"The population {broken} could not be read: ")
    assert {row.outcome for key, row in rows.items() if key != broken} == {Outcome.PASS}
    assert "no_such_column" in caplog.text
    assert "no_such_column" not in rows[broken].fault


def test_a_check_that_fails_in_judging_stops_no_other(cast, run, monkeypatch, caplog):
    of_every_population(cast, run)

    def find(_implementation, _rule):
        raise ZeroDivisionError("in the rule")

    monkeypatch.setattr(results, "GATHER", {**results.GATHER, "alerts": lambda _asked: find})

    outcomes = {entry.check.id: entry.result.outcome for entry in found_on(loaded(), on=AT.date())}

    assert outcomes.pop("alerts") is Outcome.ERROR
    assert set(outcomes.values()) == {Outcome.PASS}
    assert "in the rule" in caplog.text


def test_a_population_that_is_too_large_is_an_error_that_says_so(cast, run, monkeypatch):
    controls.set_checks(run, [check("roles")], by=factories.actor(cast.owner), at=AT)
    monkeypatch.setattr("twofold.reporting.checks.gathered.MOST_RECORDS", 1)

    (found,) = found_on(loaded(), on=AT.date())

    assert found.result.outcome is Outcome.ERROR
    assert found.fault == ("The population roles could not be read: there are more than 1 records.")


def test_a_measure_that_nobody_knows_is_an_error_that_names_it(cast):
    run = factories.implementation(cast, approved=False)
    wanted = check("implementation", kind=CheckKind.THRESHOLD, measure="days_left", at_least=0)
    controls.set_checks(run, [wanted], by=factories.actor(cast.owner), at=AT)

    (found,) = found_on(loaded(), on=AT.date())

    assert (found.result.outcome, found.fault) == (
        Outcome.ERROR, "days_left is not known of every record.",
    )  # fmt: skip


def test_checks_that_cannot_be_read_stop_no_other_implementation(cast, run, caplog):
    other = factories.implementation(cast)
    Implementation.objects.filter(pk=run.pk).update(
        checks=[{"id": "old", "title": "Old", "rule": {"kind": "count", "of": "moons"}}]
    )

    found = found_on(loaded(), on=AT.date())

    assert {entry.implementation.pk for entry in found} == {other.pk}
    assert run.ledger_subject in caplog.text


def grow(cast):
    system = factories.system(cast)
    row = factories.implementation(cast, of=system)
    of_every_population(cast, row)
    item = factories.evidence_item(cast)
    factories.claim(row, item, cast)


def test_queries_do_not_grow_with_implementations(cast):
    grow(cast)
    with CaptureQueriesContext(connection) as one:
        found_on(loaded(), on=AT.date())
    for _number in range(6):
        grow(cast)
    with CaptureQueriesContext(connection) as many:
        found = found_on(loaded(), on=AT.date())

    assert len(found) == 7 * len(POPULATIONS)
    assert len(many) == len(one)


@pytest.mark.parametrize("name", ["owner", "lead", "auditor"])
def test_those_who_may_run_checks_are_named_in_the_ledger(name, cast, run):
    someone = getattr(cast, name)

    rows = run_checks([run], by=factories.actor(someone), at=AT)

    (line,) = history(rows[0].ledger_subject)
    assert line.entry.actor == f"person:{someone.pk}"


@pytest.mark.parametrize("name", ["reviewer", "engineer", "approver", "outsider"])
def test_who_may_not_run_checks_is_refused(name, cast, run):
    with pytest.raises(AccessDenied):
        run_checks([run], by=factories.actor(getattr(cast, name)), at=AT)

    assert not CheckResult.objects.exists()


def test_where_nothing_is_checked_permission_is_asked_all_the_same(cast, run):
    controls.set_checks(run, [], by=factories.actor(cast.owner), at=AT)

    with pytest.raises(AccessDenied):
        run_checks(loaded(), by=factories.actor(cast.reviewer), at=AT)
    assert run_checks(loaded(), by=factories.actor(cast.owner), at=AT) == []


def test_what_is_no_longer_run_is_not_checked(cast, run):
    retired = factories.retire(
        run, reason="The system is gone.", by=factories.actor(cast.owner), at=AT
    )

    with pytest.raises(Conflict):
        run_checks([retired], by=PRODUCT, at=AT)


def test_a_need_that_was_renamed_has_no_evidence(cast, run):
    wanted = check("evidence", need="monitoring-report", kind=CheckKind.FRESHNESS, days=31)
    controls.set_checks(run, [wanted], by=factories.actor(cast.owner), at=AT)
    controls.require_evidence(
        run, [EvidenceNeed("another", "Another", 31)], by=factories.actor(cast.owner), at=AT
    )

    (found,) = found_on(loaded(), on=AT.date())

    assert (found.result.outcome, found.result.looked_at) == (Outcome.FAIL, 0)

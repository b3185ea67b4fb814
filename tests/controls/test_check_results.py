from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import AT, governed, monitored

from twofold.catalog.model import ControlCheck
from twofold.controls.actions import Found, record_checks
from twofold.controls.models import CheckResult
from twofold.controls.queries import check_results, checks_of, rule_from
from twofold.domain import checks
from twofold.domain.checks import CheckKind, Outcome, Rule
from twofold.ledger.queries import history
from twofold.people.access import Actor, Permission
from twofold.people.errors import AccessDenied

LATER = AT + timedelta(days=1)
RULE = Rule(
    CheckKind.THRESHOLD,
    "monitors",
    where=(("family", "fairness"),),
    measure="value",
    at_least=0.8,
)
CHECK = ControlCheck("fair", "Every group is treated alike", RULE)


@pytest.fixture
def run(cast):
    return factories.implementation(cast)


def record(run, outcome=Outcome.PASS, *, by=monitored.WORKER, value=None, fault="", at=AT):
    result = checks.CheckResult(outcome, 3, value, ("monitoring.monitor:1",))
    (row,) = record_checks([Found(run, CHECK, result, fault)], by=by, at=at)
    return row


def test_a_result_is_kept_with_the_rule_and_what_speaks_against_it(run):
    record(run, Outcome.FAIL, value=0.71)

    row = CheckResult.objects.get()
    assert (row.check_id, row.title, row.outcome) == ("fair", CHECK.title, "fail")
    assert (row.looked_at, row.value, row.records) == (3, 0.71, ["monitoring.monitor:1"])
    assert rule_from(row.rule) == RULE
    assert (row.fault, row.ran_at) == ("", AT)
    assert [line.entry.kind for line in history(row.ledger_subject)] == ["controls.checkresult.ran"]
    assert str(row) == "fair: fail"


def test_a_later_run_is_a_revision_of_the_earlier_one(run):
    first = record(run, Outcome.FAIL, value=0.71)
    second = record(run, Outcome.PASS, at=LATER)

    row = CheckResult.objects.get()
    assert first.pk == second.pk == row.pk
    assert (row.outcome, row.value, row.ran_at) == ("pass", None, LATER)
    assert [line.entry.revision for line in history(row.ledger_subject)] == [2, 1]


def test_an_error_says_why_it_could_not_be_computed(run):
    record(run, Outcome.ERROR, fault="x" * 400)

    assert CheckResult.objects.get().fault == "x" * 300


def queries_of(found, *, at=AT):
    with CaptureQueriesContext(connection) as captured:
        rows = record_checks(found, by=monitored.WORKER, at=at)
    return rows, len(captured)


def test_new_results_and_later_ones_are_recorded_together_in_as_many_queries(cast, run):
    rows = [run, *(factories.implementation(cast, of=factories.system(cast)) for _n in range(3))]
    found = [
        Found(row, check, checks.CheckResult(Outcome.PASS, 1))
        for row in rows
        for check in checks_of(row)
    ]
    record_checks(found[:1], by=monitored.WORKER, at=AT)
    first, few = queries_of(found[:2])
    again, many = queries_of(found, at=LATER)

    assert len(again) == len(found) == CheckResult.objects.count()
    assert {row.pk for row in first} < {row.pk for row in again}
    assert set(CheckResult.objects.values_list("ran_at", flat=True)) == {LATER}
    assert [len(history(row.ledger_subject)) for row in first] == [2, 3]
    assert few == many


def test_nothing_found_records_nothing(run):
    assert record_checks([], by=monitored.WORKER, at=AT) == []


@pytest.mark.parametrize("who", ["owner", "lead", "auditor"])
def test_who_may_run_checks_there_records_them(cast, run, who):
    assert record(run, by=factories.actor(getattr(cast, who)))


@pytest.mark.parametrize("who", ["outsider", "approver", "engineer", "reviewer"])
def test_who_runs_no_checks_there_records_nothing(cast, run, who):
    with pytest.raises(AccessDenied):
        record(run, by=factories.actor(getattr(cast, who)))
    assert not CheckResult.objects.exists()


def test_one_unit_that_is_out_of_reach_has_nothing_recorded_at_all(cast, run):
    elsewhere = factories.implementation(cast, control="TF-LOG-01", approved=False)
    type(elsewhere).objects.filter(pk=elsewhere.pk).update(unit=cast.elsewhere)
    elsewhere.refresh_from_db()
    found = [Found(row, CHECK, checks.CheckResult(Outcome.PASS, 1)) for row in (run, elsewhere)]

    with pytest.raises(AccessDenied):
        record_checks(found, by=factories.actor(cast.owner), at=AT)
    assert not CheckResult.objects.exists()


def test_a_restricted_token_runs_the_checks_of_its_own_system_alone(cast):
    mine, other = factories.system(cast), factories.system(cast)
    runs = [factories.implementation(cast, of=of) for of in (mine, other)]
    owner = factories.actor(cast.owner)
    token = Actor(
        owner.ledger_name,
        owner.person_id,
        only=frozenset({Permission.RUN_CHECKS}),
        restricted_to=mine.ledger_subject,
    )

    assert record(runs[0], by=token)
    with pytest.raises(AccessDenied):
        record(runs[1], by=token)


def test_results_are_read_by_implementation(cast, run):
    other = factories.implementation(cast, of=factories.system(cast))
    governed.checked(other, cast)
    mine = governed.checked(run, cast)

    assert {row.pk for row in check_results(run)} == {row.pk for row in mine}
    assert [row.check_id for row in check_results(run)] == sorted(c.id for c in checks_of(run))
